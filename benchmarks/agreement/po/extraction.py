"""Templates of real trees, compared with what the project's own call of xgettext gives, message for message."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.agreement import Row
from benchmarks.agreement.po.debian import NotThere, source_tree
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.extract import NoMessages, extract_project
from virtsmith.po.project import load_project

_GLIB = [
    "--from-code=UTF-8", "--add-comments", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2", "--keyword=NC_:1c,2",
    "--keyword=g_dcgettext:2", "--keyword=g_dngettext:2,3", "--keyword=g_dpgettext2:2c,3",
    "--flag=N_:1:pass-c-format", "--flag=C_:2:pass-c-format", "--flag=NC_:2:pass-c-format",
    "--flag=g_dngettext:2:pass-c-format", "--flag=g_strdup_printf:1:c-format", "--flag=g_string_printf:2:c-format",
    "--flag=g_string_append_printf:2:c-format", "--flag=g_error_new:3:c-format", "--flag=g_set_error:4:c-format",
    "--flag=g_markup_printf_escaped:1:c-format", "--flag=g_log:3:c-format", "--flag=g_print:1:c-format",
    "--flag=g_printerr:1:c-format", "--flag=g_printf:1:c-format", "--flag=g_fprintf:2:c-format",
    "--flag=g_sprintf:2:c-format", "--flag=g_snprintf:3:c-format",
]  # fmt: skip
"""What Meson passes for the preset glib."""


@dataclass(frozen=True, slots=True)
class _Tree:
    """A project: package, directory of its catalogues, arguments that its build passes to xgettext, ITS directory."""

    package: str
    directory: str
    arguments: tuple[str, ...]
    rules: str = ""


_MESON = "-k_"
_TREES = [
    _Tree(
        "libvirt", "po",
        (_MESON, "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--add-comments=TRANSLATORS:", "--sort-output"),
        "po",
    ),
    _Tree("qemu", "po", (_MESON, *_GLIB)),
    _Tree(
        "virt-manager", "po",
        (_MESON, "--from-code=UTF-8", "--keyword=_", "--add-comments=translators", "--sort-by-file"),
    ),
    *(
        _Tree("gimp", directory, (_MESON, *_GLIB), rules)
        for directory, rules in (
            ("po", ""), ("po-libgimp", ""), ("po-plug-ins", ""), ("po-python", ""), ("po-script-fu", ""),
            ("po-tips", "data/tips"), ("po-windows-installer", "build/windows/installer/lang"),
        )
    ),
    _Tree("coreutils", "po", ()),
]  # fmt: skip


def rows() -> Iterator[Row]:
    for tree in _TREES:
        question = f"messages of {tree.package}/{tree.directory}"
        try:
            root = source_tree(tree.package)
        except NotThere as error:
            yield Row(question, "xgettext", 0, note=str(error))
            continue
        own = _view(_own_call(root, tree))
        try:
            extracted = extract_project(load_project(root / tree.directory), skip_missing=True)
            ours, note = (
                _view(extracted.data),
                f"{root.name}; {len(extracted.missing)} listed files are made by a build",
            )
        except NoMessages:
            ours, note = set(), f"{root.name}; an error here, an empty template there"
        yield Row(question, "its own xgettext call", len(own | ours), len(ours - own), len(own - ours), note)


def _own_call(root: Path, tree: _Tree) -> bytes:
    source = root / tree.directory
    potfiles = next(path for name in ("POTFILES.in", "POTFILES") if (path := source / name).is_file())
    arguments = list(tree.arguments) or _makevars_arguments(source)
    listed = [line.partition("#")[0].strip() for line in potfiles.read_text().splitlines()]
    names = "\n".join(name for name in listed if name and (root / name).is_file())
    environment = {**os.environ, **({"GETTEXTDATADIRS": str(root / tree.rules)} if tree.rules else {})}
    command = ["xgettext", "-f", "-", "-D", root, "-o", "-", *arguments]
    done = subprocess.run(command, input=names.encode(), capture_output=True, env=environment, cwd=source, check=True)
    return done.stdout.replace(b"charset=CHARSET", b"charset=UTF-8")


def _makevars_arguments(source: Path) -> list[str]:
    """What make itself makes of XGETTEXT_OPTIONS, and what gettext's Makefile.in.in adds."""
    show = 'show:\n\t@for option in $(XGETTEXT_OPTIONS); do echo "$$option"; done\n'
    makefile = f"include {source}/Makevars\n{show}"
    done = subprocess.run(["make", "-s", "-f", "-", "show"], input=makefile, capture_output=True, text=True, check=True)
    return ["--add-comments=TRANSLATORS:", *filter(None, done.stdout.splitlines())]


def _view(data: bytes) -> set[tuple[object, ...]]:
    """What counts of each message: ids, references, comments, flags."""
    if not data:
        return set()
    return {
        (e.msgctxt, e.msgid, e.msgid_plural, " ".join(e.locations), tuple(e.extracted), e.flags)
        for e in parse_catalogue(data).entries()
        if e.msgid
    }
