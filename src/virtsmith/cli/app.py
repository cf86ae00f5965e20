"""The table of tools, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

import click

from virtsmith import __version__
from virtsmith.cli.commands import SuggestingGroup
from virtsmith.cli.streams import discard_unwritten, flush_output, replace_closed_streams
from virtsmith.core.terminal import harmless
from virtsmith.errors import ExitCode, LimitError, VirtsmithError, exit_code_of

TOOLS = {
    "xml": "typed libvirt XML: show, convert, check, compare, edit",
    "schema": "libvirt's RELAX NG schemas: read, compare, generate the model",
    "host": "virtual test hosts with NUMA, PCI and IOMMU topologies",
    "ark": "QEMU and libvirt versions side by side",
    "abi": "guest ABI of machine types across QEMU versions",
    "po": "gettext catalogues kept minimal and canonical",
}
"""Each tool's module is ``virtsmith.cli.NAME`` and holds its click group as ``group``."""
COMMANDS = {"clean": "list and remove what killed runs have left"}
"""Commands without a tool: the module is ``virtsmith.cli.NAME`` and holds its click command as ``command``."""
_HelpWanted: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # click before 8.2 prints the help itself


class ToolTable(SuggestingGroup):
    """A group whose tools are imported only when they are used, so that ``--help`` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The installed tools in the order of the table, then the separate commands."""
        return [name for name in (*TOOLS, *COMMANDS) if find_spec(f"virtsmith.cli.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one tool."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found = getattr(import_module(f"virtsmith.cli.{cmd_name}"), "group" if cmd_name in TOOLS else "command")
        assert isinstance(found, click.Command)  # noqa: S101 - our own table
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the tools from the table, without importing them."""
        there = self.list_commands(ctx)
        for title, table in (("Tools", TOOLS), ("Commands", COMMANDS)):
            rows = [(name, text) for name, text in table.items() if name in there]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


@click.group(cls=ToolTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="virtsmith")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Change a limit for inputs, such as nodes=1M or size=none; repeatable. Errors name the limit they are about.",
)
@click.option("--no-limits", is_flag=True, help="Read inputs of any size.")
def cli(limits: tuple[str, ...], *, no_limits: bool) -> None:
    """Tools for people who build on libvirt and QEMU."""
    if limits or no_limits or os.environ.get("VIRTSMITH_LIMITS"):
        from virtsmith.core.limits import choose

        choose(limits, lifted=no_limits)


class Terminated(KeyboardInterrupt):
    """A signal to terminate: all ``with`` blocks are left, as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main() -> NoReturn:
    """Run the command line and exit: see `virtsmith.errors.ExitCode`."""
    replace_closed_streams()
    warnings.showwarning = _show_warning
    _unwind_on_signals()
    _accept_any_text()
    code = run_command(sys.argv[1:])
    discard_unwritten()
    sys.exit(code)


def _unwind_on_signals() -> None:
    """Terminate on SIGTERM and SIGHUP as on Ctrl-C. Further signals do not interrupt the clean-up."""

    def unwind(number: int, _frame: object) -> NoReturn:
        for other in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        raise Terminated(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, unwind)


def _accept_any_text() -> None:
    """Allow output of names that the terminal's encoding cannot represent."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_utf8 = stream.encoding.lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def run_command(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every message goes to standard error."""
    try:
        code = cli.main(arguments, prog_name="virtsmith", standalone_mode=False)
        flush_output()
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        discard_unwritten()
        return ExitCode.OK
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line of defence against tracebacks
        return _explain(error)
    return code if isinstance(code, int) else ExitCode.OK


def _explain(error: BaseException) -> int:
    """Report an error and return its exit code."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _explain_interrupt(error)
    if isinstance(error, (click.exceptions.Exit, click.ClickException)):
        return _explain_click(error)
    if isinstance(error, LimitError):
        hint = f"virtsmith --limit {error.limit}=NUMBER or --no-limits, before the name of the tool, reads more"
        _say_error(error.message, hint)
        return exit_code_of(error)
    if isinstance(error, VirtsmithError):
        _say_error(error.message, error.hint)
        return exit_code_of(error)
    if isinstance(error, (OSError, MemoryError)):
        return _say_fault(error)
    return _say_bug(error)


def _explain_interrupt(error: KeyboardInterrupt | click.Abort) -> int:
    cause = error.__cause__ if isinstance(error, click.Abort) else error  # click puts its own in place of ours
    if isinstance(cause, Terminated):
        _say("terminated")
        return 128 + cause.number
    _say("interrupted")
    return ExitCode.INTERRUPTED


def _explain_click(error: click.exceptions.Exit | click.ClickException) -> int:
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, _HelpWanted):
        error.show()
    else:
        _say_error(_one_sentence(error.format_message()), _usage_hint(error))
    return ExitCode.USAGE


def _say_fault(error: OSError | MemoryError) -> int:
    """Report a fault of the machine: no space, no permission, no such file."""
    if isinstance(error, OSError):
        reason = (error.strerror or str(error)).lower()
        name = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
        _say_error(f"{name}: {reason}" if name else f"cannot read or write: {reason}", None)
    else:
        _say_error("out of memory", None)
    return ExitCode.EXTERNAL


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Show a warning of virtsmith as a message; those of libraries are for their developers."""
    if category.__module__.startswith("virtsmith."):
        _say(f"warning: {message}")


def _say(message: str) -> None:
    """Write a message to standard error, if it can be written to."""
    with suppress(OSError, AttributeError, ValueError):
        click.echo(harmless(_redacted(message)), err=True)


def _redacted(message: str) -> str:
    """The last line of defence: a message without the secrets that this run has read."""
    from virtsmith.core.secrets import redact

    return redact(message)


def _say_error(message: str, hint: str | None) -> None:
    _say(f"error: {message}")
    if hint:
        _say(f"hint: {hint}")


def _one_sentence(message: str) -> str:
    """A message of click in our style: on one line, without capital and full stop."""
    message = " ".join(message.split()).rstrip(".")
    return message[:1].lower() + message[1:]


def _usage_hint(error: click.ClickException) -> str | None:
    context = getattr(error, "ctx", None)
    return f"see {context.command_path} --help" if context else None


def _say_bug(error: BaseException) -> int:
    if os.environ.get("VIRTSMITH_DEBUG"):
        import traceback

        _say("".join(traceback.format_exception(error)).rstrip("\n"))
    text = " ".join(str(error).split())[:300]
    _say_error(
        f"this is a bug in virtsmith: {type(error).__name__}: {text}",
        "run it again with VIRTSMITH_DEBUG=1 and report what it prints",
    )
    return ExitCode.BUG
