"""``python -m virtsmith``: the same program as the ``virtsmith`` command."""

from virtsmith.cli.app import main

if __name__ == "__main__":
    main()
