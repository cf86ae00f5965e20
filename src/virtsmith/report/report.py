"""A report: the findings of one run of a command, and all that the formats need to show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from libvirtxml.findings import Finding, Rule, worth_failing

if TYPE_CHECKING:
    from virtsmith.report.cases import Case
    from virtsmith.report.table import Table


@dataclass(frozen=True, slots=True)
class Screen:
    """The output device of text: whether it shows colours, and its width (None: unlimited)."""

    colour: bool = False
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, one per line; in Markdown and HTML a list."""

    lines: Sequence[str]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Findings: in text, lines as compilers print them; in Markdown and HTML, a table."""

    findings: Sequence[Finding]
    title: str = ""


Block: TypeAlias = "Table | Lines | Listing"


@dataclass(frozen=True, slots=True)
class Page:
    """A result for readers that is more than a list of findings: tables and sentences, in order.

    ``summary`` comes last in text, where it stays visible on a terminal, and first in HTML. ``facts`` (name to
    value) are shown in HTML only.
    """

    title: str
    blocks: Sequence[Block]
    summary: Sequence[str] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


class LaterFindings(Sequence[Finding]):
    """Findings that are created on first access, for large results that are rarely shown as findings."""

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
    """The findings of one run of a command, and what else the command shows.

    What only some formats need is a function, called when one of them is written.
    """

    command: str
    """The command's name, such as ``host lint``; the JSON schema and the JUnit suite are named after it."""
    findings: Sequence[Finding] | None
    """None if nothing was checked: formats that show only findings then have nothing to show."""
    rules: Iterable[Rule] = ()
    """The rules; SARIF contains the descriptions of those that occur."""
    source: str = ""
    """What was checked: the location of findings without a file."""
    page: Callable[[], Page] | None = None
    """For Markdown, HTML, and text unless ``text`` is given; by default a list of the findings."""
    text: Callable[[Screen], str] | None = None
    """The text output, if it is neither the findings nor the page."""
    remarks: Sequence[str] = ()
    """Messages for standard error beside text output; other formats have them in the findings or the data."""
    data: Callable[[], Mapping[str, Any]] | None = None
    """What JSON contains besides the findings."""
    cases: Callable[[], Sequence[Case]] | None = None
    """Test cases for JUnit, if the command also knows what passed; by default, the findings are the cases."""
    document: str | bytes | None = None
    """A document that the command writes, besides reporting findings."""
    exit_code: int | None = None
    """The exit code, if it does not follow from the findings."""

    @property
    def failed(self) -> bool:
        """Whether there is a finding that is neither a note nor allowed."""
        return worth_failing(list(self.findings or ()))

    @property
    def name(self) -> str:
        """The command's name as one word: ``host-lint``."""
        return self.command.replace(" ", "-")

    def shown(self) -> Page:
        """Return the page, or one that lists the findings."""
        return self.page() if self.page else Page("Findings", [Listing(self.findings or ())])
