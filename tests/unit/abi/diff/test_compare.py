import dataclasses

import pytest
from helpers.abi_dumps import PCI, PROPS, VIRTIO, dump, queues

from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.diff.verdict import VerdictWord, judge, worst_of
from virtsmith.abi.dump.model import Impact, Load, LoadResult, Section, SectionStatus
from virtsmith.errors import UsageError


def found(a, b):
    return {difference.place: (difference.rule, difference.impact) for difference in compare_dumps(a, b).differences}


def test_two_runs_of_one_binary_do_not_differ():
    result = compare_dumps(dump(), dump())
    assert (result.differences, dict(result.unjudged)) == ([], {})
    assert judge(result).word is VerdictWord.NOTHING_FOUND


def test_smaller_queues_break_the_way_to_11_1_and_only_that_way():
    old, new = dump("10.0.13", virtio=queues(1024)), dump("11.1.3", virtio=queues(256))
    assert set(found(old, new).values()) == {("ABI-QUEUE-SIZE", Impact.BREAK)}
    assert set(found(new, old).values()) == {("ABI-QUEUE-GROWS", Impact.REBOOT)}


def test_without_virtio_devices_there_is_no_break():
    old, new = (
        dump("10.0.13", virtio=Section(SectionStatus.ABSENT)),
        dump("11.1.3", virtio=Section(SectionStatus.ABSENT)),
    )
    assert found(old, new) == {}


def test_a_renamed_device_is_compared_under_its_new_name():
    props = {"ICH9-SMB@1f.3" if key == "ICH9 SMB@1f.3" else key: value for key, value in PROPS.items()}
    props["ICH9-SMB@1f.3"] = {"@type": "ICH9-SMB", "addr": "1f.4"}
    assert found(dump("5.2.0", props=PROPS), dump("7.2.22", props=props)) == {
        "props/ICH9-SMB@1f.3": ("ABI-RENAMED", Impact.REPRESENTATION),
        "props/ICH9-SMB@1f.3/@type": ("ABI-RENAMED", Impact.REPRESENTATION),
        "props/ICH9-SMB@1f.3/addr": ("ABI-PROP", Impact.GUEST),
    }


def test_a_byte_that_a_dump_leaves_out_is_zero():
    pci = {**PCI, "00:03.0 net0": {key: value for key, value in PCI["00:03.0 net0"].items() if key != "0x53"}}
    result = compare_dumps(dump("5.2.0", props=PROPS, pci=PCI), dump("7.2.22", props=PROPS, pci=pci))
    (difference,) = result.differences
    assert (difference.old, difference.new, difference.rule) == ("20", "00", "ABI-LINK-STATUS")
    assert "express link status" in difference.evidence


def test_a_rule_for_a_device_type_finds_it_by_the_id_of_the_device():
    props = {**PROPS, "pvpanic0": {"@type": "pvpanic", "events": "7"}}
    assert found(dump(props=PROPS), dump("10.0.0", props=props)) == {
        "props/pvpanic0/events": ("ABI-PVPANIC-EVENTS", Impact.GUEST)
    }


def test_a_table_in_raw_form_is_not_shown_beside_its_digest():
    old = {"DSDT": {"length": 10, "sha256": "ab", "raw": "QUFB"}}
    new = {"DSDT": {"length": 10, "sha256": "cd", "raw": "QkJC"}}
    assert set(found(dump(acpi=old), dump(acpi=new))) == {"acpi/DSDT/sha256"}


def test_bytes_of_a_table_that_nothing_else_describes_are_not_lost():
    old, new = {"DSDT": {"length": 10, "raw": "QUFB"}}, {"DSDT": {"length": 10, "raw": "QkJC"}}
    assert set(found(dump(acpi=old), dump(acpi=new))) == {"acpi/DSDT/raw"}


