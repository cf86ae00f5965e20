"""What all commands have in common: groups that list them in full, and examples that tests run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import click

from virtsmith.errors import UsageError

Documented = TypeVar("Documented", bound=click.Command)

_HEADING = "Examples:"


class SuggestingGroup(click.Group):
    """A group that says what a misspelt command may have been meant for."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command."""
        name = args[0]
        if name.startswith("-") or ctx.resilient_parsing or self.get_command(ctx, name):
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        close = get_close_matches(name, self.list_commands(ctx), n=1)
        hint = f"did you mean {close[0]}?" if close else f"see {ctx.command_path} --help"
        raise UsageError(f"no such command {name!r}", hint=hint)


class ToolGroup(SuggestingGroup):
    """A group that lists its commands with their whole first sentence, however long."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, summary(command)) for name, command in commands if command and not command.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def summary(command: click.Command) -> str:
    """The first sentence of a command's help."""
    return command.get_short_help_str(limit=1000)


def examples(*lines: str) -> Callable[[Documented], Documented]:
    """Show command lines at the end of a command's help. Manual and documentation print them too, tests run them."""

    def decorate(command: Documented) -> Documented:
        command.epilog = "\n".join(["\b", _HEADING, *(f"  {line}" for line in lines)])
        return command

    return decorate


def example_lines(command: click.Command) -> list[str]:
    """The command lines given to `examples`.

    Example:
        >>> example_lines(examples("virtsmith xml show vm.xml")(click.Command("show")))
        ['virtsmith xml show vm.xml']
    """
    return [line.strip() for line in (command.epilog or "").splitlines()[2:]]


def iter_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command below a group with its words, groups before what is in them; hidden ones are left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from iter_commands(command, (*path, name))
