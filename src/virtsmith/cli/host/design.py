"""Design commands: everything that is built from a spec without booting it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.host.boot_options import qemu_option
from virtsmith.cli.host.inputs import SPEC, edit_domain, load_plan
from virtsmith.cli.options import INPUT, format_option, output_option
from virtsmith.cli.output import is_replaceable, write_json, write_output
from virtsmith.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


def accel_option(command: Command) -> Command:
    """``--accel kvm|tcg``: the accelerator of the result."""
    return click.option(
        "--accel", type=click.Choice(["kvm", "tcg"]), help="Accelerator of the result.  [default: the spec's]"
    )(command)


@examples("virtsmith host init", "virtsmith host init numa3 -o host.toml")
@click.command()
@click.argument("example", default="annotated", metavar="[EXAMPLE]")
@output_option
@click.option("--list", "listing", is_flag=True, help="List the examples.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def init(example: str, output: Path, *, listing: bool, force: bool) -> None:
    """Write a commented example spec.

    EXAMPLE is annotated (every key explained), minimal, numa3, numa3-sriov or kubevirt-sriov. All other commands also
    accept these names instead of a file.
    """
    from virtsmith.host import example_text
    from virtsmith.host.spec.examples import NAMES

    if listing:
        write_output("".join(f"{name}\n" for name in NAMES))
        return
    text = example_text(example)
    if is_replaceable(output) and output.exists() and not force:
        raise UsageError(f"{output} already exists", hint="overwrite it with --force")
    write_output(text, output)


@examples("virtsmith host build numa3 -o host.xml", "virtsmith host build host.toml --onto web.xml")
@click.command()
@SPEC
@click.option("--onto", type=INPUT, metavar="DOMAIN.xml", help="Add the topology to this domain and keep the rest.")
@accel_option
@output_option
def build(spec: Path, output: Path, *, onto: Path | None, accel: str | None) -> None:
    """Write the libvirt domain XML of a spec."""
    from virtsmith.host import add_topology, build_domain

    plan = load_plan(spec)
    if onto is None:
        write_output(build_domain(plan, accel=accel).to_xml(), output)
        return
    change = edit_domain(onto)
    add_topology(plan, change.document)
    change.finish()
    write_output(change.data, output, check=change.check)


@examples("virtsmith host argv host.toml")
@click.command()
@SPEC
@accel_option
@qemu_option
@output_option
def argv(spec: Path, output: Path, *, accel: str | None, qemu: str | None) -> None:
    """Write the QEMU command line of a spec, with nothing to boot."""
    from virtsmith.host import qemu_argv

    write_output(shlex.join(qemu_argv(load_plan(spec), qemu=qemu, accel=accel)) + "\n", output)


@examples("virtsmith host virt-install host.toml")
@click.command("virt-install")
@SPEC
@output_option
def virt_install(spec: Path, output: Path) -> None:
    """Write the virt-install command line of a spec."""
    from virtsmith.host import virt_install_argv

    write_output(shlex.join(virt_install_argv(load_plan(spec))) + "\n", output)


@examples("virtsmith host show numa3", "virtsmith host show host.toml --format svg -o host.svg")
@click.command()
@SPEC
@format_option("text", "svg", "dot", "json")
def show(spec: Path, output_format: str, output: Path) -> None:
    """Draw the PCI and NUMA tree, with the lspci -t output and the IOMMU groups that the guest will show."""
    from virtsmith.host import show_data, show_dot, show_svg, show_text

    plan = load_plan(spec)
    if output_format == "json":
        write_json("host-plan", show_data(plan), output)
    else:
        write_output({"text": show_text, "svg": show_svg, "dot": show_dot}[output_format](plan), output)


@examples("virtsmith host provision host.toml", "virtsmith host provision host.toml --format script -o setup.sh")
@click.command()
@SPEC
@format_option("script", "cloud-init")
def provision(spec: Path, output_format: str, output: Path) -> None:
    """Write the setup of a full guest: kernel command line, packages, vfio, libvirt's network."""
    from virtsmith.host import provision_cloud_init, provision_script

    plan = load_plan(spec)
    write_output(provision_script(plan) if output_format == "script" else provision_cloud_init(plan), output)


COMMANDS: tuple[click.Command, ...] = (init, build, argv, virt_install, show, provision)
