"""Typed settings: defaults < file < environment < flags.

The dataclasses below are the one table of settings. A field's type, default and metadata (allowed words, bounds, what
it means) drive loading, its error messages, ``ibtui config show`` and the reference.
"""

import ipaddress
import os
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from ibtui.errors import ConfigError


def setting(
    default: Any,
    about: str,
    *,
    words: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
    check: Callable[[Any], object] = str,
    in_effect: bool = True,
) -> Any:
    """One setting: its default, what it means, the words or the range allowed, whether it does anything.

    ``check`` raises a ValueError that says what is allowed where neither words nor a range can. A setting that is not
    in effect yet is accepted, so that a file can name it, and whoever sets it is told.
    """
    about = about if in_effect else f"Not in effect yet. {about}"
    allowed = {"words": words, "least": least, "most": most, "check": check}
    return field(default=default, metadata={"about": about, "in_effect": in_effect, **allowed})


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Where the gateway is and how patiently it is asked. Times are seconds."""

    host: str = setting("127.0.0.1", "Host of TWS or IB Gateway.")
    port: int = setting(4002, "Its API port: 4002 is IB Gateway's for paper accounts, 7497 TWS's.", least=1, most=65535)
    client_id: int = setting(10, "API client id. Orders belong to it; it is never changed by itself.", least=0)
    account: str = setting("", "Account to use where the session has several; empty: its only one.")
    heartbeat: float = setting(2.0, "Seconds between two heartbeats.", least=0.1)
    heartbeat_wait: float = setting(2.0, "Seconds to wait for a heartbeat's answer.", least=0.1)
    connect_timeout: float = setting(15.0, "Seconds a connect may take, handshake included.", least=0.1)
    request_timeout: float = setting(10.0, "Seconds a request may take.", least=0.1)
    retry_first: float = setting(1.0, "Seconds before the first retry.", least=0.05)
    retry_max: float = setting(10.0, "Longest pause between two tries, in seconds.", least=0.05)


@dataclass(frozen=True, slots=True)
class MarketDataSettings:
    """Which quotes to ask for, and when a quiet one stops being trusted."""

    type: str = setting("live", "Market data type; falls back to delayed by itself, marked.", words=("live", "delayed"))
    stale_after: float = setting(60.0, "Seconds without a tick after which a quote is confirmed again.", least=1)
    lines: int = setting(100, "Market data lines that IB gives this login at once.", least=1)
    depth_slots: int = setting(3, "Books that IB gives this login at once.", least=1)
    tape_slots: int = setting(5, "Tick-by-tick subscriptions that IB gives this login at once.", least=1)


@dataclass(frozen=True, slots=True)
class DepthSettings:
    """The ladder."""

    rows: int = setting(10, "Price levels a side.", least=1)


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """Limits of the pre-trade checks. Notional counts the multiplier, in the account's base currency."""

    max_quantity: float = setting(1000, "Largest quantity of one order.", least=0)
    max_notional: float = setting(50000, "Largest notional of one order.", least=0)
    max_position: float = setting(10000, "Largest position in one contract, working orders included.", least=0)
    collar_percent: float = setting(3.0, "How far a limit may lie beyond the touch, in percent.", least=0)
    orders_per_minute: int = setting(60, "Orders in any 60 seconds.", least=1)
    working_per_side: int = setting(20, "Working orders in one contract on one side (IB's own limit).", least=1)
    duplicate_seconds: float = setting(2.0, "The same order again within this time is refused.", least=0)
    daily_loss: float = setting(500, "Loss of the day at which on_daily_loss applies.", least=0)
    on_daily_loss: str = setting("reducing", "Trading state that a daily loss latches.", words=("reducing", "halt"))
    halt_cancels: str = setting("opening", "Which of our orders HALT cancels.", words=("opening", "all"))


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """How orders are entered."""

    quantity: float = setting(10, "Default quantity of a ticket.", least=0)
    confirm: str = setting(
        "first",
        "What confirms an order: first, a run's first goes through a ticket, where enter sends; always, each ticket "
        "asks once more; armed, a ticket asks once more unless ARMED.",
        words=("first", "always", "armed"),
    )
    on_hangup: str = setting("keep", "What happens to working orders when the terminal goes.", words=("keep", "cancel"))
    arm_minutes: float = setting(5.0, "Minutes until ARMED expires.", least=0.1)


