"""The rules about topologies, beside what real libvirts say of the same documents."""

import pytest
from helpers.suite_ark import provide
from helpers.surroundings import suite_ark

from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement.topology import ask, compare
from benchmarks.agreement.topology.documents import documents

pytestmark = [pytest.mark.real, pytest.mark.slow]
SEED, SHARE = 12, 3


def test_libvirts_say_the_same_of_topologies(monkeypatch):
    provide("libvirt@9.0", "libvirt@11.3", "libvirt@12.8", "qemu@11.1")
    monkeypatch.setenv("VIRTSMITH_ARK", str(suite_ark()))
    cases = {name: text for place, (name, text) in enumerate(documents(SEED)) if place % SHARE == 0}
    try:
        asked = {release: (compare(cases, release, said), said) for release, said in ask(cases)}
    except JudgeMissing as error:
        pytest.skip(str(error))
    assert {release.partition(".")[0] for release in asked} == {"9", "11", "12"}
    for wrong, said in asked.values():
        assert wrong == []
        assert len(said) > 500
        assert len(said) * 0.3 < sum(map(bool, said.values())) < len(said) * 0.7
