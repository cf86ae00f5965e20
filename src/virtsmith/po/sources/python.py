"""Messages in Python sources, found in the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtsmith.errors import InputError, UsageError
from virtsmith.po.check.cformat import FormatInvalid
from virtsmith.po.check.formats import LANGUAGES
from virtsmith.po.entry import Entry

_KEYWORD = re.compile(r"([A-Za-z_]\w*)(?::(\d{1,9}c?(?:,\d{1,9}c?)*))?")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A function whose arguments are messages: positions, from 0, of id, plural and context (None: not used)."""

    name: str
    msgid: int = 0
    plural: int | None = None
    context: int | None = None


def parse_keyword(text: str) -> Keyword:
    """Read a keyword in xgettext's format: ``_``, ``ngettext:1,2``, ``pgettext:1c,2``.

    Raises:
        UsageError: it is not a keyword.
    """
    match = _KEYWORD.fullmatch(text)
    if not match:
        raise UsageError(f"not a keyword: {text!r}", hint="write it like ngettext:1,2 or pgettext:1c,2")
    parts = (match[2] or "1").split(",")
    contexts = [int(part[:-1]) - 1 for part in parts if part.endswith("c")]
    ids = [int(part) - 1 for part in parts if not part.endswith("c")]
    if not ids or min(ids + contexts) < 0:
        raise UsageError(f"not a keyword: {text!r}", hint="arguments count from 1")
    return Keyword(match[1], ids[0], ids[1] if len(ids) > 1 else None, contexts[0] if contexts else None)


def extract_python(
    source: str, name: str, keywords: Sequence[Keyword], *, comment_tag: str | None = "TRANSLATORS:"
) -> list[Entry]:
    """The messages of one source file, in the order of its lines.

    Args:
        source: its text.
        name: its name in references.
        keywords: the functions whose arguments are messages.
        comment_tag: the prefix of comments for translators; empty for all comments, None for no comments.

    Raises:
        InputError: it is not valid Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise InputError(f"not valid Python: {getattr(error, 'msg', error)}", source=name, line=line) from error
    known = {keyword.name: keyword for keyword in keywords}
    lines = source.splitlines()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(_entries(calls, known, name, lines, comment_tag))


def _entries(
    calls: list[ast.Call], known: dict[str, Keyword], name: str, lines: list[str], comment_tag: str | None
) -> Iterator[Entry]:
    for call in calls:
        keyword = known.get(_called(call.func))
        if keyword is None:
            continue
        msgid, line = _text(call, keyword.msgid)
        if not msgid:
            continue
        plural = _text(call, keyword.plural)[0] if keyword.plural is not None else None
        context = _text(call, keyword.context)[0] if keyword.context is not None else None
        if keyword.context is not None and context is None:
            continue
        yield Entry(
            msgid,
            ["", ""] if plural is not None else [""],
            context,
            plural,
            extracted=_notes(lines, call.lineno, comment_tag) if comment_tag is not None else [],
            locations=[f"{name}:{line}"],
            flags=_flags(msgid),
        )


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _text(call: ast.Call, position: int) -> tuple[str | None, int]:
    """A constant string argument and its line; None if it is not a constant string."""
    if position >= len(call.args):
        return None, 0
    argument = call.args[position]
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value, argument.lineno
    return None, 0


def _notes(lines: list[str], line: int, tag: str) -> list[str]:
    """The comment for translators directly above a line, starting at the line with the tag."""
    notes: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.lstrip().startswith("#"):
            break
        notes.insert(0, text.strip().lstrip("#").removeprefix(":").strip())
    start = next((number for number, note in enumerate(notes) if note.startswith(tag)), len(notes))
    return notes[start:]


def _flags(msgid: str) -> tuple[str, ...]:
    """The format flags that xgettext would guess: of each language in which the text is a valid, non-trivial format."""
    flags = []
    for language in ("python", "python-brace"):
        try:
            if LANGUAGES[language].parse(msgid, False):
                flags.append(f"{language}-format")
        except FormatInvalid:
            continue
    return tuple(flags)
