"""Pages of the command line, made from the commands themselves, as the manual pages are."""

import inspect
import re

import click

from virtsmith.cli.app import cli
from virtsmith.cli.commands import example_lines, iter_commands, iter_twins, summary
from virtsmith.cli.manual import EXIT_WORDS
from virtsmith.host.verify.verdict import HostVerdict

PROGRAM = "virtsmith"
TWINS = dict(iter_twins(cli))


def command_pages() -> dict[str, str]:
    """An index and a page for each tool, by name without the suffix."""
    tools = {path[0]: command for path, command in iter_commands(cli) if len(path) == 1}
    return {"index": _index(tools), **{name: _tool_page(name, tool) for name, tool in tools.items()}}


def exit_code_table() -> str:
    """The exit codes as a table."""
    rows = [f"| {int(code)} | `{code.name}` | {words} |" for code, words in EXIT_WORDS.items()]
    return "\n".join(["| code | name | meaning |", "|---:|---|---|", *rows])


def verdict_table() -> str:
    """The exit codes of `virtsmith host verify` as a table."""
    rows = [f"| {int(verdict.exit_code)} | `{verdict.word}` | {verdict.meaning} |" for verdict in HostVerdict]
    return "\n".join(["| code | verdict | meaning |", "|---:|---|---|", *rows])


def _index(tools: dict[str, click.Command]) -> str:
    lines = ["# Commands", "", markdown(cli.help or ""), ""]
    for name, tool in tools.items():
        lines += [f"## {PROGRAM} {name}", "", markdown(summary(tool)), ""]
        if isinstance(tool, click.Group):
            lines += ["| command | what it does |", "|---|---|"]
        for path, command in _commands_of(name, tool):
            lines.append(f"| [{' '.join(path[1:])}](#{_label(path)}) | {_cell(summary(command))} |")
        lines.append("")
    return "\n".join([*lines, "```{toctree}", ":hidden:", "", *tools, "```", ""])


def _commands_of(name: str, tool: click.Command) -> list[tuple[tuple[str, ...], click.Command]]:
    return list(iter_commands(tool, (name,))) if isinstance(tool, click.Group) else []


def _tool_page(name: str, tool: click.Command) -> str:
    lines = [f"# {PROGRAM} {name}", ""]
    if not isinstance(tool, click.Group):
        return "\n".join([*lines, *_command((name,), tool)])
    lines += [markdown(tool.help or ""), "", *_options(tool)]
    for path, command in _commands_of(name, tool):
        lines += _command(path, command)
    return "\n".join(lines)


def _command(path: tuple[str, ...], command: click.Command) -> list[str]:
    words = " ".join((PROGRAM, *path))
    usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=words)))
    lines = [f"({_label(path)})=", f"## {' '.join(path)}", "", "```text", f"{words} {usage}", "```", ""]
    lines += [markdown(command.help or ""), "", *_options(command)]
    if twin := TWINS.get(path):
        lines += [f"In Python: {{py:obj}}`{twin}`.", ""]
    if shown := example_lines(command):
        lines += ["```console", *(f"$ {line}" for line in shown), "```", ""]
    return lines


def commands_of(name: str) -> list[str]:
    """A line for the documentation of a function of the library: the commands that do the same."""
    found = [f":ref:`{PROGRAM} {' '.join(path)} <{_label(path)}>`" for path, twin in TWINS.items() if twin == name]
    return ["", f"On the command line: {', '.join(found)}.", ""] if found else []


def _options(command: click.Command) -> list[str]:
    context = click.Context(command)
    records = [record for option in command.get_params(context) if (record := option.get_help_record(context))]
    rows = [f"| `{_bars(names)}` | {_cell(text)} |" for names, text in records if text and not names.endswith("--help")]
    return ["| option | meaning |", "|---|---|", *rows, ""] if rows else []


def _label(path: tuple[str, ...]) -> str:
    return f"{PROGRAM}-{'-'.join(path)}"


def _cell(text: str) -> str:
    return _bars(markdown(text)).replace("\n", " ")


def _bars(text: str) -> str:
    """Bars would end the cell of a table."""
    return text.replace("|", "\\|")


def markdown(text: str) -> str:
    """Help text as Markdown: what is in backticks stays code, all else stays what it is."""
    parts = re.split(r"(`[^`]*`)", inspect.cleandoc(text.replace("\b", "")))
    return "".join(part if part.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", part) for part in parts)
