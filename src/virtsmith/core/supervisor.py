"""A program that waits for the end of a run and then cleans up after it; `virtsmith.core.ownership` starts it.

Every run that starts a program starts this one too, so it imports nothing that it does not need while it waits.
Usage: ``supervisor.py OWNER DIRECTORY``, with standard input a pipe whose other end the run holds.
"""

import os
import signal
import sys


def main() -> None:
    """Wait until nobody holds the other end of standard input, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    if not os.path.exists(sys.argv[2]):  # noqa: PTH110 - avoids importing pathlib
        return  # the run has cleaned up after itself
    from pathlib import Path  # noqa: PLC0415 - as above

    sys.path.insert(0, str(Path(__file__).parents[2]))
    from virtsmith.core.leftovers import end_run  # noqa: PLC0415 - after the path is set

    end_run(sys.argv[1], Path(sys.argv[2]))


if __name__ == "__main__":
    main()
