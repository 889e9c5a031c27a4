"""Place names as people type them: accents, case, hyphens and small typos do not matter."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_SPELLED_OUT = {"st": "saint", "ste": "sainte"}
_CLOSE_ENOUGH = 0.82


def folded(name: str) -> str:
    """`Saint-Malo`, `st malo` and `SAINT MALO` fold to the same text."""
    plain = "".join(mark for mark in _decomposed(_decomposed(name)) if not unicodedata.combining(mark))
    words = "".join(mark if mark.isalnum() else " " for mark in plain.replace("œ", "oe").replace("æ", "ae")).split()
    return " ".join(_SPELLED_OUT.get(word, word) for word in words)


def _decomposed(text: str) -> str:
    """Case folded and taken apart; twice over, some letters only have a lower case once they are apart."""
    return unicodedata.normalize("NFKD", text.casefold())


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known folded name that `name` most likely means, or None."""
    matches = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE_ENOUGH)
    return matches[0] if matches else None
