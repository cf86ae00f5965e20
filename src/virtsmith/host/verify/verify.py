"""The verdict on a host: boot it (or take given facts) and compare."""

from __future__ import annotations

from collections.abc import Iterable

from virtsmith.core.progress import SILENT, Progress
from virtsmith.host.facts.model import Facts
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.boot import BootOptions, boot_probe
from virtsmith.host.verify.compare import compare_facts, iter_unknown
from virtsmith.host.verify.proofs import iter_unproven
from virtsmith.host.verify.verdict import BootResult, HostVerdict, Verification


def verify_boot(
    plan: Plan,
    options: BootOptions | None = None,
    *,
    traffic: bool = False,
    booted: Plan | None = None,
    progress: Progress = SILENT,
) -> Verification:
    """Boot a host with the probe inside and compare what it reports with the design.

    Args:
        plan: the design.
        options: how to boot.
        traffic: every card must get an address from its user network; always checked with an AMD IOMMU, whose
            emulation shows perfect groups while DMA does not work.
        booted: another plan to boot instead of the design, to see what a wrong one does.
        progress: reports the phases.

    Raises:
        MissingError: no QEMU, kernel or busybox.
    """
    options = options or BootOptions()
    amd = plan.spec.iommu is not None and plan.spec.iommu.model == "amd"
    words = ["virtsmith.traffic=1"] if traffic or amd else []
    result = boot_probe(booted or plan, options, progress=progress, words=words)
    if result.facts is None:
        return Verification(plan.spec.name, result.verdict, boot=result)
    own = options.libvirt is None
    return verify_facts(plan, [result.facts], check_kvm=options.check_kvm, boot=result, own_boot=own)


def verify_facts(
    plan: Plan,
    sources: Iterable[Facts],
    *,
    check_kvm: bool = False,
    boot: BootResult | None = None,
    own_boot: bool = False,
) -> Verification:
    """Compare facts from any number of sources with the design.

    Args:
        plan: the design.
        sources: the facts.
        check_kvm: ``/dev/kvm`` itself must exist.
        boot: the boot that they come from.
        own_boot: QEMU was started with the arguments of the design, without a libvirt that adds ports.
    """
    expected = predict(plan)
    how = {"check_kvm": check_kvm, "nested": plan.spec.nested, "own_boot": own_boot}
    comparisons = [compare_facts(expected, facts, **how) for facts in sources]
    if boot is not None and comparisons:
        comparisons[0].see("accelerator", known=boot.accel == plan.spec.accel)
    findings = tuple(finding for comparison in comparisons for finding in comparison.findings)
    return Verification(
        plan.spec.name,
        HostVerdict.DIFFERS if findings else HostVerdict.OK,
        findings,
        checked=tuple(sorted({kind for comparison in comparisons for kind in comparison.checked})),
        unknown=tuple(iter_unknown(comparisons)),
        unproven=tuple(iter_unproven(plan.spec, comparisons)),
        boot=boot,
    )
