"""Rules about memory, processors and NUMA cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from libvirtxml._impl.definition.rule import Found, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain


@rule(
    "DEF010",
    "a guest has memory",
    why="libvirt does not make up an amount.",
    fix="Add <memory>, or give the NUMA cells memory.",
)
def check_memory(domain: Domain) -> Found:
    """Memory."""
    cells = domain.cpu.numa.cells if domain.cpu is not None and domain.cpu.numa is not None else []
    value = domain.memory.value if domain.memory is not None else 0
    if value in (0, None) and not any(cell.memory for cell in cells):
        yield "/domain/memory", "no memory is specified"


@rule(
    "DEF011",
    "the current number of vCPUs is at most their maximum",
    why="libvirt refuses more vCPUs than the guest can have.",
    fix="Raise the number in <vcpu>, or lower its attribute current.",
)
def check_vcpus(domain: Domain) -> Found:
    """Numbers of vCPUs."""
    vcpu = domain.vcpu
    most = 1 if vcpu is None or vcpu.value is None else vcpu.value
    if vcpu is not None and isinstance(vcpu.current, int) and isinstance(most, int) and vcpu.current > most >= 0:
        yield "/domain/vcpu/@current", f"{vcpu.current} vCPUs of at most {most}"


@rule(
    "DEF012",
    "a CPU without a model is not checked against one",
    why="There is nothing to check.",
    fix="Remove the attribute check, or name a model.",
)
def check_cpu_check(domain: Domain) -> Found:
    """CPU checks."""
    cpu = domain.cpu
    if cpu is not None and cpu.check not in (None, "none") and cpu.mode in (None, "custom") and cpu.model is None:
        yield "/domain/cpu/@check", f"{cpu.check!r} for a CPU that has no model"


@rule(
    "DEF013",
    "NUMA cells have numbers of their own",
    why="vCPUs and memory are assigned to cells by number.",
    fix="Number the cells from 0.",
)
def check_cells(domain: Domain) -> Found:
    """Numbers of NUMA cells."""
    cells = domain.cpu.numa.cells if domain.cpu is not None and domain.cpu.numa is not None else []
    for number, cell, first in repeated(cells, lambda cell: cell.id):
        yield f"/domain/cpu/numa/cell[{number}]/@id", f"cell {cell.id} is already cell[{first}]"
