"""The products that a host can be exported to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from libvirtxml.findings import Finding

from virtsmith.errors import UsageError
from virtsmith.host.export.kcli import export_kcli
from virtsmith.host.export.kubevirt import export_kubevirt
from virtsmith.host.export.nova import export_nova, export_nova_compute
from virtsmith.host.export.result import Export
from virtsmith.host.plan.topology import Plan


@dataclass(frozen=True, slots=True)
class Product:
    """A product that creates virtual machines: the title of its document, and the function that writes it."""

    title: str
    export: Callable[[Plan], Export]


PRODUCTS = {
    "kcli": Product("Plan for kcli", export_kcli),
    "kubevirt": Product("Manifests for KubeVirt", export_kubevirt),
    "nova": Product("Commands for OpenStack Nova", export_nova),
    "nova-compute": Product("Configuration of Nova on the host", export_nova_compute),
}
"""All products, by their names on the command line."""


@dataclass(frozen=True, slots=True)
class ExportedHost:
    """A document for a product, which starts with its findings: what it cannot express of the plan."""

    text: str
    findings: tuple[Finding, ...]


def export_host(plan: Plan, product: str) -> ExportedHost:
    """Write a host in the format of a product that creates virtual machines.

    Raises:
        UsageError: the product is not known.
    """
    if product not in PRODUCTS:
        raise UsageError(f"unknown product: {product}", hint=f"known products: {', '.join(PRODUCTS)}")
    chosen = PRODUCTS[product]
    result = chosen.export(plan)
    return ExportedHost(result.text(f"{chosen.title}: the virtual host {plan.spec.name}."), result.findings)
