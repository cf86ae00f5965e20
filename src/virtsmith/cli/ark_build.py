"""``virtsmith ark``: build."""

import click

COMMANDS: tuple[click.Command, ...] = ()
