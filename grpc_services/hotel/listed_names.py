"""Names from the official list as people write them: it shouts, we do not."""

from __future__ import annotations

import re

_SMALL = {
    "de",
    "du",
    "des",
    "la",
    "le",
    "les",
    "et",
    "au",
    "aux",
    "en",
    "sur",
    "sous",
    "à",
    "a",
    "by",
    "of",
    "the",
    "and",
}
_KEPT = {"TGV", "RER", "BLC", "B&B", "F1", "NH", "JW", "SPA", "II", "III", "IV", "BW"}


def readable_name(name: str) -> str:
    """`HÔTEL DE L'EUROPE` becomes `Hôtel de l'Europe`; names that are not all capitals stay as they are."""
    squeezed = " ".join(name.split())
    if squeezed != squeezed.upper():
        return squeezed
    words = [_word(word, first=position == 0) for position, word in enumerate(squeezed.split(" "))]
    return " ".join(words)


def _word(word: str, *, first: bool) -> str:
    if word in _KEPT:
        return word
    if word.lower() in _SMALL and not first:
        return word.lower()
    article = re.fullmatch(r"([DL])(['’])(.+)", word)
    if article:
        letter = article.group(1) if first else article.group(1).lower()
        return f"{letter}{article.group(2)}{_word(article.group(3), first=True)}"
    parts = word.split("-")
    return "-".join(
        part.lower() if number and part.lower() in _SMALL else _capital(part) for number, part in enumerate(parts)
    )


def _capital(part: str) -> str:
    """`D'OR` within a hyphenated name becomes `d'Or`, also at its end."""
    article = re.fullmatch(r"([DL])(['’])(.+)", part)
    if article:
        return f"{article.group(1).lower()}{article.group(2)}{article.group(3).capitalize()}"
    return part.capitalize()
