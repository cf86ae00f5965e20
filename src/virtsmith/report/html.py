"""Self-contained HTML pages: no scripts, no addresses, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libvirtxml.findings import Finding

from virtsmith.report.table import Table, findings_table


def render_page(title: str, tables: Sequence[Table], facts: Mapping[str, str] | None = None) -> str:
    """Return a whole page with some tables, and with ``facts`` (name to value) at its head."""
    import jinja2  # noqa: PLC0415 - most commands write no HTML

    loader = jinja2.PackageLoader("virtsmith.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html").render(title=title, tables=tables, facts=facts or {})


def render_findings(findings: Sequence[Finding], title: str = "Findings") -> str:
    """Return a page with findings."""
    return render_page(title, [findings_table(findings)])
