"""The table of tools, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

import click

from virtsmith import __version__
from virtsmith.cli.commands import SuggestingGroup
from virtsmith.errors import ExitCode, VirtsmithError, exit_code_of

TOOLS = {
    "xml": "typed libvirt XML: show, convert, check, compare, edit",
    "schema": "libvirt's RELAX NG schemas: read, compare, generate the model",
    "host": "virtual test hosts with NUMA, PCI and IOMMU topologies",
    "ark": "QEMU and libvirt versions side by side",
    "abi": "guest ABI of machine types across QEMU versions",
    "po": "gettext catalogues kept minimal and canonical",
}
"""Each tool's module is ``virtsmith.cli.NAME`` and holds its click group as ``group``."""
_HelpWanted: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # click before 8.2 prints the help itself


class ToolTable(SuggestingGroup):
    """A group whose tools are imported only when they are used, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The tools that this installation holds, in the order of the table."""
        return [name for name in TOOLS if find_spec(f"virtsmith.cli.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one tool."""
        if cmd_name not in self.list_commands(ctx):
            return None
        group = import_module(f"virtsmith.cli.{cmd_name}").group
        assert isinstance(group, click.Command)  # noqa: S101 - our own table
        return group

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the tools from the table, without importing them."""
        rows = [(name, TOOLS[name]) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Tools"):
                formatter.write_dl(rows)


@click.group(cls=ToolTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="virtsmith")
def cli() -> None:
    """Tools for people who build on libvirt and QEMU."""


def main() -> NoReturn:
    """Run the command line and exit: see `virtsmith.errors.ExitCode`."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every message goes to standard error."""
    try:
        code = cli.main(arguments, prog_name="virtsmith", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line of defence against tracebacks
        return _explain(error)
    return code if isinstance(code, int) else ExitCode.OK


def _explain(error: BaseException) -> int:
    """Say what went wrong and return the exit code for it."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    if isinstance(error, click.ClickException):
        if isinstance(error, _HelpWanted):
            error.show()
        else:
            _say_error(_one_sentence(error.format_message()), _usage_hint(error))
        return ExitCode.USAGE
    if isinstance(error, VirtsmithError):
        _say_error(str(error), error.hint)
        return exit_code_of(error)
    return _say_bug(error)


def _say_error(message: str, hint: str | None) -> None:
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def _one_sentence(message: str) -> str:
    """A message of click as ours are: on one line, no capital, no full stop."""
    message = " ".join(message.split()).rstrip(".")
    return message[:1].lower() + message[1:]


def _usage_hint(error: click.ClickException) -> str | None:
    context = getattr(error, "ctx", None)
    return f"see {context.command_path} --help" if context else None


def _say_bug(error: BaseException) -> int:
    if os.environ.get("VIRTSMITH_DEBUG"):
        import traceback

        traceback.print_exception(error)
    text = " ".join(str(error).split())[:300]
    _say_error(
        f"this is a bug in virtsmith: {type(error).__name__}: {text}",
        "run it again with VIRTSMITH_DEBUG=1 and report what it prints",
    )
    return ExitCode.BUG
