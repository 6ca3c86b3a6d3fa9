"""Where the style sheets are: in the wheel as ``ibtui/styles``, in a source tree beside ``src``."""

from importlib import resources
from pathlib import Path

from ibtui.errors import EnvironmentUnfitError


def style_sheet(name: str) -> Path:
    """The path of one style sheet.

    Args:
        name: Its name without the ending, such as ``theme``.

    Raises:
        EnvironmentUnfitError: The installation is incomplete.
    """
    file = f"{name}.tcss"
    installed = Path(str(resources.files("ibtui"))) / "styles" / file
    source = Path(__file__).resolve().parents[3] / "styles" / file
    for path in (installed, source):
        if path.is_file():
            return path
    raise EnvironmentUnfitError(f"The style sheet {file} is missing from this installation; install ibtui again")
