"""A report: what one run of a command found, with all that any format needs to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, overload

from libvirtxml.findings import Finding, Rule, worth_failing

from virtsmith.report.cases import Case
from virtsmith.report.table import Table


@dataclass(frozen=True, slots=True)
class Screen:
    """What text is written for: with colours or without, and how wide a line may be (None: as wide as it gets)."""

    colour: bool = False
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, one to a line; in Markdown and HTML they are a list."""

    lines: Sequence[str]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Findings: lines as compilers print them in text, a table in Markdown and HTML."""

    findings: Sequence[Finding]
    title: str = ""


Block = Table | Lines | Listing


@dataclass(frozen=True, slots=True)
class Page:
    """A result for human readers that is more than a list of findings: tables and sentences, in order.

    ``summary`` comes last in text, where the reader of a terminal looks first, and first in HTML. ``facts`` (name to
    value) are shown in HTML only.
    """

    title: str
    blocks: Sequence[Block]
    summary: Sequence[str] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


class LaterFindings(Sequence[Finding]):
    """Findings that are made when they are first looked at: for results that are large, and seldom shown that way."""

    def __init__(self, make: Callable[[], Sequence[Finding]]) -> None:
        self._make = make

    @cached_property
    def _findings(self) -> Sequence[Finding]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self._findings[index]

    def __len__(self) -> int:
        return len(self._findings)


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one run of a command, and how it shows them where it has more to show.

    What only some formats need is a function, which is called when one of them is written.
    """

    command: str
    """Its words, ``host lint``: the name of the JSON schema and of the JUnit suite are made of them."""
    findings: Sequence[Finding] | None
    """None if nothing was checked: then there is nothing for formats that hold findings alone."""
    rules: Iterable[Rule] = ()
    """Descriptions of the rules; those that occur are written into SARIF."""
    source: str = ""
    """What was checked: the location of findings that name no file."""
    page: Callable[[], Page] | None = None
    """For people, in Markdown and HTML, and in text unless ``text`` is given; without it, the findings."""
    text: Callable[[Screen], str] | None = None
    """The text, where it is neither the findings nor the page."""
    remarks: Sequence[str] = ()
    """What is said beside the text, on standard error; in other formats it is part of the findings or of the data."""
    data: Callable[[], Mapping[str, Any]] | None = None
    """What JSON holds besides the findings."""
    cases: Callable[[], Sequence[Case]] | None = None
    """Test cases for JUnit, where the command knows what passed as well; without them, the findings are the cases."""
    document: str | bytes | None = None
    """A document that the command writes; the findings are written beside it."""
    exit_code: int | None = None
    """The exit code, where it does not follow from the findings."""

    @property
    def failed(self) -> bool:
        """Whether there is a finding that is neither a note nor allowed."""
        return worth_failing(list(self.findings or ()))

    @property
    def name(self) -> str:
        """The command in one word: ``host-lint``."""
        return self.command.replace(" ", "-")

    def shown(self) -> Page:
        """The page, or one that lists the findings."""
        return self.page() if self.page else Page("Findings", [Listing(self.findings or ())])
