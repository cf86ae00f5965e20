"""Self-contained HTML pages without scripts or external resources, in light and dark."""

from __future__ import annotations

from virtsmith.report.report import Block, Lines, Listing, Page, Report, Screen
from virtsmith.report.table import Table, findings_table


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return the page of a report."""
    return render_page(report.shown())


def render_page(page: Page) -> str:
    """Return a complete page, with its facts and summary at the top."""
    import jinja2  # noqa: PLC0415 - most commands write no HTML

    loader = jinja2.PackageLoader("virtsmith.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    blocks = [_block(block) for block in page.blocks]
    return environment.get_template("page.html").render(page=page, blocks=blocks)


def _block(block: Block) -> Table | Lines:
    if not isinstance(block, Listing):
        return block
    return findings_table(block.findings, block.title) if block.findings else Lines(["No findings."], block.title)
