import json
from itertools import pairwise

import pytest
from helpers.abi_dumps import dump, itself, queues
from libvirtxml.findings import Severity

from virtsmith.abi.diff import findings, tables
from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.diff.side_by_side import UNKNOWN, binaries_of, rows_of
from virtsmith.abi.dump.model import Impact, Section, SectionStatus
from virtsmith.report import html, markdown, text
from virtsmith.report.cases import CaseOutcome
from virtsmith.report.formats import render
from virtsmith.report.report import Page, Report


def serial(size):
    return {"serial0": {"features": {}, "queues": {str(number): size for number in range(64)}}}


@pytest.fixture
def chain():
    """Three binaries, two machine types; the queues grow and shrink again."""
    sizes = {"10.0.2": 128, "10.0.13": 1024, "11.1.3": 128}
    return [
        compare_dumps(dump(a, machine, virtio=serial(sizes[a])), dump(b, machine, virtio=serial(sizes[b])))
        for a, b in (("10.0.2", "10.0.13"), ("10.0.13", "11.1.3"))
        for machine in ("pc-q35-7.2", "pc-q35-10.0")
    ]


def test_the_same_difference_in_many_places_and_machine_types_is_one_row(chain):
    worst, *rest = tables.group(chain)
    assert (worst.rule, worst.old, worst.new, len(worst.places)) == ("ABI-QUEUE-SIZE", "1024", "128", 64)
    assert worst.machines == ("pc-q35-7.2", "pc-q35-10.0")
    assert [finding.rule for finding in rest] == ["ABI-QUEUE-GROWS"]


def test_impacts_below_the_requested_one_are_left_out_and_counted(chain):
    assert [difference.impact for difference in tables.group(chain, Impact.BREAK)] == [Impact.BREAK]
    assert tables.counts_line(chain, Impact.BREAK) == "128 reboot-visible"
    assert tables.counts_line(chain, Impact.NOISE) == ""


def test_machine_types_with_equal_verdicts_share_a_row(chain):
    (row,) = tables.verdict_table(chain).rows
    assert [cell.text for cell in row] == [
        "pc-q35-7.2, pc-q35-10.0 (default-0123abcd, tcg)",
        "changes-after-reboot (64)",
        "breaks (64)",
    ]


def test_values_of_all_binaries_stand_side_by_side(chain):
    (row,) = rows_of(chain)
    assert row.values == ("128", "1024", "128")
    assert [item.version for item in binaries_of(chain)] == ["10.0.2", "10.0.13", "11.1.3"]


def test_a_value_is_carried_over_only_where_sections_were_compared():
    silent = Section(SectionStatus.UNSUPPORTED)
    dumps = [
        dump("5.2.0", virtio=silent),
        dump("7.2.0", virtio=queues(256)),
        dump("10.0.2", virtio=queues(256)),
        dump("10.0.13", virtio=queues(1024)),
    ]
    steps = [compare_dumps(a, b) for a, b in pairwise(dumps)]
    assert [row.values for row in rows_of(steps)] == [(UNKNOWN, "256", "256", "1024")]


@pytest.mark.parametrize(
    "pairs", [[(0, 1), (1, 2), (1, 0), (2, 1)], [(0, 1), (0, 2)], [(0, 2), (2, 1)], [(2, 0), (1, 0), (1, 2), (2, 1)]]
)
def test_values_stand_side_by_side_whatever_pairs_were_compared(pairs):
    sizes = {"10.0.2": 256, "10.0.13": 1024, "11.1.3": 256}
    dumps = [dump(version, virtio=queues(size)) for version, size in sizes.items()]
    compared = [compare_dumps(dumps[a], dumps[b]) for a, b in pairs]
    versions = [item.version for item in binaries_of(compared)]
    (row,) = rows_of(compared)
    assert dict(zip(versions, row.values, strict=True)) == {version: str(size) for version, size in sizes.items()}


