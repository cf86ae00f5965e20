"""Every way a boot can end, with programs that stand in for a QEMU that behaves so."""

import signal

import pytest
from helpers import stand_in
from helpers.probe_boot import FRAME, PLAN, STARTED

from virtsmith.host.plan.topology import plan
from virtsmith.host.run.boot import BootOptions, kernel_arguments, tcg_threads
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot
from virtsmith.host.views.verdict import verification_cases, verification_text
from virtsmith.report.cases import CaseOutcome


def test_facts_end_the_boot_at_once_even_if_the_guest_goes_on(boot):
    result = boot(STARTED, ("facts", FRAME), seconds=60)
    assert (result.verdict, result.phase, result.attempts) == (HostVerdict.OK, "facts", 1)
    assert result.seconds < 30


def test_an_emulator_killed_by_a_signal_died_and_is_tried_three_times(boot):
    result = boot(STARTED, ("error", b"iotlb_to_section: Assertion\n"), signal=int(signal.SIGABRT))
    assert (result.verdict, result.attempts, result.status) == (HostVerdict.DIED, 3, -6)
    assert "killed by signal 6: iotlb_to_section" in result.reason


def test_an_emulator_that_lacks_a_device_does_not_support_the_host(boot):
    result = boot(("error", b"-device igb: 'igb' is not a valid device model name\n"), status=1)
    assert (result.verdict, result.attempts) == (HostVerdict.UNSUPPORTED, 1)
    assert result.reason == "this QEMU has no device igb"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (b"Bus 200 is already in use", "two expander buses have the number 200"),
        (b"Can't add chassis slot, error -16", "two root ports have the same chassis"),
        (b"something nobody has heard of", "something nobody has heard of"),
    ],
)
def test_a_refusal_is_explained(boot, error, reason):
    result = boot(("error", error + b"\n"), status=1)
    assert result.verdict is HostVerdict.REFUSED
    assert reason in result.reason


def test_half_written_facts_are_damaged_never_different(boot):
    result = boot(STARTED, ("facts", FRAME[:-10]))
    assert result.verdict is HostVerdict.DAMAGED
    assert "bytes arrived" in result.reason


def test_garbage_in_place_of_facts_is_damaged(boot):
    assert boot(STARTED, ("facts", b"\xff\x00garbage")).verdict is HostVerdict.DAMAGED


def test_a_panic_is_the_guests_failure(boot):
    result = boot(("console", b"Kernel panic - not syncing: no init\n"))
    assert (result.verdict, result.reason) == (HostVerdict.GUEST_FAILED, "Kernel panic")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("writes", "phase", "reason"),
    [
        ([], "emulator", "did not start the firmware"),
        ([("firmware", b"SeaBIOS\n")], "firmware", "stopped in the firmware"),
        ([("firmware", b"Booting from ROM...\n"), ("console", b"Linux\n")], "kernel", "stopped in the kernel"),
        ([STARTED], "probe", "sent no facts"),
        ([STARTED, ("facts", FRAME[:20])], "facts", "incomplete"),
    ],
)
def test_a_guest_that_hangs_names_the_phase(boot, writes, phase, reason):
    result = boot(*writes, seconds=60, limit=1.0)
    assert (result.verdict, result.phase) == (HostVerdict.HUNG, phase)
    assert reason in result.reason


@pytest.mark.slow
def test_firmware_that_is_out_of_io_space_is_not_waited_for(boot):
    result = boot(("firmware", b"PCI: out of I/O address space\n"), seconds=60, limit=50)
    assert (result.verdict, result.attempts) == (HostVerdict.HUNG, 1)
    assert "VH007" in result.reason
    assert result.seconds < 20


@pytest.mark.slow
def test_firmware_that_numbers_buses_for_ever_is_stopped(boot):
    result = boot(forever=True, limit=50)
    assert "VH002" in result.reason
    assert result.seconds < 30


def test_the_command_of_a_failed_boot_can_be_run_again(boot):
    command = boot(STARTED, status=3).command_line.split()
    initramfs = command[command.index("-initrd") + 1]
    with open(initramfs, "rb") as file:  # noqa: PTH123
        assert file.read(6) == b"070701"
    assert command[-4:] == ["-serial", "stdio", "-serial", "null"]


def test_what_a_boot_wrote_is_kept_on_request(boot, tmp_path):
    boot(STARTED, ("facts", FRAME), keep=tmp_path / "kept")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "console.log",
        "facts.frame",
        "firmware.log",
        "qemu.err",
    }


def test_control_characters_of_a_guest_never_reach_the_terminal(boot):
    result = boot(("console", b"\x1b[2Jvirtsmith-probe: started\n"), status=9)
    assert "\x1b" not in result.console


def test_a_failed_verification_shows_reason_last_lines_and_command(boot):
    qemu = stand_in.make(boot.directory, STARTED, ("error", b"boom\n"), status=9)
    result = verify_boot(PLAN, BootOptions(qemu=qemu, kernel=boot.kernel))
    text = verification_text(result)
    for part in ("minimal: the emulator died", "status 9: boom", "| virtsmith-probe: started", "repeat with: "):
        assert part in text
    assert verification_cases(result)[0].outcome is CaseOutcome.ERROR
    assert result.to_dict()["boot"]["console"] == ["virtsmith-probe: started"]


def test_differences_are_failed_cases_and_unknown_facts_skipped_ones(boot):
    qemu = stand_in.make(boot.directory, STARTED, ("facts", FRAME))
    result = verify_boot(PLAN, BootOptions(qemu=qemu, kernel=boot.kernel))
    outcomes = {case.name: case.outcome for case in verification_cases(result)}
    assert result.verdict is HostVerdict.DIFFERS
    assert outcomes["boot"] is CaseOutcome.PASSED
    assert outcomes["nodes"] is CaseOutcome.FAILED
    assert CaseOutcome.SKIPPED in outcomes.values()
    assert "expected present, found absent" in verification_text(result)


def test_multi_threaded_emulation_is_avoided_where_it_is_known_to_abort(boot):
    host = plan(example_spec("minimal"))
    assert tcg_threads(host, BootOptions(qemu=stand_in.make(boot.directory, version="10.0.13"))) == "single"
    other = boot.directory / "other"
    other.mkdir()
    assert tcg_threads(host, BootOptions(qemu=stand_in.make(other, version="10.1.0"))) == "multi"


def test_the_kernel_command_line_has_iommu_huge_pages_and_functions():
    words = kernel_arguments(plan(example_spec("kubevirt-sriov")))
    assert "intel_iommu=on hugepagesz=2M hugepages=0:64,1:64" in words
    assert "virtsmith.vfs=0000:21:00.0=3,0000:41:00.0=3" in words
