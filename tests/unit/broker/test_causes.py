import asyncio
import errno
import socket

import pytest

from ibtui.broker import causes
from ibtui.broker.causes import Stage


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "nothing listens there"),
        (OSError("Multiple exceptions: [Errno 111] Connect call ('::1'), [Errno 111] Connect call"), "nothing listens"),
        (OSError("Multiple exceptions: [Errno 111] Connect call ('::1'), [Errno 101] Connect call"), "can't connect"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "unknown host name"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no route"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (ValueError("odd"), "odd"),
        (asyncio.CancelledError(), "CancelledError"),
    ],
)
def test_what_keeps_a_connection_from_coming_about_is_said(error: BaseException, words: str) -> None:
    sentence = causes.not_reached("host:4002", error)
    assert words in sentence
    assert "host:4002" in sentence


def test_each_stage_of_a_silent_connect_has_its_own_sentence() -> None:
    sentences = {causes.silent("host:4002", stage, 15) for stage in Stage}
    assert len(sentences) == len(Stage)
    assert all("15 s" in sentence for sentence in sentences)


def test_an_error_before_the_close_is_its_reason() -> None:
    sentence = causes.closed("host:4002", Stage.VERSION, (507, "Bad message length"), 10)
    assert "Bad message length (IB code 507)" in sentence
    assert "client id 10" in causes.closed("host:4002", Stage.VERSION, None, 10)
