"""``virtsmith ark migrate``: does a guest get from one pair of versions to another?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name, progress, read_input
from virtsmith.errors import ExitCode
from virtsmith.report.report import Page, Report

if TYPE_CHECKING:
    from virtsmith.ark.migrate.run import DomainMigration

_WAYS = ("p2p", "tunnelled", "unix", "save")


@examples("virtsmith ark migrate web.xml --from libvirt@9.0/qemu@7.2 --to libvirt@12.8/qemu@11.1 --both-ways")
@click.command()
@click.argument("document", type=INPUT, metavar="DOMAIN.xml")
@click.option("--from", "origins", multiple=True, required=True, metavar="PAIR", help="As in libvirt@9.0/qemu@7.2.")
@click.option(
    "--to", "destinations", multiple=True, required=True, metavar="PAIR", help="As in libvirt@12.8/qemu@11.1."
)
@click.option("--both-ways", is_flag=True, help="Also back.")
@click.option(
    "--way",
    "ways",
    multiple=True,
    type=click.Choice(_WAYS),
    help="p2p (live, over TCP), tunnelled (live, through the daemons), unix (live), save (to a file).  [default: all]",
)
@click.option("--kvm", is_flag=True, help="With KVM, if the domain asks for it.  [default: emulated]")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Directions at once.  [default: one per processor]")
@findings_output
@click.pass_obj
def migrate(
    place: Path | None,
    document: Path,
    *,
    origins: tuple[str, ...],
    destinations: tuple[str, ...],
    both_ways: bool,
    ways: tuple[str, ...],
    kvm: bool,
    jobs: int | None,
) -> Report:
    """Migrate a domain between pairs of installed versions, live and by a saved state.

    Each direction has two daemons of its own. The guest is started with stand-ins for what it names of the machine it
    comes from, runs its firmware and is moved; then its QEMU is asked for its version. Exits with 1 if it does not
    arrive somewhere.
    """
    from virtsmith.ark import Ark, migrate_domain

    with progress() as shown:
        found = migrate_domain(
            read_input(document),
            origins,
            destinations,
            both_ways=both_ways,
            ways=ways or _WAYS,
            kvm=kvm,
            name=input_name(document),
            ark=Ark.open(place),
            jobs=jobs,
            progress=shown,
        )
    return migration_report(found, input_name(document))


def migration_report(found: DomainMigration, source: str) -> Report:
    """A table of all migrations, and those that did not succeed as findings."""
    from virtsmith.ark.check.report import notes_table
    from virtsmith.ark.migrate.findings import RULES, migration_findings, passages_table, to_cases, words_table

    def page() -> Page:
        more = [words_table(found.passages), notes_table(found.stand_ins)]
        tables = [passages_table(found.passages), *(table for table in more if table.rows)]
        good = sum(passage.result.value == "ok" for passage in found.passages)
        facts = {"domain": found.domain.name, "migrations": str(len(found.passages)), "ok": str(good)}
        return Page(f"Does {found.domain.name} arrive?", tables, facts=facts)

    return Report(
        "ark migrate",
        migration_findings(found.passages, source),
        RULES,
        source,
        page=page,
        data=found.to_dict,
        cases=lambda: to_cases(found.passages),
        exit_code=ExitCode.OK if found.is_fine else ExitCode.FINDINGS,
    )


COMMANDS: tuple[click.Command, ...] = (migrate,)
