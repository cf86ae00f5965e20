"""The basis of all commands: groups that list them in full, and examples that tests run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

import click

from virtsmith.errors import UsageError

Documented = TypeVar("Documented", bound=click.Command)

Commands = Mapping[str, Mapping[str, str]]
"""The commands of each module of a tool, each with its twin: the public function that does the same."""

_HEADING = "Examples:"


class SuggestingGroup(click.Group):
    """A group that suggests a command for a misspelt one."""

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
    """A tool: lists its commands with their complete first sentence, and imports their modules only on use.

    Start-up time matters: git, for example, calls ``virtsmith po`` for every file. ``commands`` names the commands of
    each module of ``package``; the module has them as ``COMMANDS``.

    Attributes:
        twins: for each command the public function, class or table of a library that does what it does.
    """

    def __init__(self, *args: Any, package: str, commands: Commands, **options: Any) -> None:
        super().__init__(*args, **options)
        self._package = package
        self._module_of = {name: module for module, names in commands.items() for name in names}
        self.twins = {name: twin for names in commands.values() for name, twin in names.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, sorted."""
        return sorted(self._module_of)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of a command."""
        module = self._module_of.get(cmd_name)
        if module is None:
            return None
        commands: tuple[click.Command, ...] = import_module(f"{self._package}.{module}").COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, summary(command)) for name, command in commands if command and not command.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class TwinCommand(click.Command):
    """A command that does not belong to a tool.

    Attributes:
        twin: the public function of a library that does what it does.
    """

    def __init__(self, *args: Any, twin: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.twin = twin


def iter_twins(group: click.Group) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every command of a group and of its tools, by its words, with its twin."""
    context = click.Context(group)
    for name in group.list_commands(context):
        tool = group.get_command(context, name)
        if isinstance(tool, ToolGroup):
            yield from (((name, command), twin) for command, twin in tool.twins.items())
        elif isinstance(tool, TwinCommand):
            yield (name,), tool.twin


def summary(command: click.Command) -> str:
    """The first sentence of a command's help."""
    return command.get_short_help_str(limit=1000)


def examples(*lines: str) -> Callable[[Documented], Documented]:
    """Show command lines at the end of a command's help. Manual and documentation also print them; tests run them."""

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
    """Yield every command below a group with its words, groups before their commands; hidden ones are left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from iter_commands(command, (*path, name))
