"""The table of architectures, and what is refused for those that are not in it."""

import ast
from pathlib import Path

import pytest

import virtsmith.host
from virtsmith.host.build.argv import qemu_argv
from virtsmith.host.plan.architecture import (
    AARCH64,
    ARCHITECTURES,
    DEFAULT,
    X86_64,
    UnsupportedArchitecture,
    find_architecture,
    find_by_machine,
    require_architecture,
)
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.ports import port_arguments
from virtsmith.host.spec.model import HostSpec, Iommu, NumaNode, RootComplex, SpecError
from virtsmith.host.verify.nested import verify_nested
from virtsmith.qemu.guest import GuestFiles

HOST = Path(virtsmith.host.__file__).parent
NAMES = {name for known in ARCHITECTURES.values() for name in (known.name, known.package_name, *known.other_names)}


def a_host(**fields):
    node = NumaNode(cpus=(0,), memory_kib=1 << 20, complexes=(RootComplex(spare_ports=1),))
    return HostSpec(name="h", nodes=(node,), **fields)


def texts(path):
    """Text constants of a module with their lines, docstrings left out."""
    tree = ast.parse(path.read_text())
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.lineno, node.value


def test_no_other_module_of_host_asks_for_the_name_of_an_architecture():
    found = [
        f"{path.relative_to(HOST)}:{line}: {text}"
        for path in sorted(HOST.rglob("*.py"))
        if path.name != "architecture.py"
        for line, text in texts(path)
        if any(name in text for name in NAMES)
    ]
    assert found == []


def test_the_contract_sees_a_name_where_there_is_one():
    seen = {text for _line, text in texts(HOST / "plan" / "architecture.py")}
    assert seen >= NAMES


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [
        ("q35", X86_64), ("pc-q35-7.2", X86_64), ("virt", AARCH64), ("virt-9.0", AARCH64),
        ("pc", None), ("pc-i440fx-7.2", None), ("pseries", None), ("virtual", None), ("q35ish", None), ("", None),
    ],
)  # fmt: skip
def test_the_machine_of_a_spec_says_its_architecture(machine, architecture):
    assert find_by_machine(machine) is architecture
    if architecture is None:
        with pytest.raises(SpecError, match="has no PCIe root bus") as error:
            plan(a_host(machine=machine))
        assert error.value.hint == "use q35 (or a pc-q35 version), or virt for aarch64"
    else:
        assert a_host(machine=machine).architecture is architecture


@pytest.mark.parametrize(
    ("name", "architecture"),
    [("x86_64", X86_64), ("amd64", X86_64), ("i686", X86_64), ("aarch64", AARCH64), ("arm64", AARCH64)],
)
def test_an_architecture_is_found_by_each_of_its_names(name, architecture):
    assert find_architecture(name) is require_architecture(name) is architecture


def test_an_architecture_without_virtual_hosts_is_refused_by_name():
    assert find_architecture("riscv64") is None
    with pytest.raises(UnsupportedArchitecture, match="it is a riscv64 machine; virtual hosts are x86_64 or aarch64"):
        require_architecture("riscv64")


def test_guests_of_an_architecture_whose_emulation_cannot_nest_are_not_nested():
    with pytest.raises(UnsupportedArchitecture, match="aarch64 starts no nested guests"):
        verify_nested(plan(a_host(machine="virt", iommu=Iommu(model="smmuv3"))))


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_the_serial_ports_of_a_guest_are_those_of_its_machine(architecture, tmp_path):
    files = GuestFiles(tmp_path)
    for console in (None, tmp_path / "console.sock"):
        words = " ".join(port_arguments(architecture, files, console))
        assert (str(files.facts) in words, str(files.firmware) in words) == (True, architecture.has_debug_port)
        assert ("pci-serial" in words) is not architecture.has_second_port


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_a_row_makes_a_host_that_its_machine_can_be(architecture):
    for model in architecture.iommus:
        numbered = plan(a_host(machine=architecture.machine, iommu=Iommu(model=model)))
        assert qemu_argv(numbered)[0] == architecture.program
    roots = [device.address for device in predict(numbered).devices if device.label in _labels(architecture)]
    assert len(roots) == len(architecture.chipset)
    foreign = {model for known in ARCHITECTURES.values() for model in known.iommus} - set(architecture.iommus)
    for model in foreign:
        with pytest.raises(SpecError, match=f"has no {model} IOMMU"):
            plan(a_host(machine=architecture.machine, iommu=Iommu(model=model)))


def _labels(architecture):
    return {part.label for part in architecture.chipset}


def test_the_default_is_what_a_spec_without_a_machine_is():
    assert a_host().architecture is DEFAULT
