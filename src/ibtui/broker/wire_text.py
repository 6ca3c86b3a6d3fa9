"""Texts that come off the wire: whatever they hold, they may not steer the terminal."""


def clean(text: str) -> str:
    """The text without control, escape and direction-changing characters; line ends and odd spaces become spaces."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " if each.isspace() else "" for each in text)


def clean_fields(fields: list[str]) -> list[str]:
    """The fields of one frame, each :func:`clean`; the same list when nothing had to go."""
    if all(map(str.isprintable, fields)):
        return fields
    return [clean(each) for each in fields]


def text_of(wire: bytes) -> str:
    """The text of bytes off the wire; what is no UTF-8 stands as an escape, as with the library."""
    return wire.decode(errors="backslashreplace")
