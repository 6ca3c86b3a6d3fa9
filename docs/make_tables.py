"""Writes the README's tables from the tables in the code: ``python docs/make_tables.py``. A test keeps them equal."""

import inspect
import re
from pathlib import Path

from ibtui.cli import main
from ibtui.config import reference, toml_value
from ibtui.sim.control import VERBS
from ibtui.ui.commands import COMMANDS
from ibtui.ui.keymap import markdown

README = Path(__file__).resolve().parents[1] / "README.md"


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def line_commands() -> str:
    """What ``:`` takes."""
    return table(("command", "does"), [(f"`:{each.usage}`", each.about) for each in COMMANDS.values()])


def commands() -> str:
    """The shell's commands."""
    rows = []
    for name, command in sorted(main.commands.items()):
        children = getattr(command, "commands", {})
        for child in sorted(children) or [""]:
            one = children[child] if child else command
            words = " ".join(each.make_metavar(None) for each in one.params if each.param_type_name == "argument")
            rows.append((f"`ibtui {' '.join(filter(None, (name, child, words)))}`", one.get_short_help_str(200)))
    return table(("command", "does"), rows)


def verbs() -> str:
    """The simulated gateway's control verbs."""
    rows = []
    for name, verb in VERBS.items():
        keys = [f"{key}=" for key in list(inspect.signature(verb).parameters)[1:]]
        about = " ".join((inspect.getdoc(verb) or "").split()).replace("``", "`")
        rows.append((f"`{' '.join([name, *keys])}`", about))
    return table(("verb", "does"), rows)


def settings() -> str:
    """Every setting."""
    rows = [
        (f"`[{section}] {key}`", f"`{toml_value(default)}`", about + (f" One of: {', '.join(words)}." if words else ""))
        for section, key, default, about, words in reference()
    ]
    return table(("setting", "default", "means"), rows)


def rewritten(text: str) -> str:
    """The README with its tables made anew."""
    parts = {
        "keys": markdown(),
        "line commands": line_commands(),
        "commands": commands(),
        "verbs": verbs(),
        "settings": settings(),
    }
    for name, part in parts.items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = block.sub(lambda found, part=part: found[1] + part + found[2], text)
    return text


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