def test_two_keys_are_not_renamed_to_one():
    old = {"ICH9 SMB@1f.3": {"@type": "ICH9 SMB"}, "x ICH9 SMB@1f.3": {"@type": "other"}}
    new = {"ICH9-SMB@1f.3": {"@type": "ICH9-SMB"}}
    places = set(found(dump("5.2.0", props=old), dump("7.2.22", props=new)))
    assert "props/x ICH9 SMB@1f.3" in places


@pytest.mark.parametrize("status", [SectionStatus.UNSUPPORTED, SectionStatus.NOT_RECORDED, SectionStatus.CRASHED])
def test_what_one_side_does_not_report_is_not_judged_and_never_equal(status):
    result = compare_dumps(dump(virtio=VIRTIO), dump("10.0.0", virtio=Section(status, {}, "its last words")))
    assert "its last words" in result.unjudged["virtio"]
    assert judge(result).word is VerdictWord.UNJUDGED
    assert not judge(result).methods


def test_what_neither_side_reports_is_not_judged_either():
    silent = Section(SectionStatus.UNSUPPORTED)
    assert "virtio" in compare_dumps(dump(virtio=silent), dump("10.0.0", virtio=silent)).unjudged


def test_a_section_that_only_one_dump_has_is_not_judged():
    result = compare_dumps(dump(props=PROPS, virtio=VIRTIO), dump("10.0.0", props=PROPS))
    assert dict(result.unjudged) == {"virtio": "QEMU 10.0.0: not in the dump"}


def test_a_section_that_cannot_affect_guests_may_be_unreported():
    unreported = Section(SectionStatus.UNSUPPORTED)
    result = compare_dumps(dump(props=PROPS, compat=unreported), dump("10.0.0", props=PROPS, compat=unreported))
    assert "compat" in result.unjudged
    assert judge(result).word is VerdictWord.NOTHING_FOUND


def test_a_section_of_another_form_is_not_judged():
    broken = {"dev": {"fields": "none"}}
    result = compare_dumps(dump(vmstate=broken), dump("10.0.0", vmstate={"dev": {"fields": []}}))
    assert "not in the form" in result.unjudged["vmstate"]


def test_a_section_that_is_absent_is_known_to_be_empty():
    result = compare_dumps(dump(acpi=Section(SectionStatus.ABSENT)), dump("10.0.0", acpi={"FACP": {"length": 1}}))
    assert [difference.place for difference in result.differences] == ["acpi/FACP"]


@pytest.mark.parametrize("field", ["machine", "devices", "accel"])
def test_dumps_of_different_things_are_refused(field):
    other = dataclasses.replace(dump(), **{field: "other"})
    with pytest.raises(UsageError, match=f"different {field}"):
        compare_dumps(dump(), other)


def test_what_binaries_say_under_different_accelerators_is_compared_but_for_cpuid():
    words = {"EPYC": {"0x1.EDX": "0x00000001"}}
    a = dump(machine=None, machines={"pc": {}}, cpu_words=words)
    b = dataclasses.replace(a, accel="kvm")
    result = compare_dumps(a, b)
    assert (list(result.compared), list(result.unjudged)) == (["machines"], ["cpu-words"])


def test_differences_come_worst_first_and_in_natural_order():
    a = dump("10.0.13", virtio={"s": {"queues": {str(n): 1024 for n in range(12)}}}, acpi={"APIC": {"revision": 1}})
    b = dump("11.1.3", virtio={"s": {"queues": {str(n): 64 for n in range(12)}}}, acpi={"APIC": {"revision": 3}})
    places = [difference.place for difference in compare_dumps(a, b).differences]
    assert places[-1] == "acpi/APIC/revision"
    assert places[9:11] == ["virtio/s/queues/9", "virtio/s/queues/10"]


def load(result):
    return Load("pc-q35-7.2", "default-0123abcd", "tcg", "a", "b", booted=False, result=result)


def test_a_green_comparison_is_not_called_compatible_and_says_that_no_load_was_made():
    verdict = judge(compare_dumps(dump(), dump("10.0.0")))
    assert verdict.word is VerdictWord.NOTHING_FOUND
    assert "compatible" not in verdict.text
    assert "static comparison of pci, props, virtio" in verdict.text
    assert "no real load was made" in verdict.text


