"""``python -m virtsmith``: the same program as the ``virtsmith`` command."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit; ``ark run`` takes a short cut past the command line's libraries."""
    if sys.argv[1:3] == ["ark", "run"]:
        from virtsmith.cli import quick

        quick.run(sys.argv[3:])
    from virtsmith.cli import app

    app.main()


if __name__ == "__main__":
    main()
