"""The result of an export, and findings that several exports share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from libvirtxml.findings import Finding

from virtsmith.host.build.provision import kernel_words
from virtsmith.host.notes import Notes, comment, paragraphs
from virtsmith.host.plan.topology import Plan
from virtsmith.host.spec.check import distance_matrix


@dataclass(frozen=True, slots=True)
class Export:
    """A document for another product, and what it lacks of the plan."""

    body: str
    findings: tuple[Finding, ...]

    def text(self, title: str) -> str:
        """The document, with its findings as comments at the top."""
        head = [title, *paragraphs(self.findings, "It lacks:", "Notes:")]
        return "".join(f"{line}\n" for paragraph in head for line in comment(paragraph)) + "\n" + self.body


def note_guest_setup(plan: Plan, notes: Notes) -> None:
    """Note the kernel arguments, which are set inside the guest, whichever product created it."""
    if words := kernel_words(plan):
        notes.note("guest", "kernel", f"the guest needs {' '.join(words)}: virtsmith host provision sets that")


def note_disks(plan: Plan, notes: Notes, advice: str) -> None:
    """Report disks, which are files of this machine."""
    if plan.spec.image or plan.spec.disks or plan.spec.installer:
        notes.loss("disk", "disks", f"they are files of this machine: {advice}")


def note_numa_details(plan: Plan, notes: Notes, *, distances: bool) -> None:
    """Report distances (if the product has none), and memory attributes, which no product has."""
    usual = [tuple(10 if a == b else 20 for b in range(len(plan.spec.nodes))) for a in range(len(plan.spec.nodes))]
    if distances and list(distance_matrix(plan.spec)) != usual:
        notes.loss("distances", "distances", "all nodes are 20 from each other")
    if plan.spec.links:
        notes.loss("hmat", "memory attributes", "latencies and bandwidths are left out")


def other_devices(plan: Plan) -> Iterator[str]:
    """Names of devices that are not network cards."""
    yield from (endpoint.name for endpoint in plan.endpoints if not endpoint.device.kind.is_nic)


def sockets_cores_threads(plan: Plan) -> tuple[int, int, int]:
    """The topology for products without dies, where each die counts as a socket."""
    topology = plan.spec.topology
    if topology is None:
        return plan.spec.cpu_count, 1, 1
    return topology.sockets * topology.dies, topology.cores, topology.threads


def note_dies(plan: Plan, notes: Notes) -> None:
    """Report that dies become sockets."""
    if plan.spec.topology and plan.spec.topology.dies > 1:
        notes.loss("topology", "dies", "each die is a socket of its own")
