import json
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ibtui import __version__
from ibtui.clock import NS
from ibtui.services.health import HEALTH, Connection, Errors, Link, LoopGauge, Run, Symbol, Writing, status_document
from ibtui.services.metrics import metrics_text

LINKS = {"GW": Link("ok"), "IB": Link("ok"), "DATA": Link("ok")}
SPY = Symbol(756733, "SPY", 600, 2.0, 1, 450.0, 450.01, 450.0, "LIVE")
WELL = {
    "running": True,
    "as_of_ns": 2,
    "run": Run(7, "0.1.0", 1),
    "connection": Connection("READY", links=LINKS),
    "symbols": [SPY],
    "counts": {"ticks": 600},
    "orders": {"WORKING": 1},
    "subscriptions": {"quotes": (14, 15)},
    "writer": Writing(3, 597, 0.2, 0, None),
    "loop_lag_ms": LoopGauge(1.0, 4.0),
    "errors": Errors(),
}


def test_a_console_that_is_well_is_healthy():
    document = status_document(**WELL)
    assert document["healthy"]
    assert document["problems"] == []


def test_the_document_is_json_and_says_what_a_script_asks_for():
    document = json.loads(json.dumps(status_document(**WELL)))
    assert document["state"] == "READY"
    assert document["links"]["GW"] == {"state": "ok", "cause": "", "since_ns": None}
    assert document["subscriptions"]["quotes"] == {"granted": 14, "wanted": 15}
    spy = document["symbols"]["SPY"]
    assert (spy["ticks_5m"], spy["rate"], spy["last_tick_ns"], spy["mark"]) == (600, 2.0, 1, "LIVE")
    assert document["writer"]["lag_s"] == 0.2
    assert document["loop_lag_ms"]["p99"] == 1.0


def test_two_contracts_of_one_symbol_both_stand():
    document = status_document(**{**WELL, "symbols": [SPY, replace(SPY, con_id=2)]})
    assert set(document["symbols"]) == {"SPY", "SPY#2"}


@pytest.mark.parametrize(
    ("worse", "words"),
    [
        ({"running": False}, "no console is running"),
        ({"connection": Connection("DISCONNECTED", "refused", links=LINKS)}, "DISCONNECTED: refused"),
        ({"connection": Connection("READY", links={**LINKS, "DATA": Link("down", "usfarm")})}, "DATA is down: usfarm"),
        ({"writer": Writing(0, 0, 0.0, 0, "the disk is full")}, "the disk is full"),
        ({"writer": Writing(9, 0, 9.0, 0, None)}, "9.0 s behind"),
        ({"writer": Writing(0, 0, 0.0, 12, None)}, "12 rows were shed"),
        ({"loop_lag_ms": LoopGauge(400, 900)}, "400 ms late"),
        ({"orders": {"UNKNOWN": 2}}, "2 orders are UNKNOWN"),
    ],
)
def test_each_trouble_is_named(worse, words):
    document = status_document(**{**WELL, **worse})
    assert not document["healthy"]
    assert any(words in problem for problem in document["problems"])


def test_without_a_console_what_only_it_knows_is_null_and_the_shape_is_the_same():
    files = {"subscriptions": None, "writer": None, "loop_lag_ms": None, "errors": None}
    document = status_document(**{**WELL, **files, "running": False, "run": None})
    assert document.keys() == status_document(**WELL).keys()
    assert all(document[key] is None for key in ("subscriptions", "writer", "loop_lag_ms", "errors", "run"))
    assert document["problems"] == ["no console is running"]


def test_monitoring_finds_its_own_names_in_the_same_document():
    connected = Connection("READY", links=LINKS, connected_ns=1_800_000_000 * NS, attempt=0, reconnects=2)
    document = status_document(**{**WELL, "as_of_ns": 3 * NS, "connection": connected})
    part = {key: document[key] for key in HEALTH}
    assert part == {
        "status": "healthy",
        "version": __version__,
        "problems": [],
        "ibkr_status": "READY",
        "ibkr_connected_at": "2027-01-15T08:00:00.000+00:00",
        "last_disconnected_at": None,
        "reconnection_attempts": 0,
        "reconnects": 2,
        "symbols_subscribed": 14,
        "last_tick_age": pytest.approx(3),
        "writer_lag": 0.2,
        "links": {name: {"state": "ok", "cause": "", "since_ns": None} for name in LINKS},
    }


def test_what_only_a_running_console_knows_is_unknown_without_one():
    left = {**WELL, "running": False, "subscriptions": None, "writer": None, "loop_lag_ms": None, "symbols": []}
    document = status_document(**left)
    assert document["status"] == "degraded"
    assert document["symbols_subscribed"] is document["writer_lag"] is document["last_tick_age"] is None


def test_metrics_leave_out_what_is_unknown_and_show_the_rest():
    left = {**WELL, "writer": None, "symbols": [replace(SPY, symbol='S"P\nY')]}
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics_text(status_document(**left)).decode())
        for sample in family.samples
    }
    assert found["ibtui_healthy",] == 1
    assert found["ibtui_link_up", "GW"] == 1
    assert found["ibtui_subscriptions", "quotes", "wanted"] == 15
    assert found["ibtui_symbol_ticks_per_second", 'S"P\nY'] == 2
    assert found["ibtui_loop_lag_seconds", "worst"] == 0.004
    assert not any(name.startswith(("ibtui_writer", "ibtui_heartbeat")) for name, *_ in found)
