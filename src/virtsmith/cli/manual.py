"""Manual pages and shell completions, generated from the commands when the package is built."""

from __future__ import annotations

import re
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from virtsmith import __version__
from virtsmith.cli.commands import example_lines, iter_commands, summary
from virtsmith.errors import ExitCode

PROGRAM = "virtsmith"
_SHELLS = {
    "bash": "share/bash-completion/completions/virtsmith",
    "zsh": "share/zsh/site-functions/_virtsmith",
    "fish": "share/fish/vendor_completions.d/virtsmith.fish",
}
EXIT_WORDS = {
    ExitCode.OK: "fine",
    ExitCode.FINDINGS: "findings or differences",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.INPUT: "an input cannot be read or parsed",
    ExitCode.MISSING: "something needed is missing or too old",
    ExitCode.EXTERNAL: "a program or a download failed",
    ExitCode.EMULATOR_DIED: "host verify: the emulator died",
    ExitCode.GUEST_HUNG: "host verify: the guest hung",
    ExitCode.FACTS_DAMAGED: "host verify: the guest's facts arrived damaged",
    ExitCode.GUEST_FAILED: "host verify: the guest failed",
    ExitCode.START_REFUSED: "host verify: refused at the start",
    ExitCode.BUG: "a bug of virtsmith",
    ExitCode.INTERRUPTED: "interrupted",
}


def write_shared_files(cli: click.Group, directory: Path) -> dict[str, str]:
    """Write manual pages and completions below a directory, laid out as below a prefix; return their paths there."""
    texts = {f"share/man/man1/{name}.1": page for name, page in manual_pages(cli).items()}
    texts |= {path: completion_script(cli, shell) for shell, path in _SHELLS.items()}
    for name, text in texts.items():
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return {str(directory / name): name for name in sorted(texts)}


def completion_script(cli: click.Group, shell: str) -> str:
    """The completion script for a shell; it calls the program itself."""
    found = get_completion_class(shell)
    assert found is not None, shell  # noqa: S101 - click supports these three
    return found(cli, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source()


def manual_pages(cli: click.Group) -> dict[str, str]:
    """One page for the program and one for each tool, by name without the section."""
    tools = {name: command for (name, *rest), command in iter_commands(cli) if not rest}
    pages = {PROGRAM: _overview(cli, tools)}
    for name, command in tools.items():
        pages[f"{PROGRAM}-{name}"] = _tool_page(name, command)
    return pages


def _overview(cli: click.Group, tools: dict[str, click.Command]) -> str:
    lines = [*_head(PROGRAM, "tools for people who build on libvirt and QEMU"), ".SH SYNOPSIS"]
    lines += [f".B {PROGRAM}", "[OPTIONS] TOOL COMMAND [OPTIONS] [ARGUMENTS]", ".SH DESCRIPTION", _roff(cli.help or "")]
    lines += [".SH OPTIONS", *_options(cli), ".SH TOOLS"]
    for name, command in tools.items():
        lines += [".TP", f".B {name}", f"{_roff(summary(command))} See", f".BR {PROGRAM}\\-{name} (1)."]
    lines += [".SH EXIT STATUS"]
    for code, words in EXIT_WORDS.items():
        lines += [".TP", f".B {int(code)}", _roff(words)]
    lines += [".SH ENVIRONMENT", ".TP", ".B NO_COLOR", "No colours, also on a terminal."]
    lines += [".TP", ".B VIRTSMITH_DEBUG", "Print the traceback of a bug."]
    lines += [".TP", ".B VIRTSMITH_LIMITS", "Limits for inputs, such as nodes=1M,size=none."]
    return "\n".join(lines) + "\n"


def _tool_page(name: str, tool: click.Command) -> str:
    words = "COMMAND [OPTIONS] [ARGUMENTS]" if isinstance(tool, click.Group) else "[OPTIONS]"
    lines = [*_head(f"{PROGRAM}-{name}", summary(tool).rstrip(".")), ".SH SYNOPSIS"]
    lines += [f".B {PROGRAM} {name}", words, ".SH DESCRIPTION", *_paragraphs(tool.help)]
    lines += _options(tool)
    if isinstance(tool, click.Group):
        lines += [".SH COMMANDS"]
        for path, command in iter_commands(tool, (name,)):
            lines += _command(path, command)
    else:
        lines += _examples(tool)
    lines += [".SH SEE ALSO", f".BR {PROGRAM} (1)"]
    return "\n".join(lines) + "\n"


def _command(path: tuple[str, ...], command: click.Command) -> list[str]:
    words = " ".join((PROGRAM, *path))
    context = click.Context(command, info_name=words)
    lines = [f".SS {_roff(words)} {_roff(' '.join(command.collect_usage_pieces(context)))}", *_paragraphs(command.help)]
    return lines + _options(command) + _examples(command)


def _examples(command: click.Command) -> list[str]:
    shown = example_lines(command)
    return [".PP", "Examples:", ".PP", ".nf", ".RS", *map(_roff, shown), ".RE", ".fi"] if shown else []


def _options(command: click.Command) -> list[str]:
    context = click.Context(command)
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    explained = [(names, text) for names, text in records if text and not names.endswith("--help")]
    return [line for names, text in explained for line in (".TP", f".B {_roff(names)}", _roff(text))]


def _paragraphs(text: str | None) -> list[str]:
    parts = re.split(r"\n\s*\n", (text or "").strip())
    return [line for part in parts for line in (".PP", _roff(" ".join(part.split())))]


def _head(name: str, purpose: str) -> list[str]:
    title = f'.TH "{name.upper()}" "1" "" "virtsmith {__version__}" "User Commands"'
    return [title, ".SH NAME", f"{_roff(name)} \\- {_roff(purpose)}"]


def _roff(text: str) -> str:
    """Text as roff: backslashes and hyphens are kept, no line becomes a request."""
    escaped = text.replace("\b", "").replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped.strip(), flags=re.MULTILINE)
