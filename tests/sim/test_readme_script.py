"""The README's script, as somebody who tries the simulated gateway for the first time runs it."""

import asyncio
import re
import sys
from pathlib import Path

from tests.sim.protocol_rig import gateway

README = Path(__file__).parents[2] / "README.md"


async def test_the_readme_s_script_buys_and_tells_what_it_paid() -> None:
    found = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    async with gateway() as server:
        script = found[1].replace("4002", str(server.port))
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
        told, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert re.fullmatch(rb"Filled \d+\.\d+ \[(0\.0, )*1\.0(, 0\.0)*\]\n", told), told
