"""Inputs of the commands of ``virtsmith host``: specs by path or example name, and domain documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.options import INPUT
from virtsmith.cli.output import STDIO, input_name, naming, read_input, read_text

if TYPE_CHECKING:
    from libvirtxml import Domain, Edit

    from virtsmith.host.plan.topology import Plan

SPEC = click.argument("spec", type=INPUT)


def load_plan(path: Path) -> Plan:
    """Read and number a spec from a file, standard input, or the examples by name."""
    from virtsmith import host

    return host.parse_plan(read_text(path), input_name(path)) if path == STDIO else host.load_plan(path)


def load_domain(path: Path, text: str) -> Domain:
    """Parse domain XML."""
    from libvirtxml import Domain, check_sizes

    with naming(path):
        domain = Domain.parse(text.encode())  # a text without tags would be taken for a path
        check_sizes(domain)
    return domain


def edit_domain(path: Path) -> Edit[Domain]:
    """Start an edit of domain XML from a file or standard input, in any encoding."""
    from libvirtxml import Domain, check_sizes, edit

    with naming(path):
        change = edit(read_input(path), Domain)
        check_sizes(change.document)
    change.name = input_name(path)
    return change
