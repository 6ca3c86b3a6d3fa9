"""The one pass over a network read yields what the library's own buffer and decoder yield of the same bytes."""

import struct
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import IB
from ib_insync.decoder import Decoder

from ibtui.broker.cutting import cut
from ibtui.broker.frames import FrameReader
from ibtui.broker.memo import Memo
from ibtui.broker.wire_reader import WireReader
from ibtui.clock import NS, Clock
from ibtui.market.book import ASK, BID
from ibtui.market.rows import Batch
from ibtui.market.sides import Touch

STAMP = 1_700_000_000 * NS
HOT = (1, 2, 12, 13, 45, 46, 99)
CON_ID, REQUEST = 100, 7


def framed(fields: Sequence[str]) -> bytes:
    """A frame as it stands on the wire."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


class Wire:
    """A reader between bytes and rows, as a session has it."""

    def __init__(self, server_version: int = 176) -> None:
        self.wrong: list[str] = []
        self.rest: list[list[str]] = []
        self.ib = IB()
        self.ib.client.decoder.serverVersion = server_version
        self.frames = FrameReader(Clock(lambda: 5.0, lambda: STAMP), lambda con_id, data_type: None)
        self.frames.claim(REQUEST, Touch(CON_ID))
        self.reader = WireReader(self.ib, self.wrong.append, lambda: None)
        self.reader.greeted = True
        self.reader.on_read = self.frames.read
        self.reader.taken["4"] = self.rest.append

    def batch(self, *reads: bytes) -> Batch:
        """The rows of network reads; empty when there were none."""
        for data in reads:
            self.ib.client.conn.hasData.emit(data)
        return self.frames.take() or Batch(STAMP, 5.0)


class Decoded:
    """What the library's decoder calls its wrapper with."""

    def __init__(self, server_version: int) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.decoder = Decoder(self, server_version)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, arguments))


def known(value: float) -> float | None:
    """The word of the library's number in a row."""
    return None if value == -1 or not -1e300 < value < 1e300 else value


def expected(call: tuple[str, tuple[Any, ...]], empty: bool) -> tuple[Any, ...]:
    """The end of the row that one call of the decoder must have become.

    Args:
        call: The wrapper's method and what it was called with.
        empty: Whether the last number of the frame was empty: the library calls it 0, for a row it is unknown.
    """
    name, values = call
    last = (lambda value: None) if empty else known
    if name == "priceSizeTick":
        return (values[1], known(values[2]), last(values[3]))
    if name == "tickSize":
        return (values[1], None, last(values[2]))
    if name == "tickGeneric":
        return (values[1], last(values[2]), None)
    if name == "updateMktDepth":
        _, position, operation, side, price, size = values
        return (side, operation, position, known(price), last(size), "", 12)
    if name == "updateMktDepthL2":
        _, position, maker, operation, side, price, size, _ = values
        return (side, operation, position, known(price), last(size), maker, 13)
    assert name == "tickByTickAllLast"
    _, kind, time, price, size, attributes, venue, conditions = values
    flags = attributes.pastLimit + 2 * attributes.unreported
    return (time * NS, price, known(size), venue, conditions, None, kind, None, flags, None)


unset = st.sampled_from(["1.7976931348623157E308", "nan", "-1", "-1.0", "0", "inf"])
price = st.decimals(-1000, 100_000, places=4).map(str) | unset
size = st.integers(0, 10**12).map(str) | st.decimals(0, 10**9, places=8).map(str) | unset
odd_size = size | st.just("")
tick = st.integers(0, 105).map(str)
version = st.integers(0, 9).map(str)
request = st.just(str(REQUEST))
word = st.text("ABCXYZ é", max_size=6)
side = st.sampled_from([str(ASK), str(BID)])
operation = st.sampled_from(["0", "1", "2"])
position = st.integers(0, 60).map(str)
hot_frames = st.one_of(
    st.tuples(st.just("1"), version, request, tick, price, odd_size, st.integers(0, 7).map(str)),
    st.tuples(st.just("2"), version, request, tick, odd_size),
    st.tuples(st.just("12"), version, request, position, operation, side, price, odd_size),
    st.tuples(st.just("13"), version, request, position, word, operation, side, price, odd_size, st.just("1")),
    st.tuples(st.just("45"), version, request, tick, size | price | st.just("")),
    st.tuples(
        st.just("99"),
        request,
        st.sampled_from(["1", "2"]),
        st.integers(1, 2**33 - 1).map(str),  # from there on it is no time
        st.decimals(-1000, 100_000, places=4).map(str),
        size,
        st.integers(0, 3).map(str),
        word,
        word,
    ),
)


def row_of(batch: Batch) -> tuple[Any, ...]:
    """The one row of a batch, without contract, stamp and number."""
    (row,) = [*batch.ticks, *batch.depth, *batch.prints]
    assert row[:2] == (CON_ID, STAMP)
    return row[3:]


def agree(fields: Sequence[str], server_version: int) -> None:
    decoded = Decoded(server_version)
    decoded.decoder.interpret(list(fields))
    (call,) = decoded.calls
    empty = fields[{"1": 5, "2": 4, "12": 7, "13": 8, "45": 4, "99": 5}[fields[0]]] == ""
    row = row_of(Wire(server_version).batch(framed(fields)))
    if fields[0] == "99":
        # Side, bucket and the age of the quote are inferred, not decoded.
        row = (*row[:5], None, row[6], None, row[8], None)
    assert row == expected(call, empty)


@given(hot_frames, st.integers(157, 178))
def test_a_row_says_what_the_library_decodes(fields: tuple[str, ...], server_version: int) -> None:
    agree(fields, server_version)


