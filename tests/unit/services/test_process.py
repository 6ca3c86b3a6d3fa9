import sys
from pathlib import Path

import pytest

from ibtui.services.process import process_use


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell")
def test_memory_and_open_files_are_counted_as_they_grow(tmp_path):
    before = process_use()
    assert before.memory_bytes is not None
    assert before.files is not None
    ballast = b"x" * 30_000_000
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        after = process_use()
    assert after.files == before.files + 2
    assert after.memory_bytes is not None
    assert after.memory_bytes - before.memory_bytes > sys.getsizeof(ballast) / 2


def test_a_system_without_proc_tells_the_highest_memory_ever_and_no_files(monkeypatch):
    def missing(_path):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    use = process_use()
    assert use.memory_bytes
    assert use.memory_bytes > 1_000_000
    assert use.files is None
