"""The JSON Schemas of the documentation say what commands really print."""

import json
import os
import re
import subprocess
import sys

import jsonschema
import pytest
from helpers.abi_dumps import dump, queues
from helpers.doc_blocks import ROOT
from helpers.doc_runner import FILES
from helpers.suite_ark import provide
from helpers.surroundings import suite_ark

from virtsmith.abi.dump.store import Store

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "docs" / "schemas").glob("*.json"))}
CATALOGUE = (
    'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    '#: a:1\nmsgid "Cat"\nmsgstr "{}"\n\n#, c-format\nmsgid "%d a"\nmsgstr "%s a"\n'
)
COMMANDS = """
xml show newer.xml
xml check newer.xml --libvirt 6.0..9.8
xml check web.xml
xml get web.xml name devices.disks cpu.mode
xml since /domain/devices/tpm/backend/@type=external
xml since /domain/devices/tpm/backend/@type=external --target all
xml check newer.xml --target all --target libvirt=9.0
xml validate newer.xml
xml diff asked.xml returned.xml
xml roundtrip .
schema releases
schema releases 7.9.0
host lint passthrough.xml
host rules
host list
host show numa3-sriov
host verify minimal --facts numactl.txt
abi rules
abi dump --list-devices
abi show
po check
po rules
po stats
po diff HEAD
po savings
ark list
ark doctor
ark catalogue
ark targets
ark minimum debian ubuntu
abi machines web.xml small.xml --target all
abi machines --target debian-12
""".strip().splitlines()
WITH_ARK = """
ark list qemu
ark verify qemu@7.2
ark env qemu@7.2
abi dump qemu@7.2 --machine isapc --devices none
abi show 7.2 --machine isapc --devices none
abi diff qemu@7.2 qemu@7.2 --machine isapc --devices none
abi history qemu@7.2 --machine isapc
abi migrate qemu@7.2 qemu@7.2 --machine isapc --devices none --untouched
abi vm small.xml --from qemu@7.2 --to qemu@10.0 --untouched
""".strip().splitlines()


def strict(schema):
    """The schema with nothing allowed that it does not name: what is printed must be documented."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if schema.get("type") == "object" and "properties" in schema else {}
    return closed | {key: strict(value) for key, value in schema.items()}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    for path in FILES.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "numactl.txt").write_text("available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: 500 MB\n")
    (folder / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\nprofile = "mini"\n')
    (folder / "po").mkdir()
    (folder / "po" / "de.po").write_text(CATALOGUE.format("Katze"))
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *words], cwd=folder, check=True)
    (folder / "po" / "de.po").write_text(CATALOGUE.format("Kater"))
    return folder


def validate(line, folder, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "virtsmith", *line.split(), "--json"], cwd=folder, capture_output=True, text=True,
        check=False, env={**os.environ, "HOME": str(folder), "VIRTSMITH_ARK": str(folder / "ark"), **environment},
    )  # fmt: skip
    data = json.loads(done.stdout)
    schema = SCHEMAS[re.fullmatch(r"virtsmith\.([a-z-]+)/1", data["schema"])[1]]
    jsonschema.Draft202012Validator(strict(schema)).validate(data)


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_prints_what_its_schema_says_and_no_more(line, place):
    validate(line, place)


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("line", WITH_ARK)
def test_a_command_on_the_ark_prints_what_its_schema_says(line, place):
    provide("qemu@7.2", "qemu@10.0")
    validate(line, place, VIRTSMITH_ARK=str(suite_ark()))


def test_allowances_are_in_the_schema(tmp_path):
    store = Store(tmp_path / "dumps")
    for version, size in (("10.0.13", 1024), ("11.1.3", 256)):
        store.save(dump(version, virtio=queues(size)))
    (tmp_path / "allow.toml").write_text('[[allow]]\npath = "*/queues/0"\nreason = "known"\nby = "Ada"\n')
    validate("abi diff dumps --allow allow.toml", tmp_path)


def test_every_output_has_a_schema():
    sources = "".join(path.read_text() for path in (ROOT / "src" / "virtsmith" / "cli").rglob("*.py"))
    written = set(re.findall(r'write_json\(\s*"([a-z-]+)"', sources))
    written |= set(re.findall(r'show_findings\([^)]*name="([a-z-]+)"', sources))
    written |= set(re.findall(r'"virtsmith\.([a-z-]+)/1"', sources))
    assert written - set(SCHEMAS) == set()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_names_itself(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["properties"]["schema"]["const"] == f"virtsmith.{name}/1"
