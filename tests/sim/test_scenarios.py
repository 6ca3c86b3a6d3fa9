"""Scenarios that come along make sense, do what they say in time, and wrong ones are refused in plain words."""

import tomllib
from pathlib import Path

import pytest

from ibtui.errors import UsageError
from ibtui.sim.scenario import load, names
from ibtui.sim.simclock import describe
from tests.conftest import until
from tests.sim.protocol_rig import bare, client, control, gateway

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [
    "calm",
    "competing-session",
    "flaky-network",
    "flash-crash",
    "nightly-reset",
    "open-auction",
    "reject-storm",
    "tick-flood",
    "upstream-outage",
]


def test_the_scenarios_of_the_design_come_along() -> None:
    assert names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
async def test_each_makes_sense_step_by_step(name: str, caplog: pytest.LogCaptureFixture) -> None:
    scenario = load(name)
    assert scenario.about
    async with gateway() as server:
        for step in scenario.steps:
            if step.verb not in ("restart", "refuse"):  # they close the port for as long as they say
                await control(server, step.verb, **step.arguments)


async def test_steps_come_at_their_times_and_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'every = 0.2\n[[step]]\nat = 0.1\ndo = "message"\ncode = 2\n[[step]]\nat = 0\ndo = "message"\ncode = 1\n'
    )
    async with gateway(scenario=str(file)) as server, bare(server) as raw:
        await raw.start(1)
        codes = [(await raw.read_until("4"))[3] for _ in range(4)]
        assert codes in (["1", "2", "1", "2"], ["2", "1", "2", "1"])


async def test_a_step_that_fails_does_not_end_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[step]]\nat = 0\ndo = "halt"\nsymbol = "NOSUCH"\n[[step]]\nat = 0\ndo = "market"\nrate = 3\n')
    async with gateway(scenario=str(file)) as server:
        await until(lambda: server.gateway.exchange.rate == 3)
    assert "NOSUCH" in caplog.text


async def test_the_opening_starts_before_the_auction() -> None:
    async with gateway(start=None, scenario="open-auction") as server, client(server) as ib:
        assert describe(server.gateway.clock.now_ns()).split()[1].startswith("09:29:3")
        assert ib.isConnected()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no [[step]]"),
        ("[[step]]\ndo = 'stats'", "needs 'at'"),
        ("[[step]]\nat = 1\ndo = 'dance'", "step 1: there is no verb 'dance'"),
        ("[[step]]\nat = 1\ndo = 'drop'\nwhy = 1", "drop takes no 'why'"),
        ("[[step]]\nat = 1", "names it"),
        ("when = 1", "no 'when'"),
        ("every = 1\n[[step]]\nat = 1\ndo = 'stats'", "later than its last step"),
        ("start = 'noon'\n[[step]]\nat = 1\ndo = 'stats'", "noon"),
        ("not toml", "scenario"),
    ],
)
def test_a_wrong_scenario_is_refused_in_plain_words(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        load(str(file))
    assert words in str(refused.value)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(UsageError, match="flash-crash"):
        load("no-such-scenario")


def test_the_wheel_carries_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    # Everything in the package's folder that git knows is in the wheel, whatever kind of file it is.
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/ibtui"]
    assert sorted(each.stem for each in (ROOT / "src/ibtui/sim/scenarios").glob("*.toml")) == SHIPPED
