"""Real saves and loads between the QEMUs of the ark. All five at once with VIRTSMITH_ABI_TESTS=full."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from helpers.abi_qemus import require, require_all, require_two

from virtsmith.abi.dump.model import LoadResult
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.machine.guest import command_line
from virtsmith.abi.migrate import matrix as module
from virtsmith.abi.migrate.matrix import MachinesJob, MatrixRequest, choose_machines, run_matrix
from virtsmith.abi.migrate.transfer import Blocked, load_state, save_state
from virtsmith.core.ownership import run_directory
from virtsmith.core.parallel import open_executor
from virtsmith.core.parallel.processes import ProcessExecutor
from virtsmith.qemu.process import QemuDied

pytestmark = pytest.mark.real
FULL = os.environ.get("VIRTSMITH_ABI_TESTS") == "full"
NONE, DEFAULT = device_set("none"), device_set("default")


@pytest.fixture(autouse=True)
def no_memory(tmp_path, monkeypatch):
    """Nothing is remembered from other tests and runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(emulators, executor=None, **order):
    with executor or ProcessExecutor(2) as pool:
        return run_matrix(emulators, MatrixRequest(**order), pool)


def results(matrix):
    versions = {binary.key: binary.version for binary in matrix.binaries}
    return {
        (versions[load.saved_by], versions[load.loaded_by], load.booted): load.result.value for load in matrix.loads
    }


def machine_types(*emulators):
    return {emulator.binary.key: MachinesJob(emulator, "tcg")() for emulator in emulators}


def shared_type(emulators):
    """The newest type of the q35 family that all have."""
    names = choose_machines(machine_types(*emulators), ())
    return [name for name in names if name.startswith("pc-q35-")][-1]


def test_the_oldest_and_the_newest_qemu_exchange_a_bare_machine():
    emulators = require_two()
    matrix = run(emulators, machines=[shared_type(emulators)], devices=[NONE])
    assert len(matrix.tried) == len(matrix.loads) == 8
    assert matrix.all_ok


def test_a_type_that_one_of_two_lacks_is_absent_and_not_failed():
    older, newer = require_two()
    newest = machine_types(newer)[newer.binary.key]["q35"]
    matrix = run([older, newer], machines=[newest], devices=[NONE], states=(False,))
    assert [load.result.value for load in matrix.loads] == ["absent", "absent", "absent", "ok"]
    assert older.binary.version in matrix.loads[0].error
    assert matrix.all_ok


def test_the_break_between_10_0_13_and_11_1_is_found_in_one_direction_and_both_states():
    old, new = require("10.0.13", "11.1")
    matrix = run([old, new], machines=["pc-q35-7.2"], devices=[DEFAULT])
    failed = [load for load in matrix.loads if load.result is not LoadResult.OK]
    assert [(load.saved_by, load.loaded_by, load.booted) for load in failed] == [
        (old.binary.key, new.binary.key, False),
        (old.binary.key, new.binary.key, True),
    ]
    for load in failed:
        assert load.result is LoadResult.FAILED
        assert load.device.endswith("/virtio-net")
        assert "vring.num 1024 exceeds allocated max 256" in load.error


def test_the_same_pair_exchanges_a_machine_without_virtio_devices():
    matrix = run(require("10.0.13", "11.1"), machines=["pc-q35-7.2"], devices=[NONE])
    assert matrix.all_ok
    assert len(matrix.tried) == 8


def test_a_device_that_cannot_be_saved_is_refused_and_named():
    (old,) = require("7.2")
    matrix = run([old], machines=["pc-q35-7.2"], devices=[device_set("nvme")], states=(False,))
    (load,) = matrix.loads
    assert load.result is LoadResult.REFUSED
    assert load.device.endswith("/nvme")


def test_devices_that_a_machine_or_qemu_does_not_support_are_left_out_and_listed():
    old, new = require_two()
    known = device_set("default")
    odd = replace(known, name="odd", devices=(*known.devices[:3], replace(known.devices[2], id="odd0", type="no-such")))
    machine = shared_type([old, new]).replace("pc-q35", "pc-i440fx")
    matrix = run([old, new], machines=[machine], devices=[odd], states=(False,))
    for load in matrix.tried:
        assert load.left_out["port0"] == "no pcie for it"
        assert "no-such" in load.left_out["odd0"]
        assert "net0" not in load.left_out or len(known.devices) < 3


def test_a_second_run_does_nothing_again_and_an_interrupted_one_goes_on(tmp_path, monkeypatch):
    old, new = require_two()
    machine = shared_type([old, new])
    order = {"machines": [machine], "devices": [NONE], "states": (False,)}
    first = run([old, new], **order)
    cells = sorted((tmp_path / "cache").rglob("*.json"))
    assert len(cells) == 4
    cells[0].unlink()
    cells[1].write_text('{"damaged": ')
    rows = []
    original = module._run_rows
    monkeypatch.setattr(
        module, "_run_rows", lambda rows_to_run, *rest: (rows.extend(rows_to_run), original(rows_to_run, *rest))[1]
    )
    again = run([old, new], **order)
    assert sum(len(row.loaders) for row in rows) == 2
    assert [without_time(load) for load in again.loads] == [without_time(load) for load in first.loads]


