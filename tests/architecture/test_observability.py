"""Prometheus looks at every process, and alerts and dashboards ask for metrics that exist."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
import yaml

from stack.__main__ import main
from stack.processes import PROCESSES, Kind
from tests.architecture.promql import BrokenExpression, declared, labels_of
from tests.architecture.source_tree import ROOT

DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\binnkeeper_\w+")


def test_prometheus_looks_at_every_process() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    (group,) = job["static_configs"]
    expected = {f"{process.name}:9100" for process in PROCESSES if process.kind is not Kind.MAIL}
    assert set(group["targets"]) == expected
    assert len(group["targets"]) == len(expected)


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_can_be_read_and_asks_for_series_and_labels_that_exist(rule: dict[str, Any]) -> None:
    labels = labels_of(rule["expr"], declared())
    assert set(rule) <= {"alert", "expr", "for", "annotations"}
    assert re.fullmatch(r"[1-9]\d*[smh]", rule.get("for", "1m"))
    summary = rule["annotations"]["summary"]
    assert set(re.findall(r"\$labels\.(\w+)", summary)) <= labels
    assert summary.count("{{") == summary.count("}}") == len(re.findall(r"\{\{ \$labels\.\w+ \}\}", summary))


def test_what_is_known_to_go_wrong_with_money_and_news_has_an_alert() -> None:
    asked = {metric for rule in rules() for metric in METRIC.findall(rule["expr"])}
    assert asked >= {
        "innkeeper_payment_discrepancies",
        "innkeeper_webhook_endpoints_disabled_total",
        "innkeeper_jobs_dead",
        "innkeeper_inbox_parked",
        "innkeeper_outbox_lag_seconds",
        "innkeeper_emails_total",
    }
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_commands_that_alerts_name_exist(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    summaries = " ".join(rule["annotations"]["summary"] for rule in rules())
    named = re.findall(r"python -m stack ((?:[a-z]+ ?)+)", summaries)
    assert named
    for words in named:
        monkeypatch.setattr(sys, "argv", ["stack", *words.split()[:2], "--help"])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("max by (service innkeeper_inbox_parked) > 0", "where one of"),
        ("max by (reason) (innkeeper_inbox_unsettled) > 0", "no labels"),
        ("rate(innkeeper_jobs_dead[5m]) > 0", "does not count up"),
        ("rate(innkeeper_emails_total) > 0", "over a range"),
        ("innkeeper_emails_total[5m] > 0", "at one moment"),
        ('innkeeper_emails_total{state="sent"} > 0', "no labels"),
        ("innkeeper_nothing > 0", "no series"),
        ("sum(innkeeper_jobs_dead", "too early"),
        ("innkeeper_jobs_dead > 0)", "after the end"),
        ('up{job="innkeeper"', "too early"),
        ("up{job=innkeeper} == 0", "with a text"),
    ],
)
def test_an_expression_that_prometheus_would_refuse_is_refused(broken: str, complaint: str) -> None:
    with pytest.raises(BrokenExpression, match=complaint):
        labels_of(broken, declared())


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "innkeeper.json").read_text())
    asked = {metric for panel in board["panels"] for metric in METRIC.findall(json.dumps(panel["targets"]))}
    assert asked
    assert asked <= set(declared())


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


def cells(place: dict[str, Any]) -> list[tuple[int, int]]:
    return [
        (x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
    ]
