"""Raw frames become rows, one for each."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.frames import FrameReader, Touch, number, quoted, string_tick
from ibtui.clock import NS, Clock
from ibtui.market.rows import Batch

STAMP = 1_700_000_000 * NS


def reader(*requests: tuple[int, int]) -> FrameReader:
    made = FrameReader(Clock(lambda: 5.0, lambda: STAMP), lambda con_id, data_type: None)
    touches: dict[int, Touch] = {}
    for request_id, con_id in requests:
        made.claim(request_id, touches.setdefault(con_id, Touch(con_id)))
    return made


def feed(made: FrameReader, *frames: str) -> Batch | None:
    """Hands frames over in one read; raises what the first senseless one raised."""

    def other(frame: bytes) -> None:
        fields = frame[1:-1].decode().split("\0")
        made.handlers[int(fields[0])](fields)

    def failed(_frame: bytes) -> None:
        raise

    made.read([as_cut(frame.split("|")) for frame in frames], other, failed)
    return made.take()


def as_cut(fields: list[str]) -> bytes:
    """A frame as the reader gets it: behind the last byte of its length."""
    body = b"".join(field.encode() + b"\0" for field in fields)
    return bytes((len(body) % 256,)) + body


def test_a_price_frame_is_one_row_with_price_and_size() -> None:
    batch = feed(reader((7, 100)), "1|6|7|1|450.25|300|0")
    assert batch is not None
    assert batch.ticks == [(100, STAMP, 1, 1, 450.25, 300.0)]


def test_repeated_frames_are_rows_too() -> None:
    batch = feed(reader((7, 100)), *["2|6|7|0|300"] * 3)
    assert batch is not None
    assert [row[2:] for row in batch.ticks] == [(1, 0, None, 300.0), (2, 0, None, 300.0), (3, 0, None, 300.0)]


@pytest.mark.parametrize("sent", ["-1", "-1.0", "", "nan", "NaN", "inf", "1.7976931348623157E308", "-1.797e308"])
def test_ib_has_many_words_for_none_and_all_become_none(sent: str) -> None:
    batch = feed(reader((7, 100)), f"1|6|7|2|{sent}|0|0")
    assert batch is not None
    assert batch.ticks[0][4] is None


def test_generic_values_stand_in_price() -> None:
    batch = feed(reader((7, 100)), "45|6|7|49|0.0")
    assert batch is not None
    assert batch.ticks == [(100, STAMP, 1, 49, 0.0, None)]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("45", "1678740829", (1678740829.0, None)),
        ("48", "701.28;1;1348075471534;67854;701.46918464;true", (701.46918464, 1.0)),
        ("48", ";0;1348075471534;67854;701.46918464;true", (701.46918464, 0.0)),
        ("32", "PQB", (None, None)),
        ("84", "", (None, None)),
        ("48", "garbage", (None, None)),
        ("59", "0.83,0.92,20130219,0.23", (None, None)),
    ],
)
def test_a_string_tick_keeps_what_is_numeric(kind: str, text: str, expected: tuple[Any, Any]) -> None:
    assert string_tick(kind, text) == expected
    batch = feed(reader((7, 100)), f"46|6|7|{kind}|{text}")
    assert batch is not None
    assert batch.ticks == [(100, STAMP, 1, int(kind), *expected)]


def test_depth_rows_carry_side_operation_position_and_maker() -> None:
    batch = feed(reader((9, 100)), "13|1|9|2|ARCA|0|1|235.84|300|1", "12|1|9|0|2|0|0|0")
    assert batch is not None
    assert batch.depth == [
        (100, STAMP, 1, 1, 0, 2, 235.84, 300.0, "ARCA", 13),
        (100, STAMP, 2, 0, 2, 0, 0.0, 0.0, "", 12),
    ]


@pytest.mark.parametrize(("traded", "side"), [("10.02", 1), ("10.00", -1), ("10.01", 0)])
def test_a_print_is_classified_by_the_quote_just_before_it_in_the_same_read(traded: str, side: int) -> None:
    made = reader((7, 100), (8, 100))
    batch = feed(
        made, "1|6|7|1|10.00|1|0", "1|6|7|2|10.02|1|0", f"99|8|2|1678740829|{traded}|7|0|NYSE|", "1|6|7|1|11|1|0"
    )
    assert batch is not None
    assert batch.prints == [(100, STAMP, 3, 1678740829 * NS, float(traded), 7.0, "NYSE", "", side, 2, side, 0, 0)]


def test_a_print_without_a_known_quote_is_not_classified() -> None:
    batch = feed(reader((8, 100)), "99|8|1|1678740829|10|7|0|NYSE|TI")
    assert batch is not None
    assert batch.prints[0][8:] == (None, 1, None, 0, None)


def test_a_cleared_book_is_a_row_of_its_own() -> None:
    made = reader((9, 100))
    made.clear_book(100, 13)
    batch = made.take()
    assert batch is not None
    assert batch.depth == [(100, STAMP, 1, 0, 3, 0, None, None, "", 13)]


def test_frames_of_unknown_requests_are_counted_and_make_no_batch() -> None:
    made = reader((7, 100))
    assert feed(made, "1|6|8|1|1|1|0", "2|6|8|0|1", "13|1|8|0|X|0|1|1|1|1", "99|8|1|1|1|1|0||") is None
    assert made.unclaimed == 4


def test_sequence_goes_on_over_batches_and_kinds() -> None:
    made = reader((7, 100), (9, 100), (8, 100))
    seen = []
    for _ in range(2):
        batch = feed(made, "1|6|7|1|1|1|0", "12|1|9|0|0|1|1|1", "99|8|2|1|1|1|0||")
        assert batch is not None
        seen += [batch.ticks[0][2], batch.depth[0][2], batch.prints[0][2]]
    assert seen == [1, 2, 3, 4, 5, 6]


def test_the_data_type_is_passed_on() -> None:
    told: list[tuple[int, int]] = []
    made = FrameReader(Clock(lambda: 0.0, lambda: 0), lambda con_id, data_type: told.append((con_id, data_type)))
    made.claim(7, Touch(100))
    assert feed(made, "58|1|7|3", "58|1|8|1") is None
    assert told == [(100, 3)]


def test_venues_and_makers_bring_no_control_characters() -> None:
    made = reader((9, 100), (8, 100))
    batch = feed(made, "13|1|9|0|\x1b[2JX|0|1|1|1|1", "99|8|1|1|1|1|0|\x1bNY|\x07T")
    assert batch is not None
    assert batch.depth[0][8].isprintable()
    assert batch.prints[0][6].isprintable()
    assert batch.prints[0][7].isprintable()


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_finite_or_none(value: float) -> None:
    found = number(repr(value))
    if math.isfinite(value) and abs(value) < 1e300:
        assert found == value
    else:
        assert found is None
    assert quoted(repr(value)) == (None if value == -1 else found)


def test_messages_of_real_gateways_become_rows(recorded: list[dict[str, Any]]) -> None:
    rows = 0
    for message in recorded:
        fields: list[str] = message["fields"]
        if message["server_version"] > 178 or message["msg_id"] not in (1, 2, 12, 13, 45, 46, 99):
            continue
        request = fields[1] if message["msg_id"] == 99 else fields[2]
        made = reader((int(request), 100))
        batch = feed(made, "|".join(fields))
        if message["msg_id"] == 99 and fields[2] in ("3", "4"):
            assert batch is None
            continue
        assert batch is not None, message
        rows += 1
    assert rows > 0


@pytest.mark.parametrize("seconds", ["0", "-5", "9" * 40])
def test_a_print_at_a_time_that_can_not_be_has_no_time(seconds: str) -> None:
    batch = feed(reader((7, 100)), f"99|7|1|{seconds}|450.25|100|0|ARCA|")
    assert batch is not None
    assert batch.prints[0][3] is None


@pytest.mark.parametrize(
    "frame",
    [
        f"1|6|7|{'9' * 40}|450.25|300|0",
        f"12|1|7|{'9' * 40}|0|0|450.25|300",
        "12|1|7|0|3|0|450.25|300",
        "12|1|7|0|-1|0|450.25|300",
        "12|1|7|0|0|2|450.25|300",
        "99|7|-1|1700000000|450.25|100|0|ARCA|",
    ],
)
def test_what_no_file_could_hold_and_what_the_wire_may_not_say_becomes_no_row(frame: str) -> None:
    made = reader((7, 100))
    try:
        feed(made, frame)
    except (ValueError, KeyError):
        batch = made.take()
    else:
        batch = made.take()
    assert batch is None or not (batch.ticks or batch.depth or batch.prints)
