"""What a bug report needs, in one file: logs, settings, status, sizes and versions. No account, address or secret."""

import json
import os
import platform
import re
import sqlite3
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from ibtui import __version__
from ibtui.config import Settings

LIBRARIES = ("textual", "rich", "ib_insync", "eventkit", "click", "numpy", "sqlite-utils", "platformdirs")
ENVIRONMENT = ("TERM", "COLORTERM", "LANG", "LC_ALL", "TMUX", "STY", "SSH_CONNECTION", "NO_COLOR")
HIDDEN = {("gateway", "account"), ("gateway", "host"), ("alerts", "command"), ("health", "listen")}
"""Settings of which only whether they are set is told."""

_ACCOUNT = re.compile(r"\b(D?[UFI])[A-Z]{0,4}\d{2,}\b")


_ADDRESS = re.compile(r"\b(?!127\.)\d{1,3}(?:\.\d{1,3}){3}\b")


def masked(text: str, host: str = "") -> str:
    """The text without account ids (``DU***``), addresses and the gateway's host, unless that is this machine."""
    if host and host not in ("127.0.0.1", "localhost", "::1"):
        text = text.replace(host, "(host)")
    return _ADDRESS.sub("(address)", _ACCOUNT.sub(r"\1***", text))


def settings_shown(settings: Settings) -> dict[str, Any]:
    """The settings in effect, those that may hold a secret or an address hidden."""
    return {
        section: {
            key: ("(set)" if value else "(empty)") if (section, key) in HIDDEN else value
            for key, value in values.items()
        }
        for section, values in asdict(settings).items()
    }


def versions(environment: Mapping[str, str]) -> dict[str, Any]:
    """Program, Python, libraries, system, terminal; of what names machines only whether it is set."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    told = {name: environment[name] for name in ENVIRONMENT if name in environment}
    terminal = {name: "(set)" if name in ("TMUX", "STY", "SSH_CONNECTION") else value for name, value in told.items()}
    return {
        "ibtui": __version__,
        "python": sys.version,
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": found,
        "terminal": terminal,
    }


def write_bundle(output: Path, directory: Path, documents: Mapping[str, Any], host: str) -> list[str]:
    """Writes the zip, for its owner alone; returns the names of what is in it. Blocking.

    Args:
        output: The file; must not exist.
        directory: The data directory, whose logs are taken.
        documents: Name to what JSON has.
        host: The gateway's, which is masked.

    Raises:
        OSError: It can't be written, or exists.
    """
    with (
        os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        for log in sorted(directory.glob("ibtui.log*")):
            bundle.writestr(log.name, masked(log.read_text(encoding="utf-8", errors="replace"), host))
        for name, document in documents.items():
            bundle.writestr(f"{name}.json", masked(json.dumps(document, indent=2, default=str), host))
        return bundle.namelist()
