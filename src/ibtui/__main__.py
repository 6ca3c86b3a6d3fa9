"""Entry point: checks the Python, sets what must be set before anything is imported, hands over to the commands."""

import os
import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        running = "{}.{}".format(*sys.version_info[:2])
        sys.stderr.write(
            f"ibtui: Python 3.11, 3.12 or 3.13 is needed, this is {running}. "
            "(The library that talks to Interactive Brokers doesn't run on it.)\n"
        )
        sys.exit(2)
    # numpy comes along with ib_insync and would start a thread pool that nothing here uses: 85 ms of start-up.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    try:
        from ibtui.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
