import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from ibtui.clock import NS
from ibtui.errors import JournalError, NewerDatabaseError, StorageError
from ibtui.storage import statement_lane
from ibtui.storage.backlog import ShedLimits
from ibtui.storage.files import DataDirectory, open_directory, utc_day
from ibtui.storage.writer import Writer

from .conftest import HandClock, running, until

ALERT = "INSERT INTO alerts (run_id, ts_ns, kind, text, count) VALUES (1, ?, 'test', ?, 1)"


def read(path: Path, sql: str) -> list[tuple]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def alerts(directory: DataDirectory) -> list[str]:
    return [text for (text,) in read(directory.journal, "SELECT text FROM alerts ORDER BY id")]


def ticks(count: int, ts_ns: int, start: int = 0, con_id: int = 1) -> list[tuple]:
    return [(con_id, ts_ns, start + i, 1, 100.0 + i, 5.0) for i in range(count)]


async def test_what_was_awaited_is_on_disk(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.durable((ALERT, [(1, "one")]), (ALERT, [(2, "two"), (3, "three")]))
        assert alerts(directory) == ["one", "two", "three"]


async def test_a_gap_in_market_data_is_kept_with_its_reason(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        writer.add_gap("tape SPY", "a bust ended it", 5, 9)
        await writer.durable()
    kept = read(directory.journal, "SELECT lane, reason, from_ns, to_ns, rows FROM drops")
    assert kept == [("tape SPY", "a bust ended it", 5, 9, 0)]


async def test_the_journal_keeps_the_order_of_asking(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        for number in range(0, 100, 2):
            writer.durable_soon((ALERT, [(number, str(number))]))
            await writer.durable((ALERT, [(number + 1, str(number + 1))]))
    assert alerts(directory) == [str(number) for number in range(100)]


async def test_a_bad_statement_fails_alone_and_leaves_nothing_of_itself(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        writer.durable_soon((ALERT, [(1, "before")]))
        bad = asyncio.ensure_future(writer.durable((ALERT, [(2, "half")]), (ALERT, [(2**63, "too large")])))
        good = asyncio.ensure_future(writer.durable((ALERT, [(3, "after")])))
        with pytest.raises(JournalError, match="too large"):
            await bad
        await good
        assert writer.status.problem is None
    assert alerts(directory) == ["before", "after"]


async def test_a_bad_statement_that_nobody_awaits_goes_to_quarantine(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        writer.durable_soon((ALERT, [(1, None)]))
        await writer.durable((ALERT, [(2, "fine")]))
    assert alerts(directory) == ["fine"]
    assert "NOT NULL" in (directory.path / "quarantine.jsonl").read_text()
    assert (directory.path / "quarantine.jsonl").stat().st_mode & 0o777 == 0o600
    (drop,) = read(directory.journal, "SELECT lane, rows, reason FROM drops")
    assert drop[:2] == ("ibtui-journal", 1)


async def test_another_programs_lock_is_waited_for(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.durable((ALERT, [(1, "first")]))
        other = sqlite3.connect(directory.journal, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(writer.durable((ALERT, [(2, "second")])))
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
        other.execute("ROLLBACK")
        await waiting
        other.close()
    assert alerts(directory) == ["first", "second"]


async def test_a_lock_held_too_long_refuses_orders_and_loses_no_event(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.durable((ALERT, [(1, "first")]))
        other = sqlite3.connect(directory.journal, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writer.durable_soon((ALERT, [(2, "an event")]))
        with pytest.raises(JournalError, match=r"journal\.db is locked by another program"):
            await writer.durable((ALERT, [(3, "an order")]))
        assert "locked" in (writer.status.journal_problem or "")
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: writer.status.journal_problem is None and writer.status.queued == 0)
    assert alerts(directory) == ["first", "an event"]


async def test_behind_too_many_events_no_order_is_promised_and_every_event_is_kept(
    directory: DataDirectory, hand: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_lane, "ALARM", 3)
    async with running(directory, hand.clock) as writer:
        for number in range(3):  # none is written before this turn of the loop ends
            writer.durable_soon((ALERT, [(number, str(number))]))
        with pytest.raises(JournalError, match="3 writes behind"):
            await writer.durable((ALERT, [(9, "an order")]))
        await until(lambda: writer.status.queued == 0)
        await writer.durable((ALERT, [(10, "another order")]))
    assert alerts(directory) == ["0", "1", "2", "another order"]


async def test_a_full_disk_refuses_orders_keeps_events_and_recovers_by_itself(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.durable((ALERT, [(1, "first")]))
        connection = writer._orders._database.connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalError, match="disk is full; free some space"):
            await writer.durable((ALERT, [(2, "x" * 100_000)]))
        writer.durable_soon((ALERT, [(3, "y" * 100_000)]))
        with pytest.raises(JournalError, match="disk is full"):
            await writer.durable((ALERT, [(4, "z" * 100_000)]))
        connection.execute("PRAGMA max_page_count = 1000000")
        await until(lambda: writer.status.queued == 0)
        assert writer.status.problem is None
        await writer.durable((ALERT, [(5, "last")]))
    assert [text[0] for text in alerts(directory)] == ["f", "y", "l"]


async def test_a_journal_deleted_under_us_refuses_orders(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.durable((ALERT, [(1, "first")]))
        directory.journal.rename(directory.path / "moved.db")
        with pytest.raises(JournalError, match="moved or deleted; restart"):
            await writer.durable((ALERT, [(2, "second")]))
        (directory.path / "moved.db").rename(directory.journal)
        await writer.durable((ALERT, [(3, "third")]))
    assert alerts(directory) == ["first", "third"]


async def test_who_stops_waiting_neither_breaks_nor_repeats_the_write(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        impatient = asyncio.ensure_future(writer.durable((ALERT, [(1, "impatient")])))
        await asyncio.sleep(0)
        impatient.cancel()
        await writer.durable((ALERT, [(2, "patient")]))
    assert alerts(directory).count("impatient") <= 1
    assert alerts(directory)[-1] == "patient"


async def test_a_cancelled_task_writes_nothing_twice_and_loses_nothing(
    directory: DataDirectory, hand: HandClock
) -> None:
    writer = Writer(directory, hand.clock)
    writer.open()
    task = asyncio.create_task(writer.run())
    for number in range(20):
        writer.add(hand.batch(ticks=ticks(5_000, hand.now_ns, start=number * 5_000)))
        writer.durable_soon((ALERT, [(number, str(number))]))
    await until(lambda: writer._data.in_flight)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await writer.close()
    assert writer.status.written == 100_000
    path = directory.market_data(utc_day(hand.now_ns))
    assert read(path, "SELECT count(*), count(DISTINCT seq) FROM ticks") == [(100_000, 100_000)]
    assert alerts(directory) == [str(number) for number in range(20)]
    assert read(directory.journal, "SELECT count(*) FROM drops") == [(0,)]


async def test_closing_writes_all_that_was_queued_and_says_the_run_was_clean(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock, client_id=10) as writer:
        writer.add(hand.batch(ticks=ticks(2_500, hand.now_ns)))
        writer.durable_soon((ALERT, [(1, "queued")]))
        writer.history_soon(("INSERT INTO metrics VALUES ('lag', 1, 2.0)", [()]))
        hand.now_ns += 7
    # The logs are folded in, so that a copy of the file alone is complete.
    assert not list(directory.path.rglob("*-wal"))
    assert read(directory.market_data(utc_day(hand.now_ns)), "SELECT count(*) FROM ticks") == [(2_500,)]
    assert alerts(directory) == ["queued"]
    assert read(directory.history, "SELECT value FROM metrics") == [(2.0,)]
    ended = read(directory.journal, "SELECT ended_ns - started_ns, clean, client_id FROM runs")
    assert ended == [(7, 1, 10)]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ibtui-")]


async def test_a_writer_that_never_ran_still_drains_on_close(directory: DataDirectory, hand: HandClock) -> None:
    writer = Writer(directory, hand.clock)
    writer.open()
    writer.add(hand.batch(ticks=ticks(10, hand.now_ns)))
    await writer.close(clean=False)
    await writer.close()
    assert read(directory.journal, "SELECT clean FROM runs") == [(0,)]
    assert writer.status.written == 10


async def test_after_closing_nothing_is_taken(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        pass
    writer.add(hand.batch(ticks=ticks(3, hand.now_ns)))
    writer.durable_soon((ALERT, [(1, "late")]))
    with pytest.raises(JournalError, match="closed"):
        await writer.durable((ALERT, [(1, "late")]))
    assert alerts(directory) == []
    assert writer.status.shed == 3


async def test_one_poisoned_row_costs_only_itself(directory: DataDirectory, hand: HandClock) -> None:
    rows = ticks(2_500, hand.now_ns)
    rows[777] = (1, hand.now_ns, 2**63, 1, 1.0, 1.0)
    rows[1_500] = (1, hand.now_ns, 1_500, None, 1.0, 1.0)
    async with running(directory, hand.clock) as writer:
        writer.add(hand.batch(ticks=rows))
        await until(lambda: writer.status.written == 2_498)
    assert read(directory.market_data(utc_day(hand.now_ns)), "SELECT count(*) FROM ticks") == [(2_498,)]
    assert len((directory.path / "quarantine.jsonl").read_text().splitlines()) == 2
    drops = read(directory.journal, "SELECT lane, rows FROM drops")
    assert drops == [("ticks", 1), ("ticks", 1)]
    assert writer.status.written + writer.status.shed == 2_500


async def test_nan_is_unknown(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        writer.add(hand.batch(ticks=[(1, hand.now_ns, 1, 1, float("nan"), None)]))
    assert read(directory.market_data(utc_day(hand.now_ns)), "SELECT price, size FROM ticks") == [(None, None)]


async def test_venues_conditions_and_makers_are_kept_once_and_read_as_text(
    directory: DataDirectory, hand: HandClock
) -> None:
    prints = [(1, hand.now_ns, seq, None, 10.0, 1.0, venue, "", 1, 1, 1, 0, 0) for seq, venue in enumerate("NQNQP")]
    depth = [(1, hand.now_ns, 9, 0, 0, 0, 10.0, 1.0, "NSDQ", 13)]
    async with running(directory, hand.clock) as writer:
        writer.add(hand.batch(prints=prints, depth=depth))
    path = directory.market_data(utc_day(hand.now_ns))
    assert read(path, "SELECT venue, conditions FROM prints_text ORDER BY seq") == [(each, "") for each in "NQNQP"]
    assert read(path, "SELECT maker FROM depth_text") == [("NSDQ",)]
    assert read(path, "SELECT typeof(venue) FROM prints LIMIT 1") == [("integer",)]
    assert sorted(text for (text,) in read(path, "SELECT text FROM names")) == ["", "N", "NSDQ", "P", "Q"]


async def test_a_new_utc_day_opens_a_file_with_the_last_value_of_each_kind(
    directory: DataDirectory, hand: HandClock
) -> None:
    def books(con_id, ts_ns):
        return [(7, ts_ns, 500, 0, 3, 0, None, None, "", 12), (7, ts_ns, 501, 1, 0, 0, 9.0, 1.0, "ARCA", 12)]

    hand.now_ns += 12 * 3600 * NS - 1
    yesterday = directory.market_data(utc_day(hand.now_ns))
    today = directory.market_data(utc_day(hand.now_ns + 1))
    async with running(directory, hand.clock, books=books) as writer:
        writer.add_clock(123, 1.0)
        writer.add(hand.batch(ticks=[(7, hand.now_ns, 1, 1, 1.5, 10.0), (7, hand.now_ns, 2, 1, 1.6, 20.0)]))
        writer.add(hand.batch(ticks=[(7, hand.now_ns, 3, 9, 1.4, None), (8, hand.now_ns, 4, 1, 88.0, 1.0)]))
        await until(lambda: writer.status.written == 4)
        hand.now_ns += 1
        writer.add(
            hand.batch(
                ticks=[(7, hand.now_ns, 5, 1, 1.7, 30.0)], depth=[(7, hand.now_ns, 6, 1, 1, 0, 9.0, 1.0, "", 12)]
            )
        )
        await until(lambda: writer.status.written == 8)
    assert read(yesterday, "SELECT count(*) FROM ticks") == [(4,)]
    midnight = hand.now_ns
    assert read(today, "SELECT con_id, ts_ns, seq, kind, price FROM ticks ORDER BY con_id, seq") == [
        (7, midnight, 2, 1, 1.6),
        (7, midnight, 3, 9, 1.4),
        (7, midnight, 5, 1, 1.7),
        (8, midnight, 4, 1, 88.0),
    ]
    assert read(today, "SELECT seq, op FROM depth ORDER BY seq") == [(6, 1), (500, 3), (501, 0)]
    assert read(today, "SELECT market_ns FROM clock") == [(123,)]


async def test_a_clock_set_back_over_midnight_carries_nothing_back(directory: DataDirectory, hand: HandClock) -> None:
    hand.now_ns += 12 * 3600 * NS
    today = directory.market_data(utc_day(hand.now_ns))
    async with running(directory, hand.clock) as writer:
        for seq, step in enumerate((0, -NS, 2 * NS)):
            hand.now_ns += step
            writer.add(hand.batch(ticks=[(1, hand.now_ns, seq, 1, 1.0 + seq, 1.0)]))
        await until(lambda: writer.status.written == 3)
    yesterday = directory.market_data(utc_day(hand.now_ns - 3600 * NS))
    assert read(yesterday, "SELECT seq FROM ticks") == [(1,)]
    assert read(today, "SELECT seq FROM ticks ORDER BY seq") == [(0,), (1,), (2,)]


async def test_a_new_day_lets_old_files_go(directory: DataDirectory, hand: HandClock) -> None:
    for days in range(1, 5):
        directory.market_data(utc_day(hand.now_ns - days * 86_400 * NS)).touch()
    async with running(directory, hand.clock, keep_days=3) as writer:
        assert len(directory.market_data_days()) == 3
        hand.now_ns += 86_400 * NS
        writer.add(hand.batch(ticks=ticks(1, hand.now_ns)))
        await until(lambda: writer.status.written == 1)
        assert len(directory.market_data_days()) == 3


async def test_what_a_slow_disk_costs_is_counted_shown_and_kept(directory: DataDirectory, hand: HandClock) -> None:
    limits = ShedLimits(depth=2_000, ticks=3_000, prints=4_000, resume=500)
    added = 0
    async with running(directory, hand.clock, limits=limits) as writer:
        path = directory.market_data(utc_day(hand.now_ns))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for number in range(60):
            hand.now_ns += 1
            rows = ticks(100, hand.now_ns, start=number * 1_000)
            depth = [(number % 3, hand.now_ns, number * 1_000 + 500 + i, 0, 0, 0, 1.0, 1.0, "", 12) for i in range(50)]
            writer.add(hand.batch(ticks=rows, depth=depth))
            added += 150
        assert writer.status.shed > 0
        assert writer.status.queued <= 4_000
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: writer.status.queued == 0)
        await until(lambda: read(directory.journal, "SELECT count(*) FROM drops") != [(0,)])
    stored = sum(read(path, f"SELECT count(*) FROM {table}")[0][0] for table in ("ticks", "depth"))
    lost = dict(read(directory.journal, "SELECT lane, sum(rows) FROM drops GROUP BY lane"))
    assert set(lost) == {"depth", "ticks"}
    assert added == stored + sum(lost.values())
    assert (writer.status.written, writer.status.shed) == (stored, sum(lost.values()))


async def test_a_damaged_market_file_is_set_aside_and_the_day_goes_on(
    directory: DataDirectory, hand: HandClock
) -> None:
    path = directory.market_data(utc_day(hand.now_ns))
    path.write_bytes(b"not a database, but long enough to look like one " * 100)
    directory.history.write_bytes(b"garbage " * 1_000)
    async with running(directory, hand.clock) as writer:
        assert len(writer.notices) == 2
        writer.add(hand.batch(ticks=ticks(1, hand.now_ns)))
    assert read(path, "SELECT count(*) FROM ticks") == [(1,)]
    assert len(list(directory.path.rglob("*.corrupt.*"))) == 2


async def test_a_market_file_deleted_under_us_is_begun_anew(directory: DataDirectory, hand: HandClock) -> None:
    path = directory.market_data(utc_day(hand.now_ns))
    async with running(directory, hand.clock) as writer:
        writer.add(hand.batch(ticks=ticks(1, hand.now_ns)))
        await until(lambda: writer.status.written == 1)
        for file in path.parent.glob(path.name + "*"):
            file.unlink()
        writer.add(hand.batch(ticks=ticks(1, hand.now_ns, start=1)))
    assert read(path, "SELECT seq FROM ticks") == [(1,)]


def broken_once(database) -> None:
    """Makes the next commit find a damaged page, which no test can bring about from outside SQLite's cache."""

    def commit(statements) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    database.commit = commit


async def test_damage_found_while_writing_begins_market_data_and_history_anew_and_loses_no_row(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.history(("INSERT INTO metrics VALUES ('before', 1, 1.0)", [()]))
        broken_once(writer._data._database)
        broken_once(writer._history._database)
        writer.add(hand.batch(ticks=ticks(3, hand.now_ns)))
        await writer.history(("INSERT INTO metrics VALUES ('after', 1, 1.0)", [()]))
        await until(lambda: writer.status.written == 3)
    assert read(directory.market_data(utc_day(hand.now_ns)), "SELECT count(*) FROM ticks") == [(3,)]
    assert read(directory.history, "SELECT name FROM metrics") == [("after",)]
    (aside,) = directory.path.glob("history.db.corrupt.*")
    assert read(aside, "SELECT name FROM metrics") == [("before",)]


async def test_a_damaged_journal_refuses_orders_and_is_never_begun_anew(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.durable((ALERT, [(1, "first")]))
        database = writer._orders._database
        broken_once(database)
        with pytest.raises(JournalError, match=r"journal\.db is damaged"):
            await writer.durable((ALERT, [(2, "second")]))
        del database.commit
    assert alerts(directory) == ["first"]
    assert not list(directory.path.glob("*.corrupt.*"))


def test_a_garbage_journal_is_said_and_left_alone(directory: DataDirectory, hand: HandClock) -> None:
    directory.journal.write_bytes(b"garbage " * 1_000)
    with pytest.raises(StorageError, match=r"order journal .*journal\.db is not a database.*backup"):
        Writer(directory, hand.clock).open()
    assert directory.journal.read_bytes() == b"garbage " * 1_000


def test_a_newer_file_stops_the_start(directory: DataDirectory, hand: HandClock) -> None:
    connection = sqlite3.connect(directory.history)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerDatabaseError, match=r"history\.db"):
        Writer(directory, hand.clock).open()


def test_a_read_only_directory_has_no_writer(tmp_path: Path, hand: HandClock) -> None:
    with pytest.raises(StorageError, match="read-only"):
        Writer(open_directory(tmp_path, read_only=True), hand.clock).open()


async def test_history_waits_for_market_data_unless_somebody_waits_for_it(
    directory: DataDirectory, hand: HandClock
) -> None:
    metric = "INSERT INTO metrics VALUES (?, 1, 1.0)"
    async with running(directory, hand.clock, limits=ShedLimits(resume=10)) as writer:
        other = sqlite3.connect(directory.market_data(utc_day(hand.now_ns)), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writer.add(hand.batch(ticks=ticks(50, hand.now_ns)))
        writer.history_soon((metric, [("deferred",)]))
        await asyncio.sleep(0.3)
        assert read(directory.history, "SELECT count(*) FROM metrics") == [(0,)]
        await writer.history((metric, [("awaited",)]))
        assert read(directory.history, "SELECT count(*) FROM metrics") == [(2,)]
        other.execute("ROLLBACK")
        other.close()


async def test_the_lag_is_the_age_of_the_oldest_row_not_on_disk(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        assert writer.status.lag_s == 0.0
        writer.add(hand.batch(ticks=ticks(1, hand.now_ns)))
        await asyncio.sleep(0.05)
        assert 0.05 <= writer.status.lag_s < 5
        await until(lambda: writer.status.written == 1)
        await until(lambda: writer.status.lag_s == 0.0)


def test_before_it_is_open_nothing_is_queued_and_nothing_is_wrong(directory: DataDirectory, hand: HandClock) -> None:
    status = Writer(directory, hand.clock).status
    assert (status.queued, status.lag_s, status.problem) == (0, 0.0, None)


async def test_closing_a_writer_that_never_opened_does_nothing(directory: DataDirectory, hand: HandClock) -> None:
    await Writer(directory, hand.clock).close()
    assert not directory.journal.exists()
