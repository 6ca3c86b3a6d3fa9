"""One description of a message writes and reads it at every server version; recorded messages agree with it."""

from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.sim import data_messages, data_requests, messages, requests
from ibtui.sim.answers import ANSWERS
from ibtui.sim.messages import OUTGOING
from ibtui.sim.requests import INCOMING
from ibtui.sim.schema import (
    FLAG,
    INT,
    NUMBER,
    SET_INT,
    SET_NUMBER,
    TEXT,
    UNSET_INT,
    Field,
    FieldError,
    Fixed,
    Item,
    Message,
    Repeat,
    When,
)
from ibtui.sim.wire import NEWEST_VERSION, OLDEST_VERSION, fields_of

ALL = [*OUTGOING.values(), *INCOMING.values()]
VERSIONS = st.integers(OLDEST_VERSION, NEWEST_VERSION)
SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=15, deadline=None)
"""There are over a hundred messages: a few examples each are thousands in all."""

BY_KIND: dict[Any, Callable[[Random], Any]] = {
    TEXT: lambda random: "".join(random.choices("aZ09 .,;=%é\\€\n", k=random.randint(1, 6))),
    INT: lambda random: random.randint(-(2**63), 2**63 - 1),
    NUMBER: lambda random: random.randint(-(10**9), 10**9) / 100,
    SET_NUMBER: lambda random: random.randint(-(10**9), 10**9) / 100,
    SET_INT: lambda random: random.randint(-(2**31), UNSET_INT - 1),
    FLAG: lambda random: random.random() < 0.5,
}
"""A value that is known, for every kind of field."""


def values_of(random: Random, items: tuple[Item, ...], so_far: dict[str, Any]) -> dict[str, Any]:
    """A value, or None, for every field that the items have, conditions obeyed."""
    for item in items:
        if isinstance(item, Field):
            known = random.randint(1, 4) if (item.name, item.kind) == ("kind", INT) else BY_KIND[item.kind](random)
            so_far[item.name] = None if item.name != "kind" and random.random() < 0.3 else known
        elif isinstance(item, Repeat):
            so_far[item.name] = [values_of(random, item.items, {}) for _ in range(random.randint(0, 2))]
        elif isinstance(item, When) and item.test(so_far):
            values_of(random, item.items, so_far)
    return so_far


@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_every_message_is_read_at_every_version_as_it_was_written(seed: int) -> None:
    random = Random(seed)
    for message, version in product(ALL, range(OLDEST_VERSION, NEWEST_VERSION + 1)):
        values = values_of(random, message.layout(version), {})
        frame = message.encode(version, values)
        assert message.decode(version, fields_of(frame[4:])) == values, (message, version)


@pytest.mark.parametrize("message", ALL, ids=repr)
@FEW
@given(seed=SEEDS, version=VERSIONS)
def test_any_fields_are_read_or_refused_but_never_crash(message: Message, seed: int, version: int) -> None:
    random = Random(seed)
    fields = random.choices(["", "0", "1", "2", "-1", "1.5", "x", "Infinite", "9" * 5000], k=random.randint(0, 150))
    try:
        read = message.decode(version, [str(message.number), *fields])
    except FieldError:
        return
    assert isinstance(read, dict)


def is_plain(items: tuple[Item, ...]) -> bool:
    return all(isinstance(item, Field | Fixed) for item in items)


@pytest.mark.parametrize("message", [each for each in OUTGOING.values() if is_plain(each.items)], ids=repr)
@FEW
@given(seed=SEEDS, version=VERSIONS)
def test_the_fast_encoder_writes_the_same_bytes(message: Message, seed: int, version: int) -> None:
    random = Random(seed)
    values = {item.name: BY_KIND[item.kind](random) for item in message.layout(version) if isinstance(item, Field)}
    assert message.template(version)(tuple(values.values())) == message.encode(version, values)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_the_fast_encoder_follows_conditions_it_is_told(kind: int) -> None:
    names = {1: ("price", "size", "mask", "venue", "conditions"), 4: ("midpoint",)}
    names |= {2: names[1], 3: ("bid", "ask", "bid_size", "ask_size", "mask")}
    values = {"req_id": 9, "kind": kind, "time": 1678740829, **dict.fromkeys(names[kind], 1)}
    fast = messages.TICK_BY_TICK.template(176, kind=kind)(tuple(values.values()))
    assert fast == messages.TICK_BY_TICK.encode(176, values)


def test_unset_values_are_written_as_ib_writes_them() -> None:
    fields = messages.PNL.fields(176, {"req_id": 1, "daily": 1.5, "unrealized": None, "realized": None})
    assert fields == ["94", "1", "1.5", "1.7976931348623157E308", "1.7976931348623157E308"]
    assert messages.PNL.decode(176, fields)["unrealized"] is None


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_prices_are_written_without_an_exponent_and_read_back_exactly(increments: int, decimals: int) -> None:
    price = increments / 10**decimals
    text = NUMBER.text(price)
    assert "e" not in text or abs(price) < 1e-3
    assert float(text) == price


def test_every_request_that_is_read_is_answered() -> None:
    assert {message.number for message in ANSWERS} == set(INCOMING)


def test_no_two_messages_share_a_number() -> None:
    for modules, table in (((messages, data_messages), OUTGOING), ((requests, data_requests), INCOMING)):
        found = [each for module in modules for each in vars(module).values() if isinstance(each, Message)]
        assert len(found) == len(table)


CHANGED = frozenset({4, 10, 11, 17, 18, 101})
"""Messages whose layout is another from server version 200 on; all others that were recorded have kept theirs."""
NOT_SENT = {
    14: "news bulletins are off",
    18: "financial advisors' settings: the account is no advisor's",
    67: "display groups belong to a window of TWS",
    68: "display groups belong to a window of TWS",
    83: "there are no news providers, and so no articles",
    86: "there are no news providers, and so no news of the past",
    87: "there are no news providers, and so no news of the past",
    91: "there are no news providers, and so no news of the past",
    92: "there are no news providers, and so no news of the past",
}
"""Recorded messages that this gateway never sends, and why."""


def test_layouts_agree_with_what_real_gateways_sent(recorded: list[dict[str, Any]]) -> None:
    checked: set[int] = set()
    not_sent: set[int] = set()
    for each in recorded:
        number, message = int(each["msg_id"]), OUTGOING.get(int(each["msg_id"]))
        if message is None:
            not_sent.add(number)
            continue
        version = min(max(each["server_version"], OLDEST_VERSION), NEWEST_VERSION)
        if each["server_version"] > NEWEST_VERSION and number in CHANGED:
            continue
        fields = message.fields(version, message.decode(version, each["fields"]))
        assert len(fields) == len(each["fields"]), each
        for ours, theirs in zip(fields, each["fields"], strict=True):
            assert ours == theirs or float(ours) == pytest.approx(float(theirs)), each
        checked.add(number)
    assert not_sent == set(NOT_SENT)
    assert checked >= CHANGED & set(OUTGOING)
    assert set(OUTGOING) - checked <= {12, 19, 71, 80, 82, 89, 95}, "these alone were never recorded"
