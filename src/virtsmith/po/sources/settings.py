"""How messages are extracted: options of ``xgettext``, whatever file of a project has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from virtsmith.po.sources.python import Keyword, parse_keyword

DEFAULT_KEYWORDS = (
    "_", "gettext", "lgettext", "N_", "gettext_noop", "dgettext:2", "ngettext:1,2", "dngettext:2,3",
    "pgettext:1c,2", "dpgettext:2c,3", "npgettext:1c,2,3", "dnpgettext:2c,3,4",
)  # fmt: skip
"""Default keywords for Python; for other languages, xgettext has its own."""

_LONG = {
    "-k": "--keyword", "-c": "--add-comments", "-D": "--directory", "-L": "--language", "-x": "--exclude-file",
    "-f": "--files-from", "-o": "--output", "-p": "--output-dir", "-d": "--default-domain", "-s": "--sort-output",
    "-F": "--sort-by-file", "-j": "--join-existing", "-n": "--add-location", "-a": "--extract-all", "-C": "--c++",
    "-w": "--width", "-i": "--indent", "-E": "--escape", "-e": "--no-escape", "-M": "--msgstr-suffix",
    "-m": "--msgstr-prefix",
}  # fmt: skip
_OPTIONAL = {"--keyword", "--add-comments", "--add-location", "--msgstr-prefix", "--msgstr-suffix"}
"""Options with an optional value, which is part of the same word."""
_WITHOUT = {
    "--sort-output", "--sort-by-file", "--join-existing", "--extract-all", "--c++", "--indent", "--escape",
    "--no-escape", "--no-location", "--no-wrap", "--omit-header", "--force-po", "--strict", "--trigraphs", "--qt",
    "--kde", "--boost", "--foreign-user", "--properties-output", "--stringtable-output", "--debug", "--verbose",
}  # fmt: skip
_OURS = {
    "--files-from", "--output", "--output-dir", "--default-domain", "--join-existing", "--width", "--no-wrap",
    "--omit-header", "--force-po", "--strict", "--properties-output", "--stringtable-output", "--indent",
}  # fmt: skip
"""Options about file names and layout, which do not depend on the project."""


@dataclass(frozen=True, slots=True)
class ExtractionSettings:
    """Options of ``xgettext`` in the long form (``--name`` or ``--name=value``), without those about files and layout.

    ``data_directories`` are where xgettext looks for ITS rules. ``sources`` are globs of the files, if the build file
    has them.
    """

    options: tuple[str, ...] = ()
    data_directories: tuple[Path, ...] = ()
    sources: tuple[str, ...] = field(default=())

    def values(self, name: str) -> list[str]:
        """The values of an option, in order; empty strings for uses without a value."""
        pairs = (option.partition("=") for option in self.options)
        return [value for option, _, value in pairs if option == name]

    def last(self, name: str) -> str:
        """The last value of an option; empty if there is none."""
        return (self.values(name) or [""])[-1]

    def has(self, name: str) -> bool:
        """Whether an option is given."""
        return bool(self.values(name))

    def keywords(self) -> list[Keyword]:
        """The functions whose arguments are messages in Python; ``--keyword`` without a value removes earlier ones."""
        texts = list(DEFAULT_KEYWORDS)
        for text in self.values("--keyword"):
            texts = [*texts, text] if text else []
        return [parse_keyword(text) for text in texts]

    def comment_tags(self) -> tuple[str, ...]:
        """The prefixes of comments for translators; an empty string means every comment."""
        return tuple(self.values("--add-comments"))

    def more(self, *options: str) -> ExtractionSettings:
        """The same with further options, which override earlier ones."""
        return ExtractionSettings(self.options + options, self.data_directories, self.sources)


def parse_options(words: Iterable[str]) -> tuple[str, ...]:
    """Options of an xgettext command line in the form of `ExtractionSettings`; file names are left out."""
    return tuple(option for option in _long_options(iter(words)) if option.partition("=")[0] not in _OURS)


def _long_options(words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if equals or name in _OPTIONAL or name in _WITHOUT:
                yield f"{name}={value}" if value else name
            else:
                yield f"{name}={next(words, '')}"
        elif word[:2] in _LONG:
            name, value = _LONG[word[:2]], word[2:]
            if not value and name not in _OPTIONAL and name not in _WITHOUT:
                value = next(words, "")
            yield f"{name}={value}" if value else name
