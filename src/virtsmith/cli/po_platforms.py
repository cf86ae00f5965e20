"""The part of ``virtsmith po`` that talks to translation platforms."""

from __future__ import annotations

import click

COMMANDS: list[click.Command] = []
