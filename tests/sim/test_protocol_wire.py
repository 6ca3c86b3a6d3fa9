"""Frames survive any network, and nothing a client sends makes the reader grow without bound."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.sim.wire import (
    MAX_FRAME,
    FrameReader,
    Hello,
    ProtocolError,
    fields_of,
    frame,
    frame_of,
    negotiated,
    parse_hello,
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in the pieces that a network might make of them."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(min_value=0), max_size=20))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(payloads: list[bytes], places: list[int]) -> None:
    stream = b"API\0" + b"".join(frame(payload) for payload in payloads)
    reader = FrameReader()
    assert [payload for piece in cut(stream, places) for payload in reader.feed(piece)] == payloads


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_fields_come_out_as_they_went_in(fields: list[str]) -> None:
    assert fields_of(frame_of(fields)[4:]) == fields


@given(st.binary(min_size=4).filter(lambda data: not data.startswith(b"API\0")))
def test_a_stream_that_does_not_begin_with_api_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader().feed(data))


def test_a_wrong_beginning_is_refused_at_its_first_wrong_byte() -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader().feed(b"GET"))


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 2**32 - 1])
def test_a_frame_over_the_limit_is_refused_before_it_is_there(length: int) -> None:
    with pytest.raises(ProtocolError, match="more than"):
        list(FrameReader().feed(b"API\0" + length.to_bytes(4, "big")))


def test_a_frame_of_exactly_the_limit_is_waited_for() -> None:
    reader = FrameReader()
    assert list(reader.feed(b"API\0" + MAX_FRAME.to_bytes(4, "big") + b"x")) == []


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    assert fields_of(b"\xe9t\xe9\0") == ["\\xe9t\\xe9"]


@pytest.mark.parametrize("payload", [b"", b"49", b"49\0001"])
def test_a_payload_without_an_end_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        fields_of(payload)


@pytest.mark.parametrize(
    ("payload", "hello"),
    [
        (b"v157..176", Hello(157, 176, "")),
        (b"v100..187 +PACEAPI", Hello(100, 187, "+PACEAPI")),
        (b"v170", Hello(170, 170, "")),
        (b"v157..176\0", Hello(157, 176, "")),
    ],
)
def test_the_hello_is_read_with_and_without_options(payload: bytes, hello: Hello) -> None:
    assert parse_hello(payload) == hello


@pytest.mark.parametrize("payload", [b"", b"157..176", b"v", b"v157..", b"v157-176", b"71\0002\0005\0"])
def test_a_hello_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_hello(payload)


@given(st.integers(0, 300), st.integers(0, 300))
def test_both_sides_speak_the_version_that_is_negotiated(oldest: int, newest: int) -> None:
    version = negotiated(Hello(oldest, newest, ""))
    common = [each for each in range(157, 179) if oldest <= each <= newest]
    assert version == (max(common) if common else None)
