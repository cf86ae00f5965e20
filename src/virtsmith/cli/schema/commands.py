"""``virtsmith schema``: read libvirt's schemas, keep their facts, generate the model."""

from __future__ import annotations

from pathlib import Path

import click
from libvirtxml.files import find_files

from virtsmith.cli.commands import examples
from virtsmith.cli.options import DIRECTORY, format_option
from virtsmith.cli.output import progress, say, steps, waiting, write_json, write_output
from virtsmith.errors import ExitCode, UsageError


@examples("virtsmith schema import /usr/share/libvirt/schemas --version 12.9.0")
@click.command("import")
@click.argument("directories", nargs=-1, required=True, type=DIRECTORY)
@click.option("--version", help="The libvirt release of a single DIRECTORY; by default the directory's name.")
@format_option("text", "json")
def import_(directories: tuple[Path, ...], version: str | None, output_format: str, output: Path) -> None:
    """Add the schemas in each DIRECTORY, one libvirt release each, to the facts."""
    from virtsmith.schema.pipeline import import_releases
    from virtsmith.schema.summary import describe_release, release_additions

    if version and len(directories) > 1:
        raise UsageError("--version names one release, but there are several directories")
    sources = {version or directory.resolve().name: directory for directory in directories}
    with progress() as bar:
        facts = import_releases(sources, progress=bar)
    additions = {release: release_additions(facts, release) for release in sources}
    if output_format == "json":
        write_json("schema-import", {"releases": facts.releases, "additions": additions}, output)
    else:
        write_output("".join(describe_release(facts, release) for release in sources), output)
    say("now run: virtsmith schema generate")


@examples("virtsmith schema generate --check")
@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a generated file is not up to date.")
def generate(*, check: bool) -> ExitCode:
    """Write the typed model from the facts, the overlay and the lock."""
    from virtsmith.schema.pipeline import find_drift
    from virtsmith.schema.pipeline import generate as write_model

    with waiting("generating"):
        paths = find_drift() if check else write_model()
    for path in paths:
        say(f"{'not up to date' if check else 'written'}: {path}")
    return ExitCode.FINDINGS if check and paths else ExitCode.OK


@examples("virtsmith schema releases", "virtsmith schema releases 11.3.0")
@click.command()
@click.argument("release", required=False)
@format_option("text", "json")
def releases(release: str | None, output_format: str, output: Path) -> None:
    """List the libvirt releases in the facts, or what one RELEASE added and dropped."""
    from virtsmith.schema.pipeline import load_facts
    from virtsmith.schema.summary import describe_release, release_additions

    facts = load_facts()
    if release is None:
        if output_format == "json":
            write_json("schema-releases", {"releases": facts.releases}, output)
        else:
            write_output("".join(f"{name}\n" for name in facts.releases), output)
        return
    if release not in facts.releases:
        raise UsageError(f"release {release} is not in the facts", hint="virtsmith schema releases lists them")
    if output_format == "json":
        write_json("schema-release", {"release": release, "additions": release_additions(facts, release)}, output)
    else:
        write_output(describe_release(facts, release), output)


@examples("virtsmith schema learn-order libvirt/tests/qemuxmlconfdata")
@click.command("learn-order")
@click.argument("documents", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def learn_order(documents: tuple[Path, ...]) -> None:
    """Learn libvirt's order of attributes and children from DOCUMENTS (files or directories) that it wrote."""
    from virtsmith.schema.order import write_order
    from virtsmith.schema.pipeline import DATA

    files = [
        path for document in documents for path in ([document] if document.is_file() else find_files(document, ".xml"))
    ]
    with steps("learning", files) as left:
        count = write_order(left, DATA / "order.json")
    say(f"learned from {count} documents; now run: virtsmith schema generate")


COMMANDS: tuple[click.Command, ...] = (import_, generate, releases, learn_order)
