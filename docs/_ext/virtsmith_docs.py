"""Sphinx extension: writes the pages that are made from the program, before the others are read."""

from pathlib import Path
from typing import Any

from command_pages import command_pages, commands_of, exit_code_table, verdict_table
from console_lexer import ConsoleLexer
from document_pages import documents_page
from layer_diagram import draw
from rule_pages import rule_pages
from schema_pages import schema_pages
from sphinx.application import Sphinx

DIRECTORIES = {"cli": command_pages, "rules": rule_pages, "json": schema_pages}


def write_pages(app: Sphinx) -> None:
    """Write what has changed, and remove what is no longer made."""
    source = Path(app.srcdir)
    for directory, make in DIRECTORIES.items():
        pages = {source / directory / f"{name}.md": text for name, text in make().items()}
        for path in set((source / directory).glob("*.md")) - set(pages):
            path.unlink()
        for path, text in pages.items():
            _write(path, text)
    _write(source / "reference" / "api" / "documents.md", documents_page())
    _write(source / "_generated" / "layers.svg.html", draw())
    _write(source / "_generated" / "exit-codes.md", exit_code_table())
    _write(source / "_generated" / "verdicts.md", verdict_table())


def keep_colons(_app: Sphinx, what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Napoleon takes the text before a colon in an attribute's first line for its type: put a comment there."""
    if what == "attribute":
        lines[:0] = ["..", ""]


def name_commands(_app: Sphinx, _what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Link what does the work of a command to the page of the command."""
    lines += commands_of(name)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_lexer("console", ConsoleLexer)
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", keep_colons, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", name_commands, priority=900)  # after napoleon
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
