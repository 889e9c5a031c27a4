"""Names of cities as look-ups compare them: accents, case, hyphens and how Saint is written do not matter."""

from __future__ import annotations

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l"})
_WHOLE_WORDS = {"st": "saint", "ste": "sainte"}


def city_key(name: str) -> str:
    """`Saint-Étienne` and `ST ETIENNE` have the same key; empty when nothing of the name is left."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name.casefold()).casefold())
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_LIGATURES)
    words = "".join(letter if letter.isalnum() else " " for letter in letters).split()
    return " ".join(_WHOLE_WORDS.get(word, word) for word in words)
