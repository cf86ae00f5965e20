"""A self-contained page about machine types across QEMU versions, and the same data as JSON."""

from virtsmith.abi.report.data import REPORT_SCHEMA, build_report
from virtsmith.abi.report.page import render_report

__all__ = ["REPORT_SCHEMA", "build_report", "render_report"]
