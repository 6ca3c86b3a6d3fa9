"""Rows stored by the hundred are the rows that were given, one by one."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.storage import bulk
from ibtui.storage.bulk import ROWS, Bulk, store
from ibtui.storage.data_lane import BULK

PRINTS = BULK["prints"]
TABLE = "CREATE TABLE kept (a INTEGER NOT NULL, b INTEGER, c REAL, d TEXT, PRIMARY KEY (a)) STRICT, WITHOUT ROWID"
KEPT = Bulk("INSERT INTO kept", 5, 4, nullable=(1, 2), names=())


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(TABLE)
    yield connection
    connection.close()


@pytest.mark.parametrize("count", [0, 1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 7])
def test_any_number_of_rows_is_stored_with_what_is_unknown_as_null(connection: sqlite3.Connection, count: int) -> None:
    rows = [(n, n if n % 3 else None, n / 4 if n % 2 else None, "x", "not stored") for n in range(count)]
    store(connection, KEPT, KEPT.values(rows, {}))
    stored = connection.execute("SELECT a, b, c, d, typeof(b), typeof(c) FROM kept ORDER BY a").fetchall()
    assert [row[:4] for row in stored] == [row[:4] for row in rows]
    assert {row[4] for row in stored if row[1] is None} <= {"null"}
    assert {row[5] for row in stored if row[2] is None} <= {"null"}


def test_what_may_not_be_unknown_still_may_not(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store(connection, KEPT, [bulk.NULL, 1, 1.0, "x"])


@given(
    st.lists(
        st.tuples(
            *[st.integers(0, 9)] * 3,
            st.none() | st.integers(0, 9),
            st.floats(0, 9) | st.none(),
            st.none() | st.floats(0, 9),
            st.sampled_from(["NYSE", "ARCA"]),
            st.sampled_from(["", "TI"]) | st.none(),
            *[st.none() | st.integers(-1, 2)] * 5,
        ),
        max_size=5,
    )
)
def test_texts_become_their_ids_and_what_is_not_stored_goes(rows: list[tuple[Any, ...]]) -> None:
    ids = {text: number for number, text in enumerate(sorted(PRINTS.texts(rows)), 1)}
    values = [None if value != value else value for value in PRINTS.values(rows, ids)]
    assert values == [
        value for row in rows for value in (*row[:6], ids[row[6]], None if row[7] is None else ids[row[7]], *row[8:12])
    ]


def test_a_row_of_another_length_is_refused_before_it_shifts_the_others() -> None:
    with pytest.raises(ValueError, match="10 fields"):
        BULK["depth"].values([(1,) * 10, (1,) * 9], {})