def test_real_frames_become_what_the_library_decodes(recorded: list[dict[str, Any]]) -> None:
    agreed = 0
    for message in recorded:
        fields: list[str] = message["fields"]
        if message["msg_id"] not in HOT or message["msg_id"] == 46 or message["server_version"] > 178:
            continue
        at = 1 if message["msg_id"] == 99 else 2
        if message["msg_id"] == 99 and fields[2] not in ("1", "2"):
            continue
        agree([*fields[:at], str(REQUEST), *fields[at + 1 :]], message["server_version"])
        agreed += 1
    assert agreed > 0


@given(st.lists(st.text("\0ab", max_size=5).map(lambda text: framed(text.split("\0")))), st.data())
def test_a_stream_is_cut_as_the_library_cuts_it(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(frames)[: data.draw(st.integers(0, 200))]
    found, rest = cut(stream)
    assert b"".join(b"\0\0\0" + frame for frame in found) + rest == stream
    whole = [frame for number, frame in enumerate(frames) if len(b"".join(frames[: number + 1])) <= len(stream)]
    assert found == [frame[3:] for frame in whole]


@given(st.binary(max_size=60) | st.lists(st.sampled_from([b"\0", b"\1", b"\2", b"a"])).map(b"".join))
def test_any_bytes_are_cut_as_the_lengths_say(stream: bytes) -> None:
    expected_frames, begin = [], 0
    while len(stream) >= begin + 4 and len(stream) >= (end := begin + 4 + int.from_bytes(stream[begin : begin + 4])):
        expected_frames.append(stream[begin + 3 : end])
        begin = end
    assert cut(stream) == (expected_frames, stream[begin:])


@pytest.mark.parametrize("length", [1, 4, 255, 256, 257, 300, 65_536, 70_000])
def test_frames_of_any_length_are_cut(length: int) -> None:
    frame = struct.pack(">I", length) + b"x" * length
    assert cut(frame * 3) == ([frame[3:]] * 3, b"")
    assert cut(frame * 2 + frame[:-1]) == ([frame[3:]] * 2, frame[:-1])


@given(st.lists(hot_frames, max_size=12), st.data())
def test_rows_are_the_same_however_the_stream_is_torn(frames: list[tuple[str, ...]], data: st.DataObject) -> None:
    stream = b"".join(framed(fields) for fields in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    reads = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    torn, whole = Wire(), Wire()
    assert torn.batch(*reads) == whole.batch(stream)
    assert torn.reader.frames == len(frames)
    assert torn.ib.client._data == b""


@given(st.lists(hot_frames, min_size=1, max_size=4), st.data())
def test_a_frame_that_makes_no_sense_is_told_and_takes_no_other_with_it(
    frames: list[tuple[str, ...]], data: st.DataObject
) -> None:
    senseless = data.draw(
        st.sampled_from(
            [
                ("2", "6", "7"),
                ("2", "6", "7", "0"),
                ("2", "6", "7", "x", "100"),
                ("2", "6", "7", "0", "a lot"),
                ("1", "6", "7", "1", "450.25"),
                ("12", "1", "7", "0", "0", "2", "1", "1"),
                ("13", "1", "7", "0", "ARCA", "9", "0", "1", "1", "1"),
                ("13", "1", "7", "0", "ARCA", "0", "0", "1"),
                ("45", "6", "7", "49", "?"),
                ("99", "7", "1", "1700000000", "", "1", "0", "NYSE", ""),
                ("99", "7", "1", "soon", "1", "1", "0", "NYSE", ""),
            ]
        )
    )
    place = data.draw(st.integers(0, len(frames)))
    wire, without = Wire(), Wire()
    batch = wire.batch(b"".join(map(framed, [*frames[:place], senseless, *frames[place:]])))
    rows = partial(map, lambda row: (row[0], *row[3:]))
    unharmed = without.batch(b"".join(map(framed, frames)))
    assert wire.wrong == [senseless[0]]
    assert wire.reader.errors == 1
    for kind in ("ticks", "depth", "prints"):
        assert list(rows(getattr(batch, kind))) == list(rows(getattr(unharmed, kind)))


def test_other_messages_go_their_usual_way_between_the_rows_of_their_read() -> None:
    wire = Wire()
    wire.reader.taken["4"] = lambda fields: wire.frames.clear_book(CON_ID, 13)
    depth = ("13", "1", "7", "0", "ARCA", "0", "1", "10", "5", "1")
    batch = wire.batch(b"".join(map(framed, [depth, ("4", "2", "7", "317", "reset", ""), depth])))
    assert [row[4] for row in batch.depth] == [0, 3, 0]


def test_what_only_the_library_reads_reaches_its_wrapper_and_its_own_events() -> None:
    wire = Wire()
    ended: list[str] = []
    wire.ib.updateEvent += lambda: ended.append("read")
    wire.batch(framed(("2", "6", "7", "0", "100")))
    assert ended == []
    wire.batch(framed(("9", "1", "42")) + framed(("2", "6", "7", "0", "100")))
    assert ended == ["read"]


@given(hot_frames.filter(lambda fields: fields[0] in ("2", "45", "13")), word)
def test_a_field_too_many_changes_no_row(fields: tuple[str, ...], more: str) -> None:
    agree([*fields, more], 176)


def test_a_string_tick_is_one_row_and_its_time_stands_in_price() -> None:
    batch = Wire().batch(framed(("46", "6", "7", "45", "1678740829")) + framed(("46", "6", "7", "84", "")))
    assert [row[3:] for row in batch.ticks] == [(45, 1678740829.0, None), (84, None, None)]


def test_a_memo_begins_anew_before_it_fills_the_memory() -> None:
    memo = Memo(Decimal, 3)
    assert [memo[b"%d" % number] for number in range(10)] == list(range(10))
    assert len(memo) <= 3
