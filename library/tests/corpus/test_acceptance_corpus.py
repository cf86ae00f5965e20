import sys
from collections import Counter

import pytest
from libvirtxml._impl.recognition import readings_of
from libvirtxml._impl.schema_validation import SCHEMA_FILES
from libvirtxml.acceptance import ReleaseVerdict, check, releases
from lxml import etree

pytestmark = pytest.mark.slow

SAMPLE = sorted({*releases()[::10], "11.3.0", releases()[-1]}, key=releases().index)
"""Every tenth release, the oldest and the newest among them, and the one that the documents are of."""
MOST_MISSED = 0.01


def documents(corpus):
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob("*.xml")):
        if path.is_symlink() or "-invalid" in path.name:
            continue
        try:
            tree = etree.parse(path, etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError:
            continue
        if tree.getroot().tag in SCHEMA_FILES:
            yield path, tree


def schemas_of(directory):
    assert directory.is_dir(), f"the corpus lacks the schemas of a release in the facts: {directory.name}"
    files = {tag: directory / name for tag, name in SCHEMA_FILES.items()}
    return {tag: etree.RelaxNG(etree.parse(path)) for tag, path in files.items() if path.is_file()}


def test_facts_never_refuse_what_the_schemas_accept_and_miss_few_refusals(corpus):
    """Every valid document against RELAX NG validation of every tenth release: no false alarm, few misses, listed."""
    trees = [(path, tree, check(path)) for path, tree in documents(corpus)]
    refusals = 0
    false_alarms, missed = [], []
    for release in SAMPLE:
        schemas = schemas_of(corpus / "schemas" / release)
        for path, tree, found in trees:
            schema = schemas.get(tree.getroot().tag)
            if schema is None and len(readings_of(tree.getroot())) > 1:
                continue  # a guest's CPU as well: no schema of documents judges that
            accepted = schema is not None and schema.validate(tree)
            refusals += not accepted
            if accepted != (found.verdicts[release] is ReleaseVerdict.ACCEPTED):
                (false_alarms if accepted else missed).append((release, path.name))
    by_release = Counter(release for release, _ in missed)
    lines = [
        f"{len(trees)} documents, {len(SAMPLE)} releases, {refusals} refusals, {len(missed)} missed",
        str(by_release),
    ]
    lines += [f"missed: {release} {name}" for release, name in missed]
    sys.stdout.write("\n".join(lines) + "\n")
    assert false_alarms == []
    assert len(trees) > 3500
    assert len(missed) <= MOST_MISSED * refusals, "\n".join(lines)


def test_schemas_make_the_answer_exact(corpus):
    """With --schemas the verdicts are those of RELAX NG validation, for a document whose refusal the facts miss."""
    path = corpus / "libvirt-11.3.0" / "tests" / "qemuxmlconfdata" / "virtio-options-net-iommu.xml"
    assert check(path, "4.3").accepted
    found = check(path, "4.3..4.4", schemas=corpus / "schemas")
    expected = {
        release: "schema accepts"
        if schemas_of(corpus / "schemas" / release)["domain"].validate(etree.parse(path))
        else "schema refuses"
        for release in ("4.3.0", "4.4.0")
    }
    assert found.verdicts == expected
    assert found.verdicts["4.3.0"] == "schema refuses"
    assert found.refusals[0].line