def without_time(load):
    return replace(load, seconds=0)


def argv(emulator, machine="pc-q35-7.2", devices=NONE):
    return command_line(emulator.program, machine, devices.fitting({"pcie", "pci", "isa"}), "tcg")


def test_streams_that_are_cut_or_garbage_are_refused_and_never_loaded():
    (qemu,) = require("10.0")
    state = save_state(argv(qemu), booted=False)
    assert load_state(argv(qemu), state).result is LoadResult.OK
    flipped = bytearray(state)
    flipped[len(state) // 2 :] = b"\xff" * (len(state) - len(state) // 2)
    for bad in (state[: len(state) // 2], state[:4], b"", b"no migration stream", bytes(flipped), state[1:]):
        verdict = load_state(argv(qemu), bad)
        assert verdict.result is LoadResult.FAILED, bad[:20]
        assert verdict.error


def test_a_qemu_that_does_not_start_says_why():
    (qemu,) = require("10.0")
    with pytest.raises(QemuDied, match="QEMU did not start") as caught:
        save_state(argv(qemu, "no-such-machine"), booted=False)
    assert "unsupported machine type" in caught.value.stderr
    with pytest.raises(QemuDied, match="QEMU did not start"):
        load_state(argv(qemu, "no-such-machine"), b"")


def test_nothing_stays_behind_when_a_save_is_refused(short_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(short_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    (qemu,) = require("7.2")
    with pytest.raises(Blocked, match="non-migratable"):
        save_state(argv(qemu, devices=device_set("nvme")), booted=False)
    assert list(run_directory().iterdir()) == []


def virtsmith(*words):
    return subprocess.run(
        [sys.executable, "-m", "virtsmith", "abi", *words], check=False, capture_output=True, text=True
    )


def test_the_command_says_by_its_exit_code_whether_all_went_well(tmp_path):
    require("10.0.13", "11.1")
    pair = ["migrate", "qemu@10.0.13", "qemu@11.1", "-m", "pc-q35-7.2", "--untouched", "-j", "1"]
    good = virtsmith(*pair, "-d", "none")
    assert (good.returncode, good.stderr) == (0, "")
    assert "pc-q35-7.2 untouched, devices none-" in good.stdout
    bad = virtsmith(*pair, "--json", "-o", str(tmp_path / "r.json"))
    assert bad.returncode == 1
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["schema"] == "virtsmith.abi-migrate/1"
    assert [load["result"] for load in data["loads"]] == ["ok", "failed", "ok", "ok"]
    assert "<failure" in virtsmith(*pair, "--format", "junit").stdout
    assert "failed" in virtsmith(*pair, "--format", "markdown").stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["qemu@0.1"], 4, "not installed"),
        (["/bin/true", "/bin/ls"], 5, "is not a QEMU"),
        (["/no/such/file"], 3, "no such file"),
        (["qemu", "-m", "pc-q36-*"], 2, "machine type pc-q36-*"),
        (["qemu", "-d", "everything"], 2, "no such device set"),
        (["qemu", "--scheduler", "nonsense"], 5, "no Dask scheduler"),
    ],
)  # fmt: skip
def test_bad_requests_are_errors_with_their_own_codes(words, code, message):
    require_two()
    if "--scheduler" in words:
        pytest.importorskip("distributed", reason="Dask is not installed")
    done = virtsmith("migrate", *words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not FULL, reason="five QEMUs, both states: make test-abi")
def test_five_qemus_exchange_one_type_in_all_cells_but_those_of_the_break(cluster):
    emulators = list(require_all().values())
    local = run(emulators, machines=["pc-q35-5.2", "pc-i440fx-5.2"], devices=[DEFAULT])
    assert len(local.tried) == 100
    bad = {cell for cell, result in results(local).items() if result != "ok"}
    old, new = emulators[3].binary.version, emulators[4].binary.version
    assert bad == {(old, new, False), (old, new, True)}
    remote = run(
        emulators,
        open_executor(scheduler=cluster),
        machines=["pc-q35-5.2", "pc-i440fx-5.2"],
        devices=[DEFAULT],
        fresh=True,
    )
    assert [without_time(load) for load in remote.loads] == [without_time(load) for load in local.loads]


def test_a_cluster_gives_the_same_cells_as_this_machine(cluster):
    emulators = require_two()
    order = {"machines": [shared_type(emulators)], "devices": [DEFAULT], "states": (False,), "fresh": True}
    local, remote = run(emulators, **order), run(emulators, open_executor(scheduler=cluster), **order)
    assert [without_time(load) for load in remote.loads] == [without_time(load) for load in local.loads]
    assert remote.tried


def test_the_installed_versions_are_distinguished():
    emulators = require_all().values()
    assert len({emulator.binary.sha256 for emulator in emulators}) == len(emulators)


def test_a_break_that_no_rule_predicts_fails_for_real_in_both_directions():
    emulators = require("7.2", "11.1")
    matrix = run(emulators, machines=["pc-q35-7.2"], devices=[device_set("esp")], states=(False,))
    assert [load.result.value for load in matrix.loads] == ["ok", "failed", "failed", "ok"]
    assert {load.device for load in matrix.loads if load.device} == {"0000:00:03.0/pciespscsi"}
