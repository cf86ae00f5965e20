"""The JSON Schemas of the documentation say what commands really print."""

import os
import re
import subprocess
import sys

import jsonschema
import pytest
from helpers.abi_dumps import dump, queues
from helpers.doc_blocks import ROOT
from helpers.doc_runner import FILES
from helpers.report_judges import SCHEMAS, judge_json
from helpers.suite_ark import provide
from helpers.surroundings import suite_ark

from virtsmith.abi.dump.store import DumpStore

CATALOGUE = (
    'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    '#: a:1\nmsgid "Cat"\nmsgstr "{}"\n\n#, c-format\nmsgid "%d a"\nmsgstr "%s a"\n'
)
COMMANDS = """
clean
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
xml rules
ark rules
host rules verify/nodes
host twin numactl.txt -o twin.toml
host export numa3-sriov --to kcli -o plan.yaml
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


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("json")
    for path in FILES.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())
    (directory / "numactl.txt").write_text("available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: 500 MB\n")
    (directory / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\nprofile = "mini"\n')
    (directory / "po").mkdir()
    (directory / "po" / "de.po").write_text(CATALOGUE.format("Katze"))
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *words], cwd=directory, check=True)
    (directory / "po" / "de.po").write_text(CATALOGUE.format("Kater"))
    return directory


def validate(line, directory, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "virtsmith", *line.split(), "--json"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(directory), "VIRTSMITH_ARK": str(directory / "ark"), **environment},
    )
    judge_json(done.stdout)


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
    store = DumpStore(tmp_path / "dumps")
    for version, size in (("10.0.13", 1024), ("11.1.3", 256)):
        store.save(dump(version, virtio=queues(size)))
    (tmp_path / "allow.toml").write_text('[[allow]]\npath = "*/queues/0"\nreason = "known"\nby = "Ada"\n')
    validate("abi diff dumps --allow allow.toml", tmp_path)


def test_every_output_has_a_schema_and_every_schema_an_output():
    sources = "".join(path.read_text() for path in (ROOT / "src" / "virtsmith" / "cli").rglob("*.py"))
    written = set(re.findall(r'write_json\(\s*"([a-z-]+)"', sources))
    written |= {words.replace(" ", "-") for words in re.findall(r'Report\(\s*"([a-z ]+)"', sources)}
    written |= {f"{tool}-rules" for tool in re.findall(r'rules_command\(\s*"([a-z]+)"', sources)}
    written |= set(re.findall(r'"virtsmith\.([a-z-]+)/1"', sources))
    assert written | {"abi-dump", "abi-report"} == set(SCHEMAS)  # these two are files as well, which abi writes


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_names_itself(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["properties"]["schema"]["const"] == f"virtsmith.{name}/1"