@pytest.mark.parametrize("result", [LoadResult.FAILED, LoadResult.DIED])
def test_a_failing_load_outweighs_a_green_comparison(result):
    compared = dataclasses.replace(compare_dumps(dump(), dump("10.0.0")), loads=[load(LoadResult.OK), load(result)])
    verdict = judge(compared)
    assert verdict.word is VerdictWord.BREAKS
    assert f"2 real loads: 1 ok, 1 {result.value}" in verdict.text


def test_loads_that_succeed_are_listed_and_change_no_finding():
    a, b = dump("10.0.13", virtio=queues(1024)), dump("11.1.3", virtio=queues(256))
    compared = dataclasses.replace(compare_dumps(a, b), loads=[load(LoadResult.OK)])
    assert judge(compared).word is VerdictWord.BREAKS
    assert "no real load" not in judge(compared).text


def test_a_machine_that_cannot_be_saved_is_an_open_question_and_no_success():
    compared = dataclasses.replace(compare_dumps(dump(), dump("10.0.0")), loads=[load(LoadResult.REFUSED)])
    assert "QEMU 7.2.0 would not save this machine at all" in judge(compared).text


def test_words_of_qemu_are_quoted_in_one_line_and_not_at_length():
    failed = dataclasses.replace(load(LoadResult.FAILED), error="VQ 0 vring.num 1024\nexceeds " + "x" * 999)
    text = judge(dataclasses.replace(compare_dumps(dump(), dump("10.0.0")), loads=[failed])).text
    assert "1 real loads: 1 failed (VQ 0 vring.num 1024 exceeds xxx" in text
    assert len(text) < 500


def test_conditional_state_is_an_open_question():
    first, other = ({"dev": {"name": "d", "version": 1, "minimum": 1, "fields": fields}} for fields in (["a 4 ?"], []))
    verdict = judge(compare_dumps(dump(vmstate=first), dump("10.0.0", vmstate=other)))
    assert verdict.word is VerdictWord.NOTHING_FOUND
    assert "conditions that only a load shows" in verdict.text


def test_of_several_verdicts_the_worst_counts():
    good, bad = (
        compare_dumps(dump(), dump("10.0.0")),
        compare_dumps(dump(virtio=queues(1)), dump("9.0", virtio=queues(2))),
    )
    assert worst_of([judge(good), judge(bad)]) is VerdictWord.AFTER_REBOOT
    assert worst_of([]) is VerdictWord.UNJUDGED


def cpu_words(word):
    return Section(SectionStatus.OK, {"@machine": {"words": {"0x1.EDX": word}}})


def test_bits_that_a_guest_reads_alike_and_levels_of_one_are_no_findings():
    smp = "clusters=1,cores=2,cpus=2,dies=1,maxcpus=2,sockets=1,threads=1"
    more = "books=1,clusters=1,cores=2,cpus=2,dies=1,drawers=1,maxcpus=2,modules=1,sockets=1,threads=1"
    old = dump("7.2.22", cpu=cpu_words("0x078bfbfd"), props={"machine": {"smp": smp}})
    new = dump("10.0.13", cpu=cpu_words("0x178bfbfd"), props={"machine": {"smp": more}})
    assert found(old, new) == {
        "cpu/@machine/words/0x1.EDX": ("ABI-CPU-TOPOLOGY-BIT", Impact.REPRESENTATION),
        "props/machine/smp": ("ABI-SMP-LEVELS", Impact.REPRESENTATION),
    }
    other = dump("10.0.13", cpu=cpu_words("0x178bfbfc"), props={"machine": {"smp": more.replace("cores=2", "cores=4")}})
    assert found(old, other) == {
        "cpu/@machine/words/0x1.EDX": ("ABI-CPU-FEATURE", Impact.GUEST),
        "props/machine/smp": ("ABI-PROP", Impact.GUEST),
    }
