"""The demo's simulated gateway as a real child process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ibtui.clock import NS
from ibtui.errors import EnvironmentUnfitError, GatewayUnreachableError
from ibtui.services.demo import DemoGateway, DemoState, write_state
from ibtui.services.sim_control import SimControl, do_blocking

PARENT = """
import asyncio, json, sys
from pathlib import Path
from ibtui.services.demo import DemoGateway

async def main():
    demo = DemoGateway()
    listening = await demo.start(Path(sys.argv[1]))
    print(json.dumps([demo.pid, *listening]), flush=True)
    if sys.argv[2] == "return":
        return
    if sys.argv[2] == "stall":
        import time
        time.sleep(600)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def demo():
    """A demo gateway that ends with the test."""
    demo = DemoGateway()
    yield demo
    await demo.stop()


def is_running(pid: int) -> bool:
    """Whether a process still does anything; an orphan that nobody reaps is a zombie and does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pid: int, seconds: float = 5.0) -> float:
    """Seconds until the process ended; fails after too many."""
    began = time.monotonic()
    while is_running(pid):
        assert time.monotonic() - began < seconds, f"process {pid} outlived its parent"
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("behaviour", "how"),
    [
        ("wait", signal.SIGKILL),
        ("stall", signal.SIGKILL),
        ("wait", signal.SIGTERM),
        ("wait", signal.SIGINT),
        ("wait", signal.SIGHUP),
        ("return", None),
    ],
)
def test_it_ends_with_its_parent_however_that_ends(tmp_path, behaviour, how):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), behaviour],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pid, host, _, control_port = json.loads(parent.stdout.readline())
    if how is not None:
        assert is_running(pid)
        assert do_blocking(control_port, "stats", {}, host)["ok"]
        parent.send_signal(how)
    parent.wait(timeout=10)
    parent.stdout.close()
    wait_until_gone(pid)
    with pytest.raises(GatewayUnreachableError):
        do_blocking(control_port, "stats", {}, host)


async def test_it_listens_on_free_ports_and_ends_when_told(demo, tmp_path):
    listening = await demo.start(tmp_path)
    assert (await SimControl(listening.host, listening.control_port).do("stats"))["clients"] == []
    pid = demo.pid
    await demo.stop()
    assert demo.pid is None
    assert not is_running(pid)


async def test_two_demos_run_beside_each_other(demo, tmp_path):
    other = DemoGateway()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = await asyncio.gather(demo.start(tmp_path / "one"), other.start(tmp_path / "two"))
    assert len({one.port, one.control_port, two.port, two.control_port}) == 4
    await other.stop()


async def test_its_clock_goes_on_at_the_next_start(demo, tmp_path):
    first = await demo.start(tmp_path)
    seen = (await SimControl(first.host, first.control_port).do("stats"))["market_ns"]
    later = seen + 600 * NS
    demo.remember(later)
    await demo.stop()
    second = await demo.start(tmp_path)
    again = (await SimControl(second.host, second.control_port).do("stats"))["market_ns"]
    assert 0 <= again - later + NS < 5 * NS


async def test_a_gateway_that_does_not_start_says_where_its_reason_is(demo, tmp_path):
    with pytest.raises(EnvironmentUnfitError, match=r"sim\.log"):
        await demo.start(tmp_path, options=("--no-such-option",))
    assert "no-such-option" in (tmp_path / "sim.log").read_text()
    assert demo.pid is None


async def test_a_fresh_demo_has_another_market(demo, tmp_path):
    write_state(tmp_path / "demo.json", DemoState(seed=7))
    (tmp_path / "history.db").write_text("x")
    await demo.start(tmp_path, fresh=True)
    assert json.loads((tmp_path / "demo.json").read_text())["seed"] == 8
    assert not (tmp_path / "history.db").exists()


async def test_a_wrong_verb_is_answered_with_why(demo, tmp_path):
    listening = await demo.start(tmp_path)
    answer = await SimControl(listening.host, listening.control_port).do("no-such-verb")
    assert not answer["ok"]
    assert answer["error"]


async def test_a_verb_changes_the_market(demo, tmp_path):
    listening = await demo.start(tmp_path)
    control = SimControl(listening.host, listening.control_port)
    await control.do("market", running=False)
    answer = await control.do("price", symbol="SPY", bid=400.0, ask=400.02)
    assert (answer["ok"], answer["bid"], answer["ask"]) == (True, 400.0, 400.02)
