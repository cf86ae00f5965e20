"""How commands read files and write results: data to standard output, messages to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from libvirtxml import files

from virtsmith.cli.streams import write_bytes
from virtsmith.core.progress import Progress, Silent
from virtsmith.core.terminal import harmless
from virtsmith.errors import InputError

if TYPE_CHECKING:
    from virtsmith.report.report import Screen
    from virtsmith.report.table import Table

STDIO = Path("-")
Item = TypeVar("Item")


def read_input(path: Path, *, with_memory: bool = True) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``.

    Without ``with_memory`` only the head of an image of a saved domain is read, if it is large.
    """
    if path != STDIO:
        return files.read_bytes(path, with_memory=with_memory)
    try:
        return files.read_stream(sys.stdin.buffer, input_name(path), with_memory=with_memory)
    except OSError as error:
        raise InputError(f"cannot read: {(error.strerror or str(error)).lower()}", source=input_name(path)) from error


def read_text(path: Path) -> str:
    """Read a text from a file or standard input.

    Raises:
        InputError: it is not UTF-8.
    """
    try:
        return read_input(path).decode()
    except UnicodeDecodeError as error:
        raise InputError("not valid UTF-8", source=input_name(path)) from error


def input_name(path: Path) -> str:
    """The name of an input in messages."""
    return "<stdin>" if path == STDIO else str(path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the name of an input to errors about its content."""
    try:
        yield
    except InputError as error:
        raise error.with_source(input_name(path)) from error


def write_output(data: bytes | str, target: Path = STDIO, *, check: files.Check | None = None) -> None:
    """Write a result to a file, atomically, or to standard output for ``-``.

    Args:
        data: the result; text may have colours of our own, and a terminal shows them.
        target: where to.
        check: examines the new content of the file, and raises an error to prevent the replacement.
    """
    # names of files that are not UTF-8 may be in it
    content = data.encode(errors="backslashreplace") if isinstance(data, str) else data
    if target != STDIO:
        sys.stdout.flush()  # the file may be /dev/stdout
        for lost in files.write_atomic(target, content, check=check):
            say(f"{target}: could not keep {lost}")
        return
    write_bytes(content, has_colours=isinstance(data, str))


def is_replaceable(target: Path) -> bool:
    """Whether writing to a target makes a file or replaces one: not standard output, a pipe or a device."""
    return target != STDIO and (target.is_file() or not target.exists())


def write_text(text: str, target: Path = STDIO) -> None:
    """Write a result for people: control characters from documents are escaped, our own colours are kept."""
    write_output(harmless(text, colours=True), target)


def write_path(path: Path | str) -> None:
    """Write the path of a file on a line of standard output, as the bytes that it is."""
    write_bytes(os.fsencode(path) + b"\n")


def write_json(name: str, data: Mapping[str, Any], target: Path = STDIO) -> None:
    """Write data as JSON that names its schema, ``virtsmith.NAME/1``, with sorted keys."""
    from virtsmith.report.data import tagged

    write_output(tagged(name, data), target)


def say(message: str) -> None:
    """Show a message to the user; control characters from documents are escaped."""
    click.echo(harmless(message), err=True)


def use_colour() -> bool:
    """Whether results on standard output may be coloured: a terminal, and no ``NO_COLOR``."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def screen_for(target: Path = STDIO) -> Screen:
    """Colours and a width for text on a terminal; neither for text elsewhere."""
    from virtsmith.report.report import Screen

    if target != STDIO or not sys.stdout.isatty():
        return Screen()
    return Screen(use_colour(), shutil.get_terminal_size().columns)


def table_text(table: Table, target: Path = STDIO) -> str:
    """Return a table as text; on a terminal in colour and no wider than it."""
    from virtsmith.report.text import render_table

    screen = screen_for(target)
    return render_table(table, colour=screen.colour, width=screen.width)


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress drawn on standard error if it is a terminal; silent otherwise."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _Warnings()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _RichProgress(bar)


@contextmanager
def waiting(task: str) -> Iterator[None]:
    """Progress of one slow task."""
    with progress() as bar:
        bar.start(task)
        yield


@contextmanager
def steps(task: str, items: Sequence[Item]) -> Iterator[Iterator[Item]]:
    """Progress over items; yields an iterator over them. A single item gets no bar."""
    if len(items) < 2:
        yield iter(items)
        return
    with progress() as bar:
        bar.start(task, len(items))
        yield _stepping(bar, items)


def _stepping(bar: Progress, items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        bar.step()


class _Warnings(Silent):
    """Progress that only shows warnings."""

    def warn(self, message: str) -> None:
        say(f"warning: {message}")


class _RichProgress(_Warnings):
    """Adapts `virtsmith.core.progress.Progress` to rich."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._name = ""
        self._task: Any = None

    def start(self, task: str, total: int | None = None) -> None:
        self.done()
        self._name = task
        self._task = self._bar.add_task(task, total=total)

    def step(self, count: int = 1, detail: str = "") -> None:
        if self._task is not None:
            self._bar.update(self._task, advance=count, description=f"{self._name} {detail}".rstrip())

    def done(self) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
