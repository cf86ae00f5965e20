"""A verdict that cannot fail proves nothing: it must notice every key of a spec that another host was built by."""

import os
from collections import Counter
from dataclasses import replace

import pytest
from helpers.host_mutants import iter_mutants, judge, nested, rich

from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.model import SpecError
from virtsmith.host.verify.proofs import key_name
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot

pytestmark = [pytest.mark.real, pytest.mark.slow]
FULL = os.environ.get("VIRTSMITH_HOST_TESTS") == "full"
full = pytest.mark.skipif(not FULL, reason="boots dozens of hosts: make test-host")
UNSHOWN = {"cpu", "devices.driver", "devices.options", "devices.iommu-platform (generic 0000:63:00.0)", "nested"}
"""What no fact of the rich host can prove; for entropy Debian's kernel has no virtio driver that is loaded."""


@pytest.fixture(scope="module")
def new_options(options, new_qemu):
    """Boot options with a QEMU that has SR-IOV."""
    return replace(options, qemu=new_qemu, time_limit=300)


@pytest.mark.parametrize("spec", [rich(), pytest.param(nested(), marks=full)], ids=lambda spec: spec.name)
def test_designs_that_differ_in_one_key_from_what_was_booted_are_noticed(new_options, spec):
    result = verify_boot(plan(spec), new_options)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    assert spec.name != "rich" or set(result.unproven) == UNSHOWN
    judged = list(judge(spec, result.boot.facts, result.boot))
    print_table(judged)
    assert [(key, value) for key, value, outcome in judged if outcome == "missed"] == []
    counts = Counter(outcome for _key, _value, outcome in judged)
    assert counts["differs"] > counts["not proven"]


def print_table(judged):
    """Print a table of what was noticed of each key."""
    rows = {}
    for key, _value, outcome in judged:
        rows.setdefault(key, Counter())[outcome] += 1
    for key, counts in rows.items():
        print(f"| {key} | {', '.join(f'{outcome} {count}' for outcome, count in counts.items())} |")
    print(f"| all {len(judged)} | {dict(Counter(outcome for _key, _value, outcome in judged))} |")


def _buildable():
    """One changed host for each key whose change a guest must show."""
    spec = rich()
    done = set()
    for cls, key, _was, value, mutant in iter_mutants(spec):
        try:
            changed = predict(plan(mutant)) != predict(plan(spec))
        except SpecError:
            continue
        if changed and (cls, key) not in done:
            done.add((cls, key))
            yield pytest.param(mutant, id=f"{key_name(cls, key)}={value}"[:60])


@full
@pytest.mark.parametrize("mutant", _buildable() if FULL else [])
def test_hosts_that_are_built_otherwise_in_one_key_are_found_out(new_options, mutant):
    result = verify_boot(plan(rich()), new_options, booted=plan(mutant))
    assert result.verdict is not HostVerdict.OK
    assert result.findings or result.boot.facts is None
