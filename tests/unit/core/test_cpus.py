"""Only the processors that we may use are counted."""

import os

import pytest

from virtsmith.core.cpus import usable_cpus


@pytest.fixture
def count(tmp_path, monkeypatch):
    """Count the processors of a process in the group /ci/job, on a machine with 64, with quotas in some groups."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(64)))

    def call(membership="0::/ci/job\n", **quotas):
        (tmp_path / "membership").write_text(membership)
        job = tmp_path / "cgroup/ci/job"
        job.mkdir(parents=True)
        for directory, text in zip((job, job.parent, job.parent.parent), quotas.values(), strict=False):
            (directory / "cpu.max").write_text(text)
        return usable_cpus(membership=tmp_path / "membership", hierarchy=tmp_path / "cgroup")

    return call


@pytest.mark.parametrize(
    ("quotas", "expected"),
    [
        ({}, 64),
        ({"own": "max 100000\n"}, 64),
        ({"own": "400000 100000\n"}, 4),
        ({"own": "150000 100000\n"}, 2),
        ({"own": "50000 100000\n"}, 1),
        ({"own": "800000 100000\n", "above": "200000 100000\n"}, 2),
        ({"own": "max 100000\n", "above": "max 100000\n", "top": "300000 100000\n"}, 3),
        ({"own": "nonsense\n"}, 64),
    ],
)
def test_quotas_of_control_groups_limit(count, quotas, expected):
    assert count(**quotas) == expected


@pytest.mark.parametrize(
    ("membership", "expected"),
    [("7:cpu:/ci/job\n", 64), ("", 64), ("7:cpu:/x\n0::/ci/job\n", 4), ("0::/gone/job\n", 64)],
)
def test_the_group_is_that_of_version_2(count, membership, expected):
    assert count(membership, own="400000 100000\n") == expected


def test_affinity_limits():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)
