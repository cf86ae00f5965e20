"""``i18n.gettext()`` in a ``meson.build``: the arguments that Meson would pass to ``xgettext``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from libvirtxml import files

from virtsmith.po.sources.mesonlang import UNKNOWN, Call, Interpreter
from virtsmith.po.sources.settings import ExtractionSettings, parse_options

GLIB = (
    "--from-code=UTF-8", "--add-comments", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2", "--keyword=NC_:1c,2",
    "--keyword=g_dcgettext:2", "--keyword=g_dngettext:2,3", "--keyword=g_dpgettext2:2c,3",
    "--flag=N_:1:pass-c-format", "--flag=C_:2:pass-c-format", "--flag=NC_:2:pass-c-format",
    "--flag=g_dngettext:2:pass-c-format", "--flag=g_strdup_printf:1:c-format", "--flag=g_string_printf:2:c-format",
    "--flag=g_string_append_printf:2:c-format", "--flag=g_error_new:3:c-format", "--flag=g_set_error:4:c-format",
    "--flag=g_markup_printf_escaped:1:c-format", "--flag=g_log:3:c-format", "--flag=g_print:1:c-format",
    "--flag=g_printerr:1:c-format", "--flag=g_printf:1:c-format", "--flag=g_fprintf:2:c-format",
    "--flag=g_sprintf:2:c-format", "--flag=g_snprintf:3:c-format",
)  # fmt: skip
"""Meson's preset ``glib`` (PRESET_ARGS in its modules/i18n.py)."""


def read_meson(directory: Path, root: Path) -> ExtractionSettings | None:
    """The settings of the first ``i18n.gettext()`` in a directory's ``meson.build``; None if there is none.

    Variables of the ``meson.build`` files above it are used. What cannot be evaluated without running Meson (such as
    the output of a program) is left out.

    Raises:
        InputError: a file cannot be read.
    """
    found = _find_call(directory, root)
    return _settings(*found) if found else None


def read_languages(directory: Path, root: Path) -> set[str] | None:
    """The ``languages`` of that call; None if it leaves them to LINGUAS, or there is no call.

    Raises:
        InputError: a file cannot be read.
    """
    found = _find_call(directory, root)
    languages = found[0].named.get("languages") if found else None
    return set(_texts(languages)) if isinstance(languages, list) else None


def _find_call(directory: Path, root: Path) -> tuple[Call, Interpreter] | None:
    if not (directory / "meson.build").is_file():
        return None
    interpreter = Interpreter(root, _find_build(root))
    for place in (root, *_between(root, directory), directory):
        if (place / "meson.build").is_file():
            interpreter.run(files.read_text(place / "meson.build"), place)
    call = next((call for call in interpreter.calls if call.directory == directory), None)
    return (call, interpreter) if call else None


def _settings(call: Call, interpreter: Interpreter) -> ExtractionSettings:
    name = call.positional[0] if call.positional else UNKNOWN
    options = ["--keyword=_"]
    if isinstance(name, str):
        options.append(f"--package-name={name}")
    options += GLIB if call.named.get("preset") == "glib" else ()
    options += parse_options(_texts(call.named.get("args")))
    directories = [interpreter.root / text for text in _texts(call.named.get("data_dirs"))]
    return ExtractionSettings(tuple(options), tuple(directories))


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _between(root: Path, directory: Path) -> list[Path]:
    names = directory.relative_to(root).parts[:-1]
    return [root.joinpath(*names[: count + 1]) for count in range(len(names))]


def _find_build(root: Path) -> Path:
    """A build directory of the tree; the usual path if there is none yet."""
    found = sorted(path.parent for path in root.glob("*/meson-private"))
    return found[0] if found else root / "build"
