"""The verdict on a host, from a boot or from given facts."""

from __future__ import annotations

from collections.abc import Sequence

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError
from virtsmith.host.facts.model import Facts
from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.verify.nested import verify_nested
from virtsmith.host.verify.verdict import Verification
from virtsmith.host.verify.verify import verify_boot, verify_facts


def verify_host(
    plan: Plan,
    options: BootOptions | None = None,
    *,
    facts: Sequence[Facts] = (),
    nested: str | None = None,
    nested_qemu: str | None = None,
    traffic: bool = False,
    check_kvm: bool = False,
    progress: Progress = SILENT,
) -> Verification:
    """Boot a host with a probe inside, or take given facts, and compare what the guest shows with the design.

    Args:
        plan: the design.
        options: how to boot; see `virtsmith.host.find_boot_options`.
        facts: compare these instead of a boot; see `virtsmith.host.gather_facts`.
        nested: also assign a function to a nested guest, ``pf`` (physical), ``vf`` (virtual) or ``auto``, and check its
            traffic.
        nested_qemu: the QEMU program to run in the host.
        traffic: every card must get an address from its network.
        check_kvm: whether facts must show ``/dev/kvm``.
        progress: reports the phases.

    Raises:
        UsageError: facts are given, but a boot is needed.
        MissingError: no QEMU, kernel or busybox.
    """
    if facts:
        if nested or traffic:
            raise UsageError("nested guests and traffic need a boot: they cannot be combined with given facts")
        return verify_facts(plan, facts, check_kvm=check_kvm)
    if nested:
        return verify_nested(plan, options, kind=nested, nested_qemu=nested_qemu, progress=progress)
    return verify_boot(plan, options, traffic=traffic, progress=progress)
