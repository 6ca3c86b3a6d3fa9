import logging

from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.broker.session import Session
from ibtui.broker.wire_text import clean, clean_fields
from ibtui.config import GatewaySettings

from .small_gateway import SmallGateway, frame, settle, virtual, virtual_clock

NUMBERS = st.integers(-(2**70), 2**70).map(str) | st.floats().map(str)
FIELDS = (
    st.text(max_size=12) | NUMBERS | st.sampled_from(["", "-1", "nan", "1.7976931348623157E308", "\x1b[2J", "[red]"])
)
FRAMES = st.lists(st.tuples(st.integers(0, 120), st.lists(FIELDS, max_size=40)), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(FRAMES, st.integers(1, 40))
def test_no_frame_breaks_the_session_or_shifts_the_next_one(frames: list[tuple[int, list[str]]], split: int) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        session = Session(GatewaySettings(port=gateway.port), 1, virtual_clock())
        await session.open()
        heard: list[int] = []
        session.tap("error", lambda _id, code, *_: heard.append(code))
        stream = b"".join(frame(number, *fields) for number, fields in frames) + frame(4, 2, -1, 4711, "still here", "")
        try:
            for at in range(0, len(stream), split):  # however the network cuts it
                session.ib.client.conn.data_received(stream[at : at + split])
            assert heard[-1:] == [4711]
            assert not session.ended.done()
            assert (await session.heartbeat())[0] < 1
        finally:
            session.abort()
            await settle()
            await gateway.stop()
            await settle()

    logging.disable(logging.CRITICAL)
    try:
        test()
    finally:
        logging.disable(logging.NOTSET)


@given(st.text())
def test_cleaned_text_is_printable_and_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text).isprintable()
    if text.isprintable():
        assert clean(text) == text


@given(st.lists(st.text()))
def test_cleaning_never_adds_or_drops_a_field(fields: list[str]) -> None:
    assert clean_fields(fields) == [clean(each) for each in fields]
