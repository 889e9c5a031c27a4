"""What a proof says of its own size, added up over its parts and printed when all have ended."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import pytest

FIGURES = "proof-figures"


class Tell(Protocol):
    """How often a proof did what, such as rounds=20."""

    def __call__(self, **figures: int) -> None: ...


def write_figures(reporter: pytest.TerminalReporter) -> None:
    """A line for each proof that passed, with its seconds; parts of one proof make one line."""
    counted: dict[str, Counter[str]] = {}
    seconds: Counter[str] = Counter()
    for report in reporter.getreports("passed"):
        told = [figures for name, figures in report.user_properties if name == FIGURES and report.when == "call"]
        if told:
            proof = report.nodeid.rpartition("::")[2].partition("[")[0]
            seconds[proof] += report.duration
            for figures in told:
                counted.setdefault(proof, Counter()).update(figures)
    for proof, figures in sorted(counted.items()):
        words = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in figures.items())
        reporter.write_line(f"{proof}: {words}, 0 deadlocks, {seconds[proof]:.0f} s")
