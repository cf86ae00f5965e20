"""The hardware that QEMU versions show to guests: recorded, compared, and proven by migration.

The functions of this package do what the commands of ``virtsmith abi`` do; QEMUs are named by the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtsmith.core.lazy import lazy_exports

if TYPE_CHECKING:
    from virtsmith.abi.diff.allow_file import load_allowances as load_allowances
    from virtsmith.abi.diff.gather import DumpRequest as DumpRequest
    from virtsmith.abi.diff.gather import dump_qemus as dump_qemus
    from virtsmith.abi.diff.gather import gather_dumps as gather_dumps
    from virtsmith.abi.diff.qemus import compare_qemus as compare_qemus
    from virtsmith.abi.diff.rule_file import load_rules as load_rules
    from virtsmith.abi.diff.trace import trace_history as trace_history
    from virtsmith.abi.diff.verdict import judge as judge
    from virtsmith.abi.dump.store import find_dump as find_dump
    from virtsmith.abi.dump.store import load_dump as load_dump
    from virtsmith.abi.dump.store import open_store as open_store
    from virtsmith.abi.machine_types import advise_domains as advise_domains
    from virtsmith.abi.machine_types import find_machine_types as find_machine_types
    from virtsmith.abi.migrate.results import read_loads as read_loads
    from virtsmith.abi.migrate.trials import try_migrations as try_migrations
    from virtsmith.abi.report.make import report_qemus as report_qemus
    from virtsmith.abi.report.page import render_report as render_report
    from virtsmith.abi.vm.run import check_vm as check_vm

if not TYPE_CHECKING:  # type checkers see the names above, and so notice wrong ones
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "diff.allow_file": ("load_allowances",),
            "diff.gather": ("DumpRequest", "dump_qemus", "gather_dumps"),
            "diff.qemus": ("compare_qemus",),
            "diff.rule_file": ("load_rules",),
            "diff.trace": ("trace_history",),
            "diff.verdict": ("judge",),
            "dump.store": ("find_dump", "load_dump", "open_store"),
            "machine_types": ("advise_domains", "find_machine_types"),
            "migrate.results": ("read_loads",),
            "migrate.trials": ("try_migrations",),
            "report.make": ("report_qemus",),
            "report.page": ("render_report",),
            "vm.run": ("check_vm",),
        },
    )
