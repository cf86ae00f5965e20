"""``virtsmith host twin``."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.host.facts import read_facts, running_options
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name
from virtsmith.host.plan.architecture import IOMMUS
from virtsmith.report.report import Report


def _size(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    from virtsmith.host.spec.quantities import parse_kib

    try:
        return parse_kib(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a size; write it like 8GiB") from error


@examples(
    "virtsmith host twin --memory 8GiB --cpus 16 -o twin.toml",
    "virtsmith host twin --ssh root@192.0.2.7 -o twin.toml",
    "virsh capabilities | virtsmith host twin - --memory 8GiB",
)
@click.command()
@click.argument("files", nargs=-1, type=INPUT, metavar="[FACTS]...")
@running_options
@click.option("--libvirt", metavar="URI", help="Collect the facts from the libvirt of the machine, through virsh.")
@click.option(
    "--memory",
    "memory_kib",
    callback=_size,
    metavar="SIZE",
    help="Memory limit of the twin; nodes keep their shares.  [default: the real size]",
)
@click.option(
    "--cpus",
    type=click.IntRange(1),
    metavar="COUNT",
    help="CPU limit of the twin; nodes keep their shares.  [default: the real number]",
)
@click.option(
    "--iommu",
    type=click.Choice(IOMMUS),
    help="Its IOMMU.  [default: the real kind, Intel's instead of AMD's]",
)
@click.option("--stand-ins", is_flag=True, help="Add a random number generator for devices that cannot be emulated.")
@click.option("--name", "host_name", default="twin", show_default=True, metavar="NAME", help="Its name.")
@findings_output
def twin(
    files: tuple[Path, ...],
    *,
    ssh: str | None,
    agent: Path | None,
    name: str | None,
    libvirt: str | None,
    memory_kib: int | None,
    cpus: int | None,
    iommu: str | None,
    stand_ins: bool,
    host_name: str,
) -> Report:
    """Write the spec of a virtual host with the shape of a real one.

    FACTS are reported by the real machine: facts of the probe, or output of virsh capabilities, nodedev-dumpxml,
    numactl --hardware, lscpu -J -e, lstopo --of xml and others, in any number; the default is this machine. Exits with
    1 if the twin cannot have something of the real one, which standard error and the top of the spec list.
    """
    from virtsmith.host import TwinOptions, collect_here, gather_facts, make_twin
    from virtsmith.host.notes import rules_of
    from virtsmith.host.spec.reader import check_name

    options = TwinOptions(
        name=check_name(host_name), memory_kib=memory_kib, cpus=cpus, iommu=iommu, stand_ins=stand_ins
    )
    facts = gather_facts(read_facts(files), ssh=ssh, agent=agent, host=name, libvirt=libvirt)
    result = make_twin(facts or [collect_here()], options)
    sources = [*map(input_name, files), *([ssh] if ssh else []), *([name] if name else []), "this machine"]
    return Report("host twin", result.findings, rules_of("twin"), sources[0], document=result.to_toml())


COMMANDS: tuple[click.Command, ...] = (twin,)
