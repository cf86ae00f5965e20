"""The tables of distributions and machine types, compared with Debian's archive and real QEMUs."""

import json
import os
import subprocess
import sys

import pytest
from helpers.abi_qemus import each_version, require, require_all

from virtsmith.abi.vm.machine import read_types
from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.catalogue.target_refresh import learn
from virtsmith.ark.catalogue.targets import Targets
from virtsmith.qemu.machine_history import find_series, load_history
from virtsmith.qemu.machines import MachineTypeState, upstream_version

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def learned(archive, tmp_path_factory):
    """What the archive has now, all rows of it, as if nothing had been known."""
    directory = tmp_path_factory.mktemp("targets")
    warnings = []
    known = Targets(directory / "own.csv")
    shipped = {target.name: target for target in known.all()}
    found = learn(known, Mirror(directory / "indexes"), warn=warnings.append)
    assert warnings == []
    return shipped, shipped | {target.name: target for target in found}


def test_frozen_suites_of_the_archive_carry_what_the_table_says(learned):
    shipped, now = learned
    for name in ("debian-11", "debian-12", "debian-13"):
        assert (shipped[name].libvirt, find_series(shipped[name].qemu)) == (
            now[name].libvirt,
            find_series(now[name].qemu),
        )
        assert shipped[name].released == now[name].released


def test_every_suite_of_the_archive_has_a_row(learned):
    _, now = learned
    names = {name for name in now if name.startswith("debian-")}
    assert {"debian-11", "debian-12", "debian-12-backports", "debian-13", "debian-13-backports", "debian-sid"} <= names
    assert all(now[name].libvirt and now[name].qemu for name in names)


@each_version
def test_a_real_qemu_has_the_machine_types_that_the_history_says(version):
    types = read_types(*require(version), "tcg")
    history = load_history().at(types.version)
    own = {name for name in types.names if upstream_version(name)}
    assert {name for name in history.names if upstream_version(name)} == own - history.unsure
    assert {name for name in own if history.names.get(name)} == {name for name in own if types.names[name]}
    assert {short: types.resolve(short) for short in ("pc", "q35")} == dict(history.aliases)


@each_version
def test_the_default_machine_of_a_debian_release_is_what_its_qemu_takes_for_pc(version):
    types = read_types(*require(version), "tcg")
    rows = [target for target in Targets().choose(["debian"]) if find_series(target.qemu) == find_series(types.version)]
    if not rows:
        pytest.skip(f"no Debian release in the table has QEMU {types.version}")
    assert {row.machine for row in rows} == {types.resolve("pc")}
    for row in rows:
        types = row.machine_types()
        assert {name for name in types.names if types.state(name) is MachineTypeState.ABSENT} == set()


def test_domains_are_judged_on_all_installed_qemus(tmp_path):
    known = require_all()
    domain = tmp_path / "a.xml"
    text = "<domain type='kvm'><name>a</name><memory>1</memory><os><type machine='{}'>hvm</type></os></domain>"
    domain.write_text(text.format("q35"))
    argv = [sys.executable, "-m", "virtsmith", "abi", "machines", domain, "--qemu", "ark", "--json"]
    environment = {**os.environ, "VIRTSMITH_ABI": str(tmp_path / "dumps")}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    data = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    means = data["domains"][0]["means"]
    assert set(means) == {f"QEMU {version}" for version in known}
    assert len(set(means.values())) == len({find_series(version) for version in known})
    assert data["findings"][0]["rule"] == "ABI-VM-MACHINE-ALIAS"
