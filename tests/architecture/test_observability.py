"""Prometheus looks at every process, and alerts and dashboards ask for metrics that exist."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from stack.processes import PROCESSES, Kind
from tests.architecture.source_tree import ROOT, files_under

DEPLOY = ROOT / "deploy"
SUFFIXES = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_count", "_sum")}
DECLARED = re.compile(r"\b(Counter|Gauge|Histogram)\(\s*\"(innkeeper_\w+)\"")
METRIC = re.compile(r"\binnkeeper_\w+")


def test_prometheus_looks_at_every_process() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    (group,) = job["static_configs"]
    expected = {f"{process.name}:9100" for process in PROCESSES if process.kind is not Kind.MAIL}
    assert set(group["targets"]) == expected
    assert len(group["targets"]) == len(expected)


def test_alerts_ask_for_metrics_that_exist() -> None:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    asked = {metric for rule in group["rules"] for metric in METRIC.findall(rule["expr"])}
    assert asked
    assert asked <= metrics()
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "annotations"}
        assert rule["annotations"]["summary"]


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "innkeeper.json").read_text())
    asked = {metric for panel in board["panels"] for metric in METRIC.findall(json.dumps(panel["targets"]))}
    assert asked
    assert asked <= metrics()


def test_the_dashboard_uses_sources_that_are_provisioned() -> None:
    provisioned = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/innkeeper.yml").read_text())
    known = {source["uid"] for source in provisioned["datasources"]}
    board = json.loads((DEPLOY / "grafana/dashboards/innkeeper.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} <= known


def test_panels_have_names_and_do_not_overlap() -> None:
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "innkeeper.json").read_text())
    places = [cell for panel in board["panels"] for cell in cells(panel["gridPos"])]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert len({panel["title"] for panel in board["panels"]}) == len(board["panels"])


def metrics() -> set[str]:
    """Every time series of ours, read from where the code declares it."""
    names: set[str] = set()
    for path in files_under("api", "grpc_services", "runtime", "workers"):
        for kind, name in DECLARED.findall(path.read_text()):
            names |= {name + suffix for suffix in SUFFIXES[kind]}
    return names


def cells(place: dict[str, Any]) -> list[tuple[int, int]]:
    return [
        (x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
    ]
