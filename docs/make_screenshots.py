"""Makes ``docs/screenshots/*.svg`` from the running program: ``python docs/make_screenshots.py``.

Opens the demo on a terminal of its own in a data directory of its own, trades a little, and asks it for each screen by
``ibtui snapshot --svg``.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

from ibtui.ui.app import SCREENS

FOLDER = Path(__file__).resolve().parent / "screenshots"
SIZE = (40, 140)
IBTUI = (sys.executable, "-m", "ibtui")

STEPS: tuple[tuple[str, float], ...] = (
    (":backfill XLK 1m\r", 4.0),
    (":buy XLK 100\r", 1.5),
    ("\r", 2.0),
    (":sell XLK 50\r", 1.5),
    ("\r", 2.0),
    ("\x1b", 1.0),
)
"""What is typed before the pictures, and how long it may take."""


def drain(terminal: int) -> None:
    """Reads what the program draws, as a terminal does, and answers its probes."""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return
        for _ in range(data.count(b"\x1b[6n")):
            os.write(terminal, b"\x1b[1;1R")


def snapshot(screen: str, directory: str, form: str) -> str:
    """One screen of the running program."""
    command = [*IBTUI, "snapshot", screen, f"--{form}", "--data-dir", directory]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Opens, types, takes the pictures, quits."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        for name in ("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR"):
            environment.pop(name, None)
        command = [*IBTUI, "--demo", "--data-dir", directory]
        program = subprocess.Popen(command, stdin=far, stdout=far, stderr=far, env=environment, start_new_session=True)
        threading.Thread(target=drain, args=(near,), daemon=True).start()
        try:
            time.sleep(8)
            for keys, seconds in STEPS:
                for key in keys:
                    os.write(near, key.encode())
                    time.sleep(0.02)
                time.sleep(seconds)
            for digit, name in enumerate(SCREENS, 1):
                os.write(near, str(digit % 10).encode())
                time.sleep(8 if name in ("depth", "tape") else 3)
                drawn = "\n".join(line.rstrip() for line in snapshot(name, directory, "svg").splitlines())
                (FOLDER / f"{name}.svg").write_text(drawn.strip() + "\n", encoding="utf-8")
                sys.stdout.write(snapshot(name, directory, "text"))
        finally:
            program.terminate()
            program.wait(30)


if __name__ == "__main__":
    main()
