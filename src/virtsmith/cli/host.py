"""``virtsmith host``: design. What is made of a spec stands here; lint, boots and verdicts join below."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from virtsmith.cli import host_export, host_lint, host_run, host_twin, host_verify
from virtsmith.cli.commands import ToolGroup, examples
from virtsmith.cli.host_boot_options import qemu_option
from virtsmith.cli.options import INPUT, format_option, output_option
from virtsmith.cli.output import STDIO, input_name, naming, read_input, write_json, write_output
from virtsmith.errors import InputError, UsageError

if TYPE_CHECKING:
    from virtsmith.host.topology import Plan
    from virtsmith.libvirtxml import Domain

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(cls=ToolGroup)
def group() -> None:
    """Virtual hosts with NUMA, PCI and IOMMU topologies: designed, linted, booted, proven inside the guest."""


for commands in (host_twin.COMMANDS, host_export.COMMANDS, host_lint.COMMANDS, host_run.COMMANDS, host_verify.COMMANDS):
    for joined in commands:
        group.add_command(joined)

SPEC = click.argument("spec", type=INPUT)
_XML_HINT = "virtsmith host lint takes domains; virtsmith host init writes a spec"


def accel_option(command: Command) -> Command:
    """``--accel kvm|tcg``: what the result asks for."""
    return click.option(
        "--accel", type=click.Choice(["kvm", "tcg"]), help="Ask for this accelerator.  [default: the spec's]"
    )(command)


def load_plan(path: Path) -> Plan:
    """Read and number a spec from a file, standard input, or the examples by name."""
    from virtsmith.host.examples import NAMES, example_spec
    from virtsmith.host.reader import parse_spec
    from virtsmith.host.topology import plan

    if path != STDIO and not path.exists():
        if str(path) in NAMES:
            return plan(example_spec(str(path)))
        raise InputError(
            "no such file, and no example of that name", source=str(path), hint=f"examples are {', '.join(NAMES)}"
        )
    text = read_text(path)
    if text.lstrip().startswith("<"):
        raise InputError("a spec is TOML, and this looks like XML", source=input_name(path), hint=_XML_HINT)
    return plan(parse_spec(text, input_name(path)))


def read_text(path: Path) -> str:
    """Read a text from a file or standard input."""
    try:
        return read_input(path).decode()
    except UnicodeDecodeError as error:
        raise InputError("not valid UTF-8", source=input_name(path)) from error


def load_domain(path: Path, text: str) -> Domain:
    """Parse domain XML."""
    from virtsmith.libvirtxml import Domain, parse

    with naming(path):
        domain = parse(text.encode())  # a text without tags would be taken for a path
    if not isinstance(domain, Domain):
        raise InputError(f"not a domain document but a {type(domain).__name__}", source=input_name(path))
    return domain


@examples("virtsmith host init", "virtsmith host init numa3 -o host.toml")
@group.command()
@click.argument("example", default="annotated", metavar="[EXAMPLE]")
@output_option
@click.option("--list", "listing", is_flag=True, help="List the examples.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def init(example: str, output: Path, *, listing: bool, force: bool) -> None:
    """Write a commented example spec.

    EXAMPLE is annotated (every key explained), minimal, numa3, numa3-sriov or kubevirt-sriov. All other commands also
    take these names in place of a file.
    """
    from virtsmith.host.examples import NAMES, example_text

    if listing:
        write_output("".join(f"{name}\n" for name in NAMES))
        return
    text = example_text(example)
    if output != STDIO and output.exists() and not force:
        raise UsageError(f"{output} exists already", hint="overwrite it with --force")
    write_output(text, output)


@examples("virtsmith host build numa3 -o host.xml", "virtsmith host build host.toml --onto web.xml")
@group.command()
@SPEC
@click.option("--onto", type=INPUT, metavar="DOMAIN.xml", help="Add the topology to this domain; the rest stays.")
@accel_option
@output_option
def build(spec: Path, output: Path, *, onto: Path | None, accel: str | None) -> None:
    """Write the libvirt domain XML of a spec."""
    from virtsmith.host.build import build_domain

    plan = load_plan(spec)
    if onto is None:
        write_output(build_domain(plan, accel=accel).to_xml(), output)
        return
    from virtsmith.host.onto import add_topology

    domain = add_topology(plan, load_domain(onto, read_text(onto)))
    write_output(domain.to_xml(), output)


@examples("virtsmith host argv host.toml")
@group.command()
@SPEC
@accel_option
@qemu_option
@output_option
def argv(spec: Path, output: Path, *, accel: str | None, qemu: str | None) -> None:
    """Write the QEMU command line of a spec, without anything to boot."""
    from virtsmith.host.argv import qemu_argv

    write_output(shlex.join(qemu_argv(load_plan(spec), qemu=qemu, accel=accel)) + "\n", output)


@examples("virtsmith host virt-install host.toml")
@group.command("virt-install")
@SPEC
@output_option
def virt_install(spec: Path, output: Path) -> None:
    """Write the virt-install command line of a spec."""
    from virtsmith.host.virtinstall import virt_install_argv

    write_output(shlex.join(virt_install_argv(load_plan(spec))) + "\n", output)


@examples("virtsmith host show numa3", "virtsmith host show host.toml --format svg -o host.svg")
@group.command()
@SPEC
@format_option("text", "svg", "dot", "json")
@output_option
def show(spec: Path, output_format: str, output: Path) -> None:
    """Draw the PCI and NUMA tree, with the lspci -t and the IOMMU groups that the guest will show."""
    plan = load_plan(spec)
    if output_format == "json":
        from virtsmith.host.views.data import show_data

        write_json("host-plan", show_data(plan), output)
        return
    from virtsmith.host.views.boxes import show_dot, show_svg
    from virtsmith.host.views.text import show_text

    write_output({"text": show_text, "svg": show_svg, "dot": show_dot}[output_format](plan), output)


@examples("virtsmith host provision host.toml", "virtsmith host provision host.toml --format script -o setup.sh")
@group.command()
@SPEC
@format_option("script", "cloud-init")
@output_option
def provision(spec: Path, output_format: str, output: Path) -> None:
    """Write the set-up inside a full guest: kernel command line, packages, vfio, libvirt's network."""
    from virtsmith.host.provision import provision_cloud_init, provision_script

    plan = load_plan(spec)
    write_output(provision_script(plan) if output_format == "script" else provision_cloud_init(plan), output)
