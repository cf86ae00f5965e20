"""The bus numbers of expanders in the guest."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain
from libvirtxml.findings import Severity

from virtsmith.host.lint.rule import Violation, repeated, rule
from virtsmith.host.lint.view import LintView
from virtsmith.host.plan.topology import LAST_BUS, LIBVIRT_PORTS, place_ranges
from virtsmith.host.spec.model import RootComplex


def renumber_expanders(domain: Domain) -> None:
    """Give every expander a range of its own; numbers that are already right are kept.

    Raises:
        SpecError: there are not enough bus numbers.
    """
    tree = LintView(domain).pci
    low = tree.buses_below(0) + LIBVIRT_PORTS + 1
    kept: list[tuple[int, int]] = []
    complexes: list[RootComplex] = []
    for expander in tree.expanders:
        first, last = tree.bus_range(expander)
        clash = any(first <= other_last and other_first <= last for other_first, other_last in kept)
        right = low <= first and last <= LAST_BUS and not clash
        if right:
            kept.append((first, last))
        complexes.append(RootComplex(spare_ports=last - first, bus=first if right else None))
    starts = place_ranges([(0, root_complex) for root_complex in complexes], low=low)
    for expander, start in zip(tree.expanders, starts, strict=True):
        if expander.element.target is not None:
            expander.element.target.bus_nr = start


@rule(
    "VH001",
    "Bus ranges of expanders must not overlap",
    why="An expander with number B and n ports uses the guest buses B to B+n. libvirt, QEMU and the firmware accept "
    "overlapping ranges; the guest then loses devices and shows others on the wrong node.",
    fix="Leave at least as many numbers between expanders as each has ports, plus one.",
    repair=renumber_expanders,
)
def overlapping_ranges(view: LintView) -> Iterator[Violation]:
    """Yield each pair of expanders with common buses; the same first bus is VH006."""
    seen: list[tuple[int, int, int]] = []
    for expander in view.pci.expanders:
        first, last = view.pci.bus_range(expander)
        for index, other_first, other_last in seen:
            if first <= other_last and other_first <= last and first != other_first:
                yield Violation(
                    f"expander index {expander.index}",
                    f"its buses {first}-{last} overlap {other_first}-{other_last} of the expander with index {index}",
                    expander.path,
                )
        seen.append((expander.index, first, last))


@rule(
    "VH002",
    "Bus ranges must end at 255 or below",
    why="SeaBIOS numbers buses past 255 in an endless loop: the guest never shows anything.",
    fix="Choose a lower bus number.",
    repair=renumber_expanders,
)
def past_last_bus(view: LintView) -> Iterator[Violation]:
    """Yield each expander whose range ends past the last bus."""
    for expander in view.pci.expanders:
        first, last = view.pci.bus_range(expander)
        if last > LAST_BUS:
            message = f"bus {first} with {last - first} buses behind it ends at {last}"
            yield Violation(f"expander index {expander.index}", message, expander.path)


@rule(
    "VH003",
    "Expander numbers must lie above the buses of pcie-root",
    why="The firmware numbers the bridges below pcie-root from 1 on. An expander in that range disappears, and its "
    "ports appear below a bridge, on no node and in one IOMMU group.",
    fix="Choose a number above all bridges and root ports of pcie-root, including those that libvirt adds.",
    repair=renumber_expanders,
)
def among_root_buses(view: LintView) -> Iterator[Violation]:
    """Yield each expander among the buses below pcie-root, or where libvirt will add more of them."""
    own = view.pci.buses_below(0)
    for expander in view.pci.expanders:
        first = expander.bus_number or 0
        subject = f"expander index {expander.index}"
        if first <= own:
            yield Violation(subject, f"bus {first} is one of the {own} buses below pcie-root", expander.path)
        elif first <= own + LIBVIRT_PORTS and not view.is_stored:
            yield Violation(
                subject,
                f"bus {first} leaves little room above the {own} buses below pcie-root: libvirt adds root ports",
                expander.path,
                Severity.WARNING,
            )


@rule(
    "VH006",
    "Every expander has a bus number of its own",
    why='libvirt defines the domain, but QEMU refuses to start: "Bus N is already in use".',
    fix="Give each expander another busNr.",
    repair=renumber_expanders,
)
def duplicate_bus_number(view: LintView) -> Iterator[Violation]:
    """Yield each expander with the bus number of an earlier one."""
    for expander, first in repeated(view.pci.expanders, lambda expander: expander.bus_number):
        yield Violation(
            f"expander index {expander.index}",
            f"its bus number {expander.bus_number} is also that of index {first.index}",
            expander.path,
        )
