"""Rows as files: CSV, JSON lines, or Parquet where its library is installed. One row or one batch in memory."""

import csv
import importlib
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import IO, Any

from ibtui.errors import EnvironmentUnfitError
from ibtui.storage.export import Field

Rows = Iterable[tuple[Any, ...]]

BATCH = 20_000
"""Rows of one group of a Parquet file."""


def write_csv(out: IO[bytes], fields: Sequence[Field], rows: Rows) -> int:
    """The columns' names, then a line a row; what is unknown is empty. Returns how many rows."""
    import io

    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([each.name for each in fields])
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    text.flush()
    text.detach()
    return count


def write_jsonl(out: IO[bytes], fields: Sequence[Field], rows: Rows) -> int:
    """One JSON object a line; what is unknown is null. Returns how many rows."""
    names = [each.name for each in fields]
    count = 0
    for row in rows:
        out.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False).encode() + b"\n")
        count += 1
    out.flush()
    return count


def write_parquet(out: IO[bytes], fields: Sequence[Field], rows: Rows) -> int:
    """A Parquet file with the columns' types. Returns how many rows.

    Raises:
        EnvironmentUnfitError: Its library is not installed.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise EnvironmentUnfitError(
            "Parquet needs pyarrow: pip install 'ibtui[parquet]', or export as csv or jsonl."
        ) from None
    kinds = {"INTEGER": arrow.int64(), "REAL": arrow.float64()}
    schema = arrow.schema([(each.name, kinds.get(each.kind, arrow.string())) for each in fields])
    count, left = 0, iter(rows)
    with parquet.ParquetWriter(out, schema) as writer:
        while batch := list(islice(left, BATCH)):
            columns = zip(*batch, strict=True)
            arrays = [arrow.array(column, type=kind) for column, kind in zip(columns, schema.types, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count


WRITERS: dict[str, Callable[[IO[bytes], Sequence[Field], Rows], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Every format there is."""
