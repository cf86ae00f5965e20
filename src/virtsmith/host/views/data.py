"""A plan as plain data, for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import Plan
from virtsmith.host.spec.quantities import format_cpus


def show_data(plan: Plan) -> dict[str, Any]:
    """Nodes, controllers, devices and predicted groups as JSON data; sizes in KiB."""
    expected = predict(plan)
    levels = {}
    if topology := plan.spec.topology:
        levels = {
            "sockets": topology.sockets,
            "dies": topology.dies,
            "cores": topology.cores,
            "threads": topology.threads,
        }
    return ({"topology": levels} if levels else {}) | {
        "name": plan.spec.name,
        "nodes": [
            {
                "id": node.number,
                "cpus": format_cpus(node.cpus),
                "memory_kib": node.memory_kib,
                "distances": list(node.distances),
                "hugepages": {str(size): count for size, count in node.hugepages.items()},
            }
            for node in expected.nodes
        ],
        "controllers": [
            {key: value for key, value in asdict(controller).items() if value is not None and key != "ids"}
            for controller in plan.controllers
        ],
        "devices": [
            {
                "address": device.address,
                "parent": device.parent,
                "ids": device.ids,
                "node": device.node,
                "mac": device.mac,
                "kind": device.label,
                "physical": device.physical,
            }
            for device in expected.devices
        ],
        "groups": [sorted(group) for group in expected.groups],
    }
