"""As much of PromQL as our rules use: expressions are read, and what is wrong with them is said.

The grammar is that of https://prometheus.io/docs/prometheus/latest/querying/basics/ without subqueries, offsets and
vector matching.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.architecture.source_tree import files_under, parsed

_TOKEN = re.compile(
    r'\s*(?:(\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_:][\w:]*)|("(?:[^"\\]|\\.)*")|(=~|!~|[=!<>]=|.))', re.DOTALL
)
_DURATION = re.compile(r"\[\s*(\d+)([smhd])\s*\]")
_AGGREGATIONS = frozenset({"sum", "max", "min", "avg", "count"})
_OVER_TIME = frozenset({"rate", "increase", "irate"})  # of counters, over a range
_BINARY = frozenset({"==", "!=", ">", "<", ">=", "<=", "+", "-", "*", "/", "and", "or", "unless"})
_OF_TARGETS = frozenset({"process", "job", "instance"})  # what Prometheus adds; see deploy/prometheus.yml
_SERIES = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_count", "_sum")}


class BrokenExpression(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Series:
    """What the code declares of one time series."""

    labels: frozenset[str]
    counts_up: bool


@cache
def declared() -> Mapping[str, Series]:
    """Every time series of ours by name, read from where the code declares it."""
    return dict(_declared())


def labels_of(expression: str, known: Mapping[str, Series]) -> frozenset[str]:
    """The labels that the results of an expression have; raises BrokenExpression."""
    reader = _Reader(expression, known)
    labels = reader.expression()
    if reader.token:
        raise BrokenExpression(f"{reader.token} comes after the end")
    return labels


class _Reader:
    def __init__(self, text: str, known: Mapping[str, Series]) -> None:
        self._known = known
        self._tokens = iter(self._split(text))
        self.token = next(self._tokens, "")

    def expression(self) -> frozenset[str]:
        labels = self._operand()
        while self.token in _BINARY:
            self._take()
            right = self._operand()
            labels = labels & right if labels and right else labels | right
        return labels

    def _operand(self) -> frozenset[str]:
        token = self._take()
        if token == "(":
            labels = self.expression()
            self._expect(")")
            return labels
        if re.fullmatch(r"[\d.]+", token):
            return frozenset()
        if token in _AGGREGATIONS:
            return self._aggregation()
        if token in _OVER_TIME:
            self._expect("(")
            labels = self._selector(self._take(), over_time=True)
            self._expect(")")
            return labels
        if token == "time":
            self._expect("(")
            self._expect(")")
            return frozenset()
        return self._selector(token, over_time=False)

    def _aggregation(self) -> frozenset[str]:
        kept: frozenset[str] = frozenset()
        if self.token == "by":
            self._take()
            self._expect("(")
            kept = frozenset(self._listed(")", self._take))
        self._expect("(")
        labels = self.expression()
        self._expect(")")
        if not kept <= labels:
            raise BrokenExpression(f"there are no labels {sorted(kept - labels)}")
        return kept

    def _selector(self, name: str, *, over_time: bool) -> frozenset[str]:
        series = Series(frozenset(), counts_up=False) if name == "up" else self._known.get(name)
        if series is None:
            raise BrokenExpression(f"{name} is no series of ours")
        labels = series.labels | _OF_TARGETS
        if self.token == "{":
            self._take()
            asked = set(self._listed("}", self._matcher))
            if not asked <= labels:
                raise BrokenExpression(f"{name} has no labels {sorted(asked - labels)}")
        has_range = self.token.startswith("[")
        if has_range:
            self._take()
        if has_range != over_time:
            raise BrokenExpression(f"{name} is to be looked at {'over a range' if over_time else 'at one moment'}")
        if over_time and not series.counts_up:
            raise BrokenExpression(f"{name} does not count up")
        return labels

    def _matcher(self) -> str:
        label = self._take()
        if self._take() not in ("=", "!=", "=~", "!~") or not self._take().startswith('"'):
            raise BrokenExpression(f"{label} is not compared with a text")
        return label

    def _listed(self, end: str, read: Callable[[], str]) -> Iterator[str]:
        while True:
            yield read()
            if self._take_one_of(",", end) == end:
                return

    def _take_one_of(self, *allowed: str) -> str:
        token = self._take()
        if token not in allowed:
            raise BrokenExpression(f"{token or 'the end'} where one of {allowed} belongs")
        return token

    def _expect(self, token: str) -> None:
        self._take_one_of(token)

    def _take(self) -> str:
        taken = self.token
        if not taken:
            raise BrokenExpression("it ends too early")
        self.token = next(self._tokens, "")
        return taken

    @staticmethod
    def _split(text: str) -> Iterator[str]:
        position = 0
        while text[position:].strip():
            found = _DURATION.match(text, position) or _TOKEN.match(text, position)
            if found is None:
                raise BrokenExpression(text[position:])
            yield found[0].strip()
            position = found.end()


def _declared() -> Iterator[tuple[str, Series]]:
    proofs = ("booking", "payment", "salon")  # runtime/standing_proof.py makes names of these
    for path in files_under("api", "grpc_services", "runtime", "workers"):
        for call in ast.walk(parsed(path)):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in _SERIES:
                continue
            given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "labelnames")]
            labels = next((one for one in given if isinstance(one, (ast.List, ast.Tuple))), None)
            words = labels.elts if labels else []
            series = Series(
                frozenset(one.value for one in words if isinstance(one, ast.Constant) and isinstance(one.value, str)),
                counts_up=call.func.id != "Gauge",
            )
            for name in _names(call.args[0], proofs) if call.args else ():
                for suffix in _SERIES[call.func.id]:
                    yield name + suffix, series


def _names(word: ast.expr, proofs: tuple[str, ...]) -> Iterator[str]:
    if isinstance(word, ast.Constant) and str(word.value).startswith("innkeeper_"):
        yield str(word.value)
    elif isinstance(word, ast.JoinedStr):
        for proof in proofs:
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else proof for one in word.values)
