"""Options and arguments that several tools share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

INPUT = click.Path(path_type=Path, allow_dash=True)
"""A file to read; ``-`` is standard input. Existence is checked on reading, so that all errors look the same."""

DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """``--format`` with the given choices (the first is the default), ``--json`` where JSON is one of them, and ``-o``.

    The command receives the choice as ``output_format``, and the target as ``output``.
    """

    def decorate(command: Command) -> Command:
        command = output_option(command)
        if "json" in formats:
            command = click.option(
                "--json",
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_remember,
                help="Short for --format json.",
            )(command)
        return click.option(
            "--format",
            "output_format",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            callback=_choose_format,
            help="Format of the output.",
        )(command)

    return decorate


_JSON = "virtsmith.json"


def _remember(context: click.Context, _: click.Parameter, as_json: bool) -> None:
    context.meta[_JSON] = as_json


def _choose_format(context: click.Context, _: click.Parameter, value: str) -> str:
    return "json" if context.meta.get(_JSON) else value


def output_option(command: Command) -> Command:
    """``-o FILE``: where to write the result, atomically; standard output by default or for ``-``."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, allow_dash=True),
        default="-",
        metavar="FILE",
        help="Write the result to FILE instead of standard output.",
    )(command)


def target_option(command: Command) -> Command:
    """``--target``, repeatable: distributions, or plain versions."""
    return click.option(
        "--target",
        "targets",
        multiple=True,
        metavar="TARGET",
        help="debian-12, noble, 'fedora-*', all, supported, or libvirt=8.0,qemu=6.2; repeatable. See ark targets.",
    )(command)
