"""How a message is described: one description encodes and decodes it at every server version.

A message is a tuple of items: a :class:`Field`, a :class:`Fixed` text, a :class:`Repeat` (a count, then that many
groups) or a :class:`When` (fields that are there only if an earlier one says so). Values travel as plain dicts by field
name; a repeated group is a list of dicts.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ibtui.sim.wire import frame, frame_of

Values = dict[str, Any]

UNSET = sys.float_info.max
"""IB's number for "not set"."""
UNSET_TEXT = "1.7976931348623157E308"
UNSET_INT = 2**31 - 1
ALWAYS = 10_000


class FieldError(ValueError):
    """A message's fields do not fit its description."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of field: how it is written, how it is read, and a ``%`` format that writes it when it is known.

    Attributes:
        empty: What is written for None.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    percent: str
    empty: str = ""

    def text(self, value: Any) -> str:
        """The value as it stands on the wire."""
        return self.empty if value is None else self.write(value)

    def value(self, text: str) -> Any:
        """The wire's text as a value; None where it is the kind's empty text or nothing at all."""
        return None if text in ("", self.empty) else self.read(text)


def _read_number(text: str) -> float | None:
    value = float(text)
    return None if value == UNSET else value


def _read_flag(text: str) -> bool:
    return text.lower() in ("1", "true")


TEXT = Kind(str, str, "%s")
INT = Kind(lambda value: str(int(value)), int, "%d")
NUMBER = Kind(lambda value: f"{value:.12g}", _read_number, "%.12g")
SET_NUMBER = Kind(lambda value: f"{value:.12g}", _read_number, "%.12g", UNSET_TEXT)
"""A number whose absence is written as IB's huge value."""
SET_INT = Kind(lambda value: str(int(value)), int, "%d", str(UNSET_INT))
"""An integer whose absence is written as IB's 2**31 - 1."""
FLAG = Kind(lambda value: "1" if value else "0", _read_flag, "%d")


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        since: First server version that has it.
        before: First server version that no longer has it.
        default: What is written when no value is given.
    """

    name: str
    kind: Kind = TEXT
    since: int = 0
    before: int = ALWAYS
    default: Any = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """A field that always holds the same text, such as a message's own version; read, it may hold anything."""

    text: str
    since: int = 0
    before: int = ALWAYS


@dataclass(frozen=True, slots=True)
class Repeat:
    """A count and that many groups of items, kept as a list of dicts."""

    name: str
    items: "tuple[Item, ...]"
    since: int = 0
    before: int = ALWAYS


@dataclass(frozen=True, slots=True)
class When:
    """Items that are there only where the values read or given so far pass the test."""

    test: Callable[[Mapping[str, Any]], bool]
    items: "tuple[Item, ...]"
    since: int = 0
    before: int = ALWAYS


Item = Field | Fixed | Repeat | When


class Message:
    """One message of the protocol, known by its number."""

    def __init__(self, number: int, name: str, *items: Item) -> None:
        self.number = number
        self.name = name
        self.items = items
        self._layouts: dict[int, tuple[Item, ...]] = {}

    def __repr__(self) -> str:
        return f"<Message {self.number} {self.name}>"

    def layout(self, version: int) -> tuple[Item, ...]:
        """The items that the message has at a server version."""
        layout = self._layouts.get(version)
        if layout is None:
            layout = self._layouts[version] = tuple(_at(version, self.items))
        return layout

    def fields(self, version: int, values: Mapping[str, Any]) -> list[str]:
        """The message as text fields, its number first."""
        return [str(self.number), *_write(self.layout(version), values)]

    def encode(self, version: int, values: Mapping[str, Any]) -> bytes:
        """The message as a frame."""
        return frame_of(self.fields(version, values))

    def decode(self, version: int, fields: Sequence[str], exact: bool = True) -> Values:
        """Reads text fields, the message's number first.

        Fields left over are an error where ``exact``, else ignored: newer clients may send more than we know.

        Raises:
            FieldError: Too few or too many fields, or one that can't be read.
        """
        reader = _Reader(fields)
        reader.next()
        values = _read(self.layout(version), reader)
        if exact and reader.left:
            raise FieldError(f"{self.name}: {reader.left} fields too many")
        return values

    def kinds(self) -> dict[str, Kind]:
        """The kind of every field, at whatever version it has it; those of repeated groups aside."""
        return dict(_kinds(self.items))

    def template(self, version: int, **known: Any) -> Callable[[tuple[Any, ...]], bytes]:
        """A fast encoder for a message of plain fields: one ``%`` format, filled from a tuple of values.

        The tuple holds a value for each named field, in order; none may be None. ``known`` are values of the fields
        that conditions ask for.
        """
        pattern = "\0".join([str(self.number), *_percents(self.layout(version), known)]) + "\0"
        if TEXT.percent in pattern:
            return lambda values: frame((pattern % values).encode())
        encoded = pattern.encode()
        return lambda values: frame(encoded % values)


def _kinds(items: "tuple[Item, ...]") -> Iterator[tuple[str, Kind]]:
    for item in items:
        if isinstance(item, Field):
            yield item.name, item.kind
        elif isinstance(item, When):
            yield from _kinds(item.items)


def _percents(items: "tuple[Item, ...]", known: Values) -> Iterator[str]:
    for item in items:
        if isinstance(item, Fixed):
            yield item.text.replace("%", "%%")
        elif isinstance(item, Field):
            yield item.kind.percent
        elif isinstance(item, Repeat):
            raise TypeError(f"'{item.name}' repeats: a template can't hold it")
        elif item.test(known):
            yield from _percents(item.items, known)


def _at(version: int, items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        if not item.since <= version < item.before:
            continue
        if isinstance(item, Repeat):
            yield Repeat(item.name, tuple(_at(version, item.items)))
        elif isinstance(item, When):
            yield When(item.test, tuple(_at(version, item.items)))
        else:
            yield item


def _write(items: tuple[Item, ...], values: Mapping[str, Any], written: Values | None = None) -> Iterator[str]:
    # A condition may ask for a field that was left to its default: it sees what was written, not what was given.
    written = {} if written is None else written
    for item in items:
        if isinstance(item, Field):
            value = written[item.name] = values.get(item.name, item.default)
            yield item.kind.text(value)
        elif isinstance(item, Fixed):
            yield item.text
        elif isinstance(item, Repeat):
            groups = values.get(item.name) or ()
            yield str(len(groups))
            for group in groups:
                yield from _write(item.items, group)
        elif item.test(written):
            yield from _write(item.items, values, written)


class _Reader:
    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._fields) - self._at

    def next(self) -> str:
        if self._at == len(self._fields):
            raise FieldError("too few fields")
        text = self._fields[self._at]
        self._at += 1
        return text


def _read(items: tuple[Item, ...], reader: _Reader, values: Values | None = None) -> Values:
    values = {} if values is None else values
    for item in items:
        if isinstance(item, Field):
            values[item.name] = _read_as(item.kind, item.name, reader.next())
        elif isinstance(item, Fixed):
            reader.next()
        elif isinstance(item, Repeat):
            count = _read_as(INT, item.name, reader.next()) or 0
            if not 0 <= count <= reader.left:
                raise FieldError(f"{item.name}: {count} groups do not fit what follows")
            values[item.name] = [_read(item.items, reader) for _ in range(count)]
        elif item.test(values):
            _read(item.items, reader, values)
    return values


def _read_as(kind: Kind, name: str, text: str) -> Any:
    try:
        return kind.value(text)
    except ValueError:
        raise FieldError(f"{name}: {text[:40]!r} can't be read") from None