def test_every_difference_that_matters_is_a_finding_with_the_id_of_its_rule(chain):
    found = findings.to_findings(chain)
    assert len(found) == 128
    assert {finding.rule: finding.severity for finding in found} == {
        "ABI-QUEUE-SIZE": Severity.ERROR,
        "ABI-QUEUE-GROWS": Severity.WARNING,
    }


def test_what_could_not_be_compared_is_a_finding():
    compared = compare_dumps(
        dump(virtio=Section(SectionStatus.CRASHED, detail="Aborted")), dump("10.0.0", virtio=queues(1))
    )
    (finding,) = findings.to_findings([compared])
    assert (finding.rule, finding.severity) == ("ABI-UNJUDGED", Severity.WARNING)
    assert "Aborted" in finding.message


def test_sarif_explains_the_rules_that_it_uses(chain):
    rules = [tables.load_rules()[name].as_rule() for name in ("ABI-QUEUE-SIZE", "ABI-QUEUE-GROWS", "ABI-ACPI")]
    log = json.loads(render(Report("abi diff", findings.to_findings(chain), rules), "sarif"))
    run = log["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["ABI-QUEUE-GROWS", "ABI-QUEUE-SIZE"]
    assert len(run["results"]) == 128


def test_cases_fail_pass_and_err():
    compared = [
        compare_dumps(dump(virtio=queues(1)), dump("9.0", virtio=queues(1))),
        compare_dumps(dump(virtio=queues(1)), dump("9.0", virtio=queues(2))),
        compare_dumps(dump(virtio=queues(1)), dump("9.0", virtio=Section(SectionStatus.UNSUPPORTED))),
    ]
    assert [case.outcome for case in findings.to_cases(compared)] == [
        CaseOutcome.PASSED,
        CaseOutcome.FAILED,
        CaseOutcome.ERROR,
    ]


def test_data_holds_verdicts_differences_and_the_rules_used(chain):
    data = findings.to_data(chain, Impact.BREAK)
    assert data["worst"] == "breaks"
    assert [len(entry["differences"]) for entry in data["comparisons"]] == [0, 0, 64, 64]
    assert list(data["rules"]) == ["ABI-QUEUE-SIZE"]
    assert len(data["binaries"]) == 3
    assert json.loads(json.dumps(data)) == data


def test_all_formats_show_the_verdict_and_the_worst_rule(chain):
    shown = tables.all_tables(chain)
    formats = ("".join(map(text.render_table, shown)), "".join(map(markdown.render_table, shown)))
    for rendered in (*formats, html.render_page(Page("t", shown))):
        assert "ABI-QUEUE-SIZE" in rendered
        assert "breaks (64)" in rendered
    assert [line for line in tables.verdict_lines(chain) if "migration breaks" in line and "no real load" in line]


def test_two_binaries_of_one_version_are_distinguished_by_their_digests():
    compared = compare_dumps(dump(digest="a"), dump(digest="b"))
    other = compare_dumps(dump(digest="b"), dump("10.0.0"))
    named = tables.pair_namer([compared, other])
    assert named(compared) == "7.2.0-a00000000000 -> 7.2.0-b00000000000"
    assert named(other) == "7.2.0-b00000000000 -> 10.0.0"
    assert tables.verdict_table([compared, other]).columns[1:] == (named(compared), named(other))


def test_differences_of_the_binaries_have_no_machine_types():
    compared = compare_dumps(itself("7.2.0", ["pc-q35-2.4"]), itself("11.1.3", []))
    (found,) = tables.group([compared])
    assert (found.rule, found.machines) == ("ABI-MACHINE-REMOVED", ())


@pytest.mark.parametrize(
    ("names", "shown"),
    [(["a"], "a"), (["a", "b", "c"], "a, b, c"), (["a", "b", "c", "d"], "a, b, ... d (4)")],
)
def test_long_lists_are_cut_in_the_middle(names, shown):
    assert tables.shortened(names, 3) == shown
