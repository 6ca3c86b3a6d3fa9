import logging
import stat
import subprocess
import sys
import warnings

import pytest

from ibtui.services.log_buffer import RING_LINES, Logging, set_up


@pytest.fixture
def logs(tmp_path):
    """Logging as the console sets it up, undone afterwards."""
    root, library = logging.getLogger(), logging.getLogger("ib_insync")
    before = root.level, library.level, logging.raiseExceptions
    started = set_up(tmp_path / "ibtui.log")
    yield started
    started.close()
    logging.captureWarnings(False)
    root.setLevel(before[0])
    library.setLevel(before[1])
    logging.raiseExceptions = before[2]


def test_a_line_is_in_the_ring_at_once_and_in_the_file_after_close(logs: Logging, tmp_path):
    logging.getLogger("ibtui.broker").warning("no answer from %s", "127.0.0.1")
    line = logs.buffer.lines[-1]
    assert (line.level, line.source, line.text) == (logging.WARNING, "ibtui.broker", "no answer from 127.0.0.1")
    logs.close()
    assert "WARNING ibtui.broker: no answer from 127.0.0.1" in (tmp_path / "ibtui.log").read_text()


def test_the_file_is_private(logs: Logging, tmp_path):
    logging.getLogger("x").error("boo")
    logs.close()
    assert stat.S_IMODE((tmp_path / "ibtui.log").stat().st_mode) == 0o600


def test_the_ring_keeps_the_newest_lines_and_counts_all(logs: Logging):
    before = logs.buffer.total
    for number in range(RING_LINES + 10):
        logging.getLogger("x").info("%d", number)
    assert len(logs.buffer.lines) == RING_LINES
    assert logs.buffer.lines[-1].text == str(RING_LINES + 9)
    assert logs.buffer.total - before == RING_LINES + 10


def test_control_bytes_and_line_breaks_never_reach_the_ring(logs: Logging):
    logging.getLogger("x").info("a\x1b[2Jb\nc")
    assert logs.buffer.lines[-1].text == "a[2Jb c"


def test_an_exception_is_counted_named_in_the_ring_and_whole_in_the_file(logs: Logging, tmp_path):
    try:
        int("\x1b[7m")
    except ValueError:
        logging.getLogger("x").exception("could not decode")
    assert logs.buffer.errors == 1
    assert (
        logs.buffer.lines[-1].text
        == "could not decode (ValueError: invalid literal for int() with base 10: '\\x1b[7m')"
    )
    logs.close()
    assert "    Traceback (most recent call last):" in (tmp_path / "ibtui.log").read_text()


def test_a_line_that_cannot_be_formatted_is_kept_and_harms_nobody(logs: Logging):
    logging.getLogger("x").info("%d items", "no number")
    assert "can't be formatted" in logs.buffer.lines[-1].text


def test_what_the_library_writes_about_the_account_is_not_kept(logs: Logging):
    before = logs.buffer.total
    logging.getLogger("ib_insync.wrapper").info("updatePortfolio: DU123456 …")
    logging.getLogger("ib_insync.wrapper").warning("something is wrong")
    assert logs.buffer.total - before == 1


def test_the_answer_to_a_cancel_of_ours_is_no_error(logs: Logging):
    wrapper = logging.getLogger("ib_insync.wrapper")
    wrapper.error(
        "Error 162, reqId 4: Historical Market Data Service error message:API historical data query cancelled: 4"
    )
    wrapper.error("Error 162, reqId 5: Historical Market Data Service error message:No market data permissions")
    assert [line.text[:18] for line in logs.buffer.lines] == ["Error 162, reqId 5"]
    assert logs.buffer.errors == 1


def test_warnings_become_log_lines(logs: Logging):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old call", DeprecationWarning, stacklevel=1)
    assert "old call" in logs.buffer.lines[-1].text


def test_the_terminal_never_gets_a_line(tmp_path):
    program = (
        "import logging, sys; from pathlib import Path; from ibtui.services.log_buffer import set_up;"
        "logging.basicConfig(); set_up(Path(sys.argv[1]), 'debug');"
        "logging.getLogger('a').error('boo'); logging.getLogger('a').error('%d', 'x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "x.log"], capture_output=True, text=True, timeout=20, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert "boo" in (tmp_path / "x.log").read_text()
