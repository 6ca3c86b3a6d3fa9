"""``ibtui export``: what was asked for in words, read and written."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from ibtui.clock import NS
from ibtui.errors import EnvironmentUnfitError, UnknownSymbolError, UsageError
from ibtui.market.symbols import parse_symbol
from ibtui.services.table_files import WRITERS
from ibtui.storage import queries
from ibtui.storage.export import Export, Source
from ibtui.storage.files import DataDirectory


def export(
    directory: DataDirectory,
    table: str,
    *,
    form: str,
    output: Path | None,
    symbol: str | None,
    start: str | None,
    end: str | None,
) -> int:
    """Writes a table to a file, for its owner alone, or to standard output; returns how many rows.

    Raises:
        UsageError: Table, symbol or times are wrong.
        EnvironmentUnfitError: The file can't be written, or a library is missing.
        StorageError: The data files can't be read.
    """
    if output is None and form == "parquet":
        raise UsageError("Parquet is no text: name a file with -o")
    con_id = None if symbol is None else _con_id(directory, symbol)
    source = Source(directory, Export(table, con_id, _time("--start", start), _time("--end", end)))
    if output is None:
        return WRITERS[form](sys.stdout.buffer, source.fields, source.rows())
    partial = output.with_name(f"{output.name}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as out:
                count = WRITERS[form](out, source.fields, source.rows())
            partial.replace(output)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentUnfitError(f"{output} can't be written: {error.strerror}.") from None
    return count


def _con_id(directory: DataDirectory, text: str) -> int:
    wanted = parse_symbol(text)
    number = wanted.candidates[0].con_id
    if number:
        return number
    found = queries.contract_by_text(directory, wanted.text)
    if found is None:
        raise UnknownSymbolError(f"'{text}' was never looked up here; `ibtui symbols` lists what was")
    return found.con_id


def _time(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} '{text}' is no time; write 2026-11-20 or 2026-11-20T14:30, in UTC") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000) * (NS // 1_000_000)