@dataclass(frozen=True, slots=True)
class BackfillSettings:
    """History downloads."""

    bars: str = setting("1 min", "Bar size when none is named.")
    min_gap: int = setting(1, "Smallest gap worth a request, in bars.", least=1)
    refresh_minutes: float = setting(5.0, "How often a running console extends the tail.", least=0.1, in_effect=False)
    max_range: int = setting(730, "Longest range of a full backfill, in days.", least=1)
    min_spacing: float = setting(0.0, "Least seconds between two requests, over IB's own rules.", least=0)


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """What is kept."""

    keep_days: int = setting(10, "Days of market data files to keep.", least=1)


ALERT_TOPICS = (
    *("connection", "feed", "order", "fill", "position", "margin"),
    *("breaker", "writer", "backfill", "price", "system"),
)
"""What alerts are about; each can be turned off."""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """How a loss or a fill is told."""

    bell: bool = setting(True, "Ring the terminal's bell.")
    title: bool = setting(True, "Put the state into the terminal's title.")
    osc: bool = setting(True, "Send an OSC 9 desktop notice (not inside tmux).")
    fills: bool = setting(True, "Tell fills too.")
    off: tuple[str, ...] = setting((), "What no alert is told about.", words=ALERT_TOPICS)
    margin_cushion_percent: float = setting(
        10.0, "Excess liquidity, in percent of net liquidation, under which to alert; 0: never.", least=0, most=100
    )
    command: str = setting(
        "", "Command, run without a shell, that gets each alert as JSON on its standard input.", check=shlex.split
    )


@dataclass(frozen=True, slots=True)
class UiSettings:
    """Looks."""

    theme: str = setting("dark", "Colour theme.", words=("dark", "light", "contrast", "colour-blind"))
    timezone: str = setting("", "Time zone of the clocks; empty: the exchange's.")
    up_color: str = setting("green", "Colour of a rise; red swaps it with the fall's.", words=("green", "red", "blue"))
    flash: bool = setting(True, "Invert a last price on the board for a moment when it changes; costs bytes.")


def listen_address(text: str) -> tuple[str, int] | None:
    """Host and port of ``HOST:PORT``, or of ``HOST:PORT public`` where others can reach the host; None of no text.

    Raises:
        ValueError: It is neither, or others can reach the host and the word is missing; says what to write.
    """
    address, _, word = text.strip().partition(" ")
    if not address:
        return None
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535 or word.strip() not in ("", "public"):
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8500")
    host = host.removeprefix("[").removesuffix("]")
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local and not word:
        raise ValueError(f"others can reach {host}, and nobody is asked who they are; '{address} public' allows it")
    return host, int(port)


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """The HTTP endpoint for machines."""

    listen: str = setting(
        "",
        "Address of /health and /metrics, such as 127.0.0.1:8500; empty: none. One that others can reach needs the "
        "word public behind it: nobody is asked who they are.",
        check=listen_address,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, one section an attribute, as in the file."""

    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    market_data: MarketDataSettings = field(default_factory=MarketDataSettings)
    depth: DepthSettings = field(default_factory=DepthSettings)
    risk: RiskSettings = field(default_factory=RiskSettings)
    orders: OrderSettings = field(default_factory=OrderSettings)
    backfill: BackfillSettings = field(default_factory=BackfillSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    ui: UiSettings = field(default_factory=UiSettings)
    health: HealthSettings = field(default_factory=HealthSettings)
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action to key, over the built-in table; checked where that table lives."""


ENVIRONMENT = {
    "IBTUI_HOST": ("gateway", "host"),
    "IBTUI_PORT": ("gateway", "port"),
    "IBTUI_CLIENT_ID": ("gateway", "client_id"),
    "IBTUI_ACCOUNT": ("gateway", "account"),
}
"""Environment variables that stand for a setting. ``IBTUI_CONFIG`` and ``IBTUI_DATA_DIR`` name paths, not settings."""


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    flags: Mapping[tuple[str, str], Any] | None = None,
) -> Settings:
    """Settings from the file, then the environment, then the command line's flags.

    Args:
        file: A TOML file; None or a path that does not exist means no file.
        environment: Environment variables, see :data:`ENVIRONMENT`.
        flags: ``(section, key)`` to value; None values are ignored.

    Raises:
        ConfigError: A section, key or value is not allowed; one line naming place, key and what is allowed.
    """
    settings = Settings()
    for section, key, value in _file_entries(file):
        settings = _with(settings, section, key, value, str(file))
    for variable, (section, key) in ENVIRONMENT.items():
        if variable in environment:
            value = _number_from_text(section, key, environment[variable])
            settings = _with(settings, section, key, value, f"environment variable {variable}")
    for (section, key), value in (flags or {}).items():
        if value is not None:
            settings = _with(settings, section, key, value, "command line")
    return settings


