import json
from dataclasses import replace

import pytest

from ibtui.services.health import Connection, Errors, Link, LoopGauge, Run, Symbol, Writing, status_document

LINKS = {"GW": Link("ok"), "IB": Link("ok"), "DATA": Link("ok")}
SPY = Symbol(756733, "SPY", 600, 1, 450.0, 450.01, 450.0, "LIVE")
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
