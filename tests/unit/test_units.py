"""Every spelling of a unit through every function that reads memory: the result is that of the same size in KiB."""

import pytest
from libvirtxml import Domain, parse
from xml_helpers.units import SPELLINGS, UNKNOWN, amount_in

from virtsmith.abi.vm.document import read_domain
from virtsmith.cli.app import run_command
from virtsmith.errors import ExitCode
from virtsmith.host.build.onto import add_topology
from virtsmith.host.facts.model import FactsDamaged
from virtsmith.host.facts.parsers.capabilities import parse_capabilities
from virtsmith.host.lint.run import fix_domain, lint_domain
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.quantities import parse_kib

DOMAIN = """<domain type='test'><name>a</name><memory unit='{memory[1]}'>{memory[0]}</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features><cpu><numa>
<cell id='0' cpus='0' memory='{first[0]}' unit='{first[1]}'/><cell id='1' cpus='1' memory='{second[0]}' unit='KiB'/>
</numa></cpu><devices/></domain>"""
CAPABILITIES = """<capabilities><host><topology><cells num='1'><cell id='0'><memory unit='{unit}'>{amount}</memory>
<pages unit='{unit}' size='{amount}'>7</pages><cpus num='1'><cpu id='0' socket_id='0' core_id='0' siblings='0'/></cpus>
</cell></cells><interconnects><bandwidth initiator='0' target='0' type='access' value='{amount}' unit='{unit}'/>
</interconnects></topology></host></capabilities>"""


def domain(memory: tuple[int, str], first: tuple[int, str], second: int) -> Domain:
    return Domain.parse(DOMAIN.format(memory=memory, first=first, second=(second,)))


@pytest.fixture(params=SPELLINGS)
def unit(request):
    return request.param


def test_host_lint_adds_up(unit):
    amount, kib = amount_in(unit)
    right = domain((2 * kib, "KiB"), (amount, unit), kib)
    assert lint_domain(right) == []
    assert lint_domain(domain((amount, unit), (amount, unit), 0))[0].message.startswith("it has no memory")
    wrong = domain((amount, unit), (amount, unit), kib)
    assert [finding.rule for finding in lint_domain(wrong)] == ["VH016"]
    assert lint_domain(wrong) == lint_domain(domain((kib, "KiB"), (kib, "KiB"), kib))
    assert fix_domain(wrong) == ["VH016"]
    assert wrong.memory.kib == 2 * kib
    assert lint_domain(wrong) == []


def test_abi_vm_reads_the_same_hardware(unit):
    amount, kib = amount_in(unit)
    read = read_domain(domain((amount, unit), (amount, unit), kib), "a.xml")
    assert read == read_domain(domain((kib, "KiB"), (kib, "KiB"), kib), "a.xml")


def test_host_twin_reads_the_same_capabilities(unit):
    amount, kib = amount_in(unit)
    read = parse_capabilities(CAPABILITIES.format(unit=unit, amount=amount))
    assert read == parse_capabilities(CAPABILITIES.format(unit="KiB", amount=kib))
    assert read.nodes is not None
    assert read.nodes[0].memory_kib == kib


def test_host_build_onto_replaces_any_memory(unit):
    amount, _ = amount_in(unit)
    spec = example_spec("numa3")
    onto = add_topology(plan(spec), Domain.parse(f"<domain><memory unit='{unit}'>{amount}</memory></domain>"))
    assert onto.memory is not None
    assert onto.memory.kib == spec.memory_kib


def test_sizes_that_people_write_are_counted_the_same(unit):
    amount, kib = amount_in(unit)
    assert parse_kib(f"{amount} {unit}") == kib


@pytest.mark.parametrize("unit", UNKNOWN)
def test_an_unknown_unit_of_a_host_is_damage(unit):
    with pytest.raises(FactsDamaged, match=r"cell 0, <(memory|pages)>: not a unit of size"):
        parse_capabilities(CAPABILITIES.format(unit=unit, amount=4))


COMMANDS = {
    "lint": ["host", "lint", "{}"],
    "fix": ["host", "lint", "--fix", "{}"],
    "onto": ["host", "build", "numa3", "--onto", "{}"],
    "vm": ["abi", "vm", "{}", "--from", "10.0.0", "--to", "11.0.0"],
}


@pytest.mark.parametrize("unit", UNKNOWN)
@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_unit_is_an_error_that_names_its_place(command, unit, tmp_path, capsys):
    path = tmp_path / "vm.xml"
    path.write_text(DOMAIN.format(memory=(4, "GiB"), first=(2, unit), second=(2,)), encoding="utf-8")
    before = path.read_bytes()
    assert run_command([word.format(path) for word in COMMANDS[command]]) == ExitCode.INPUT
    error = capsys.readouterr().err
    assert f"{path}: /domain/cpu/numa/cell[1]: not a unit of size: {unit!r}" in error
    assert path.read_bytes() == before


def test_xml_show_gives_an_unknown_unit_as_it_is_written(tmp_path, capsys):
    path = tmp_path / "vm.xml"
    path.write_text("<domain><memory unit='GiG'>4</memory></domain>")
    assert run_command(["xml", "show", str(path)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "memory  4 GiG" in shown
    assert "/domain/memory/@unit: 'GiG' is not allowed" in shown


def test_the_helper_writes_what_the_schema_allows():
    assert parse(DOMAIN.format(memory=(4, "GiB"), first=(2, "gib"), second=(2097152,))).problems() == []
