"""Scenarios: control verbs that are carried out at their times. A TOML file, or the name of one that comes along.

::

    about = "what it shows"     # optional
    start = "09:29:30"          # optional: New York time of the last trading day that market time starts at
    every = 60                  # optional: seconds after which it begins anew

    [[step]]
    at = 5                      # seconds since the start
    do = "drop"                 # a control verb and its arguments
    how = "rst"
"""

import asyncio
import logging
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Any

from ibtui.errors import UsageError
from ibtui.sim.control import checked, command, run
from ibtui.sim.verbs.controls import Controls

log = logging.getLogger(__name__)

_SHIPPED = "scenarios"
_KEYS = frozenset({"about", "start", "every", "step"})


@dataclass(frozen=True, slots=True)
class Step:
    """One verb with its arguments, ``at`` seconds since the scenario's begin."""

    at: float
    verb: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps in the order of their times; ``every`` so many seconds anew, 0 for once.

    Attributes:
        start: New York time at which market time starts; None for the usual.
    """

    about: str
    start: str | None
    every: float
    steps: tuple[Step, ...]


def names() -> list[str]:
    """The scenarios that come along."""
    return sorted(each.name.removesuffix(".toml") for each in files("ibtui.sim").joinpath(_SHIPPED).iterdir())


def load(name: str) -> Scenario:
    """The scenario of that name, or in that file.

    Raises:
        UsageError: There is none, or it makes no sense.
    """
    shipped = files("ibtui.sim").joinpath(_SHIPPED, f"{name}.toml")
    try:
        text = shipped.read_text("utf-8") if name in names() else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"there is no scenario '{name}': it is no file ({error}) and none of {', '.join(names())}"
        ) from None
    try:
        return _scenario(tomllib.loads(text))
    except (UsageError, ValueError) as error:
        raise UsageError(f"scenario {name}: {error}") from None


def _scenario(given: dict[str, Any]) -> Scenario:
    unknown = given.keys() - _KEYS
    if unknown:
        raise UsageError(f"it has no '{min(unknown)}', only {', '.join(sorted(_KEYS))}")
    if given.get("start") is not None:
        time.fromisoformat(str(given["start"]))
    steps = tuple(sorted(_steps(given.get("step", [])), key=lambda step: step.at))
    every = float(given.get("every", 0))
    if not steps:
        raise UsageError("it has no [[step]]")
    if every and every <= steps[-1].at:
        raise UsageError("every must be later than its last step")
    return Scenario(str(given.get("about", "")), given.get("start"), every, steps)


def _steps(given: list[dict[str, Any]]) -> Iterator[Step]:
    for number, step in enumerate(given, start=1):
        at = step.get("at")
        if not isinstance(at, int | float) or isinstance(at, bool) or at < 0:
            raise UsageError(f"step {number} needs 'at', in seconds")
        verb, arguments = command({key: value for key, value in step.items() if key != "at"})
        try:
            checked(verb, arguments)
        except UsageError as error:
            raise UsageError(f"step {number}: {error}") from None
        yield Step(float(at), verb, arguments)


async def play(scenario: Scenario, controls: Controls) -> None:
    """Carries out the steps, each at its time; one that fails is logged and the next goes on."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while True:
        for step in scenario.steps:
            await asyncio.sleep(max(0.0, begun + step.at - loop.time()))
            try:
                run(controls, step.verb, dict(step.arguments))
            except (UsageError, ValueError, TypeError) as error:
                log.warning("scenario: %s was not carried out: %s", step.verb, error)
            else:
                log.info("scenario: %s %s", step.verb, step.arguments)
        if not scenario.every:
            return
        begun += scenario.every
