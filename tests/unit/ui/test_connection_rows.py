from dataclasses import replace

import pytest

from ibtui.broker.links import Farm, Light
from ibtui.broker.round_trips import RoundTrips
from ibtui.broker.status import ConnectionEvent, ConnectionStatus, Trouble
from ibtui.clock import NS
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.ui.rows.connection import (
    Figures,
    event_row,
    fact_lines,
    histogram,
    lasting,
    light_lines,
    symbol_row,
)
from ibtui.ui.text import Line, length

READY = ConnectionStatus(
    state="READY",
    cause="connected to 127.0.0.1:4002",
    gw=Light("ok", "", 0, since=40.0),
    ib=Light("ok", "", 0, since=40.0),
    data=Light("warn", "market data farm usfarm is down", 0, since=95.0),
    reconnects=2,
    server_version=178,
    accounts=("DUSIM0001",),
    heartbeat_s=0.0012,
    heartbeat_at=99.2,
    skew_s=0.4,
    connected_at=40.0,
    farms=(Farm("usfarm", "data", "broken", 0), Farm("ushmds", "history", "idle", 0)),
)

FIGURES = Figures(
    endpoint="127.0.0.1:4002",
    client_id=10,
    subscribed={"quotes": (15, 15), "depth": (1, 2), "tape": (0, 0)},
    slots={"quotes": 100, "depth": 3, "tape": 5},
    sent_lately=4,
    budget=45,
    requests=1234,
    latency=RoundTrips().latency(),
    memory_bytes=79_400_000,
    files=28,
    terminal_rate=3_210.0,
    loop_ms=1.2,
)


def said(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).strip() for line in lines]


def facts(status: ConnectionStatus = READY, figures: Figures = FIGURES) -> dict[str, str]:
    """What is said, by the word in front."""
    return {text[:11].strip(): text[11:].strip() for text in said(fact_lines(status, figures, 100.0, ""))}


def test_each_link_says_how_long_and_why_and_every_farm_has_its_name():
    gw, _, data, farms = said(light_lines(READY, 100.0))
    assert gw.split() == ["GW", "✓", "gateway", "for", "60s", "ok"]
    assert data.split(maxsplit=6)[2:] == ["data", "farms", "for", "5.0s", "market data farm usfarm is down"]
    assert farms.split() == ["farms", "usfarm", "down", "ushmds", "idle"]


def test_farms_of_a_session_that_is_gone_are_unknown():
    assert said(light_lines(replace(READY, connected_at=None), 100.0))[3].split() == ["farms", "—"]


def test_a_session_in_numbers():
    told = facts()
    assert told["session"] == "127.0.0.1:4002  client 10  server version 178  up 1:00  DUSIM0001"
    assert told["tries"] == "no outage  reconnects 2"
    assert told["heartbeat"] == "1.2 ms, last 0.8s ago  clock skew none  requests sent 1,234"
    assert told["restored"] == "16 of 17 subscriptions  quotes 15 of 15  depth 1 of 2  tape 0 of 0"
    assert told["slots"] == "data lines 15/100  depth 1/3  tick-by-tick 0/5  messages/s 4/45"
    assert told["errors"] == "0"
    assert told["process"] == "memory 79 MB  open files 28  to the terminal 3.2 KB/s  loop 1 ms"


@pytest.mark.parametrize(
    ("skew", "words", "tone"),
    [(1.9, "none", "plain"), (-2.1, "-2.1 s", "plain"), (29.0, "+29.0 s", "plain"), (-31.0, "-31.0 s", "warn")],
)
def test_a_clock_that_drifts_is_shown_over_two_seconds_and_amber_over_thirty(skew: float, words: str, tone: str):
    spans = [span for line in fact_lines(replace(READY, skew_s=skew), FIGURES, 100.0, "") for span in line]
    assert (f"  clock skew {words}", tone) in spans


def test_an_outage_tells_its_tries_and_the_countdown():
    lost = replace(READY, attempt=7, next_try_at=104.0, connected_at=None, heartbeat_s=None, skew_s=None)
    told = facts(lost, replace(FIGURES, sent_lately=None, budget=None))
    assert told["tries"] == "try 7 of this outage, next in 4s  reconnects 2"
    assert told["heartbeat"].startswith("—, last 0.8s ago  clock skew —")
    assert told["slots"].endswith("messages/s —/—")
    assert "up —" in told["session"]


def test_what_is_missing_and_what_went_wrong_is_said():
    trouble = Trouble(354, "Requested market data is not subscribed", 1_700_000_000 * NS)
    told = facts(replace(READY, missing=("executions",), errors=3, last_error=trouble, not_understood=2, skew_s=31.0))
    assert told["tries"].endswith("missing: executions")
    assert told["errors"] == "3  not understood 2, last 354 at 17:13:20: Requested market data is not subscribed"
    assert "clock skew +31.0 s" in told["heartbeat"]


def test_every_line_of_numbers_fits_80_columns_on_a_usual_day():
    for line in fact_lines(READY, replace(FIGURES, requests=123_456), 100.0, ""):
        assert length(line) <= 80, said([line])


@pytest.mark.parametrize("count", [0, 1, 299, 1000])
def test_the_histogram_has_a_bar_for_each_class_that_was_met_and_fits(count):
    trips = RoundTrips()
    for _ in range(count):
        trips.add(0.0004)
    trips.add(0.030)
    line = histogram(trips.latency())
    text = said([line])[0]
    assert ("1ms·" in text) == (count == 0)
    assert "50▁" in text or count <= 1
    assert "100·" in text
    assert length(line) <= 80
    assert sum(trips.latency().counts) <= 300


def test_an_event_lasts_until_the_next_of_its_link():
    events = [
        ConnectionEvent(0, "READY", "GW", "connected", at=10.0),
        ConnectionEvent(0, "READY", "DATA", "usfarm is down", 2103, at=20.0),
        ConnectionEvent(0, "DISCONNECTED", "GW", "closed", at=25.0),
        ConnectionEvent(0, "READY", "GW", "connected", at=31.0),
    ]
    assert [(event.cause, lasted) for event, lasted in lasting(events, 40.0)] == [
        ("connected", 9.0),
        ("closed", 6.0),
        ("usfarm is down", 20.0),
        ("connected", 15.0),
    ]
    row = event_row(events[1], 20.0, "")
    assert [text for text, _ in row] == ["19:00:00", "20s", "READY", "DATA", "2103", "usfarm is down"]


def test_a_symbol_tells_its_ticks_its_rate_and_why_nothing_comes():
    row = symbol_row(Instrument(1, "SPY"), Mark.STALE, 600, 2.0, 12.0, "not connected")
    assert [text for text, _ in row] == ["SPY", "STALE", "600", "2.00", "12s", "not connected"]
    assert symbol_row(Instrument(1, "SPY"), Mark.STALE, 0, 0.0, None, "")[4][0] == "—"
