import os
import threading

from ibtui.ui.driver import Output


def test_writing_to_a_terminal_that_does_not_read_never_waits():
    reader, writer = os.pipe()
    output = Output(writer, lambda error: None)
    output.start()
    payload = "x" * 65_536
    for _ in range(40):  # 2.6 MB: far more than a pipe takes
        output.put(payload)
    assert output.backlog > 0
    read = 0
    while read < 40 * len(payload):
        read += len(os.read(reader, 1 << 20))
    output.close(5.0)
    assert output.backlog == 0
    assert not output.is_alive()
    os.close(reader)
    os.close(writer)


def test_bytes_arrive_in_order_and_whole():
    reader, writer = os.pipe()
    output = Output(writer, lambda error: None)
    output.start()
    for number in range(100):
        output.put(f"{number}→")
    output.close(5.0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as received:
        assert received.read() == "".join(f"{number}→" for number in range(100))


def test_a_terminal_that_is_gone_is_told_once_and_takes_no_more():
    reader, writer = os.pipe()
    os.close(reader)
    told = threading.Event()
    output = Output(writer, lambda error: told.set())
    output.start()
    output.put("x")
    assert told.wait(5)
    output.join(5)
    output.put("y")
    assert output.backlog == 0
    os.close(writer)


def test_a_full_terminal_that_does_not_block_is_waited_for_and_not_lost():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    errors: list[OSError] = []
    output = Output(writer, errors.append)
    output.start()
    sent = "x" * 1_000_000
    output.put(sent)
    read = 0
    while read < len(sent):
        read += len(os.read(reader, 1 << 16))
    output.close(5.0)
    assert not errors
    assert not output.is_alive()
    os.close(reader)
    os.close(writer)