def reference() -> Iterator[tuple[str, str, Any, str, tuple[str, ...]]]:
    """Every setting as ``section, key, default, what it means, allowed words``."""
    for section in fields(Settings):
        if section.name == "keys":
            continue
        for entry in fields(getattr(Settings(), section.name)):
            yield section.name, entry.name, entry.default, entry.metadata["about"], entry.metadata["words"]


def without_effect(settings: Settings) -> list[str]:
    """Settings that were changed from their default and do nothing yet, as ``[section] key``."""
    return [
        f"[{section.name}] {entry.name}"
        for section in fields(Settings)
        if section.name != "keys"
        for entry in fields(getattr(settings, section.name))
        if not entry.metadata["in_effect"] and getattr(getattr(settings, section.name), entry.name) != entry.default
    ]


def as_toml(settings: Settings) -> str:
    """The settings as a file that :func:`load` reads, each with its meaning as a comment."""
    lines: list[str] = []
    current = ""
    for section, key, _, about, words in reference():
        if section != current:
            lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
            current = section
        allowed = f" ({' | '.join(words)})" if words else ""
        lines.append(f"{key} = {toml_value(getattr(getattr(settings, section), key))}  # {about}{allowed}")
    lines += ["", "[keys]", *(f'"{action}" = "{key}"' for action, key in settings.keys.items())]
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """A setting's value as it stands in a TOML file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _file_entries(file: Path | None) -> Iterator[tuple[str, str, Any]]:
    if file is None or not file.exists():
        return
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{file}: can't be read as TOML: {error}") from None
    for section, table in document.items():
        if not isinstance(table, dict):
            raise ConfigError(f"{file}: '{section}' stands outside a section; allowed sections: {_sections()}")
        for key, value in table.items():
            yield section, key, value


def _sections() -> str:
    return ", ".join(f"[{each.name}]" for each in fields(Settings))


def _with(settings: Settings, section: str, key: str, value: Any, place: str) -> Settings:
    if section not in {each.name for each in fields(Settings)}:
        raise ConfigError(f"{place}: unknown section [{section}]; allowed: {_sections()}")
    if section == "keys":
        if not isinstance(value, str):
            raise ConfigError(f"{place}: [keys] {key} = {value!r} must be a key's name in quotes")
        return replace(settings, keys={**settings.keys, key: value})
    table = getattr(settings, section)
    entries = {each.name: each for each in fields(table)}
    if key not in entries:
        raise ConfigError(f"{place}: unknown key '{key}' in [{section}]; allowed: {', '.join(entries)}")
    where = f"{place}: [{section}] {key} = {value!r}"
    checked = _checked(value, get_type_hints(type(table))[key], entries[key].metadata, where)
    return replace(settings, **{section: replace(table, **{key: checked})})


def _checked(value: Any, wanted: type, metadata: Mapping[str, Any], where: str) -> Any:
    if wanted == tuple[str, ...]:
        if not isinstance(value, list):
            raise ConfigError(f'{where} must be a list such as ["{metadata["words"][0]}"]')
        return tuple(_checked(each, str, metadata, where) for each in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        names = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
        raise ConfigError(f"{where} must be {names[wanted]}")
    if metadata["words"] and value not in metadata["words"]:
        raise ConfigError(f"{where} must be one of: {', '.join(metadata['words'])}")
    least = metadata["least"]
    if least is not None and not value >= least:
        raise ConfigError(f"{where} must be at least {least:g}")
    most = metadata["most"]
    if most is not None and value > most:
        raise ConfigError(f"{where} must be at most {most:g}")
    try:
        metadata["check"](value)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    return value


def _number_from_text(section: str, key: str, text: str) -> Any:
    wanted = get_type_hints(type(getattr(Settings(), section)))[key]
    try:
        return wanted(text)
    except ValueError:
        return text
