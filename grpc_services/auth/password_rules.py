"""Which passwords are refused: too short or long, built on the address, or among what everybody tries first.

The list is ours (see `refused_passwords`); what people make of its words by capitals, digits at the ends and
look-alike letters is undone before it is compared.
"""

from __future__ import annotations

import itertools
import unicodedata

from grpc_services.auth.refused_passwords import COMMON_WORDS, KEYBOARD_ROWS, REFUSED_PASSWORDS
from runtime.errors import InvalidInput

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128
_SHORTEST_NAME = 4  # of the part before the @ that a password may not contain
_LOOK_ALIKES = str.maketrans("013457@$!", "oleastasi")
_ORNAMENTS = "0123456789 .,;:!?*#$@%&+-_=()/\\'\""


def normal_password(password: str) -> str:
    """One form for what different keyboards send for the same letters."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, email_key: str, *, field: str = "password") -> str:
    """The password itself; raises InvalidInput. Lengths are in code points of its normal form. Without an address
    it is held against everything else."""
    normal = normal_password(password)
    if not SHORTEST_PASSWORD <= len(normal) <= LONGEST_PASSWORD:
        raise InvalidInput(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.", path=(field,))
    folded = normal.casefold()
    name = email_key.partition("@")[0]
    if (email_key and email_key in folded) or (len(name) >= _SHORTEST_NAME and name in folded) or is_easy(folded):
        raise InvalidInput("This password is too easy to guess.", path=(field,))
    return password


def is_easy(folded: str) -> bool:
    """Of a password in small letters."""
    return folded in REFUSED_PASSWORDS or _is_ornamented_word(folded) or _repeats(folded) or _walks(folded)


def _is_ornamented_word(folded: str) -> bool:
    bare = folded.strip(_ORNAMENTS)
    return any(word in COMMON_WORDS or _halves(word) in COMMON_WORDS for word in (bare, bare.translate(_LOOK_ALIKES)))


def _halves(word: str) -> str:
    """The first half of a word that is written twice."""
    half = len(word) // 2
    return word[:half] if word == word[:half] * 2 else word


def _repeats(folded: str) -> bool:
    """One to four characters over and over."""
    return any((folded[:size] * len(folded))[: len(folded)] == folded for size in range(1, 5))


def _walks(folded: str) -> bool:
    """Neighbours in the alphabet, among the digits or on a keyboard, forwards or backwards, and nothing else."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(folded)}
    return steps in ({1}, {-1}) or any(folded in row * 2 or folded in row[::-1] * 2 for row in KEYBOARD_ROWS)
