"""``virtsmith ark``: check."""

import click

COMMANDS: tuple[click.Command, ...] = ()
