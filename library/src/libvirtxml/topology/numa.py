"""The NUMA cells of a domain."""

from __future__ import annotations

from dataclasses import dataclass

from libvirtxml.model.domain import Domain
from libvirtxml.model.shared import CPUNUMACell
from libvirtxml.topology.addresses import number
from libvirtxml.values import CPUSet

CELLS_PATH = "/domain/cpu/numa"


@dataclass(frozen=True, slots=True)
class NUMACell:
    """A NUMA cell of the guest: its element, and its id, which is its place where none is written."""

    element: CPUNUMACell
    id: int

    @property
    def cpus(self) -> frozenset[int]:
        """Its vCPUs; empty for a cell without any, or where the text is not a set of CPUs."""
        return CPUSet(self.element.cpus or "").numbers

    @property
    def memory(self) -> int | None:
        """Its memory in bytes; None where it is missing or not a number.

        Raises:
            SizeError: libvirt does not know the unit.
        """
        return self.element.bytes


def cells_of(domain: Domain) -> tuple[NUMACell, ...]:
    """The NUMA cells of a domain in the order of its document."""
    numa = domain.cpu.numa if domain.cpu else None
    cells = list(numa.cells) if numa else []
    ids = [number(cell.id) for cell in cells]
    return tuple(NUMACell(cell, place if ids[place] is None else ids[place] or 0) for place, cell in enumerate(cells))
