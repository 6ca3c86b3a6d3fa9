import subprocess
import sys

PROGRAM = """
import asyncio, sys, threading
from ibtui.broker.library import load_library
assert "ib_insync" not in sys.modules

async def main():
    turns = 0
    loading = asyncio.ensure_future(load_library())
    while not loading.done():
        await asyncio.sleep(0)
        turns += 1
    await loading
    await load_library()
    from ib_insync import IB
    ib, heard = IB(), []
    ib.updateEvent += lambda: heard.append(threading.current_thread())
    ib.updateEvent.emit()
    assert heard == [threading.main_thread()]
    print(turns)

asyncio.run(main())
assert "nest_asyncio" not in sys.modules
"""


def test_the_library_is_imported_while_the_loop_turns_and_works_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", PROGRAM], capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
