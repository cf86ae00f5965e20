"""Facts of one machine, from all available sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from virtsmith.host.facts.collect import collect_by_agent, collect_by_libvirt, collect_by_ssh
from virtsmith.host.facts.model import Facts
from virtsmith.host.facts.parsers.guess import parse_any
from virtsmith.host.run.running import find_host


def gather_facts(
    texts: Mapping[str, bytes] | None = None,
    *,
    ssh: str | None = None,
    agent: Path | None = None,
    host: str | None = None,
    libvirt: str | None = None,
) -> list[Facts]:
    """Read facts, and collect those of a running machine.

    Args:
        texts: what a machine reports, by the name to use in errors: facts of the probe, or output of ``numactl
            --hardware``, ``lspci -t``, ``lscpu -J``, ``lstopo``, ``dmesg``, ``virsh capabilities`` and others.
        ssh: ``[USER@]HOST[:PORT]`` of a running machine.
        agent: the socket of a guest agent.
        host: the name of a host that `virtsmith.host.start_host` started.
        libvirt: the URI of a machine's libvirt.

    Raises:
        FactsDamaged: a text is none of these.
        VirtsmithError: a machine cannot be reached.
    """
    facts = [parse_any(data, name) for name, data in (texts or {}).items()]
    if ssh:
        facts.append(collect_by_ssh(ssh))
    if agent:
        facts.append(collect_by_agent(agent))
    if host:
        facts.append(find_host(host).facts())
    if libvirt:
        facts += collect_by_libvirt(libvirt)
    return facts
