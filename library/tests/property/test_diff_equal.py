"""A document and its respelled, reordered, renumbered equal do not differ; a changed one does, in one place."""

import random
from pathlib import Path
from typing import Any

import pytest
from libvirtxml import Element, XMLError, diff, parse_any
from libvirtxml._impl.diff.order import INTERLEAVED
from libvirtxml._impl.diff.profiles import ALL
from libvirtxml._impl.diff.views import Views
from libvirtxml._impl.problems import walk
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.values import IntegerCodec
from libvirtxml.containers import document_in
from libvirtxml.values import MAC, Spelled, parse_integer
from xml_helpers.field_edits import field_edits
from xml_helpers.sample_documents import SAMPLES

_FREE = {"CPUNUMA.cells", "FilterRef.parameters"}
"""Lists whose members may be distinguished by position alone."""


def disguise(element: Element, rng: random.Random) -> None:
    """Write the same in another way: numbers, addresses, the order of what has none."""
    for _, node in list(walk(element)):
        values = node.__dict__
        for rule in Views(ALL).plan(type(node)).rules.values():
            value = values.get(rule.name)
            if value is None or value == []:
                continue
            values[rule.name] = respell(rule.field, value, rng)
            free = rule.order is None and f"{type(node).__name__}.{rule.name}" not in _FREE
            if rule.field.many and rule.field.kind.is_object and free:
                rng.shuffle(values[rule.name])
        if rng.random() < 0.5 and type(node).__name__ not in INTERLEAVED and node.extra is None:
            shuffle_fields(values, node, rng)


def respell(field: Any, value: Any, rng: random.Random) -> Any:
    if isinstance(value, MAC):
        return MAC(value.upper())
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(field.codec, IntegerCodec) and value >= 0:
        base = field.codec.base
        forms = {0: ["{}", "{:#06x}"], 10: ["{:03}"], 16: ["{:#x}"], 8: ["{:05o}"]}
        raw = rng.choice(forms[base]).format(int(value))
        return Spelled.of(int(value), raw) if parse_integer(raw, base) == value else value
    return value


def shuffle_fields(values: dict[str, Any], owner: Element, rng: random.Random) -> None:
    """Change the order of the children of different names, which means nothing."""
    kinds = {name: Views(ALL).plan(type(owner)).rules[name].field.kind for name in values if name != EXTRA}
    children = [name for name, kind in kinds.items() if kind.has_tag]
    rng.shuffle(children)
    for name in children:
        values[name] = values.pop(name)


def read(path: Path) -> Element | None:
    try:
        return parse_any(path)
    except XMLError:
        return None


def check_disguised(path: Path, seed: int) -> list[str]:
    document = read(path)
    if document is None:
        return []
    disguise(document, random.Random(seed))
    again = parse_any(document.to_xml())
    original = read(path)
    return [str(change) for change in diff(original, again)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_in_disguise_is_no_different(path: Path, seed: int) -> None:
    assert check_disguised(path, seed) == []


@pytest.mark.parametrize("profile", ["all", "config", "abi"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_does_not_differ_from_itself(path: Path, profile: str) -> None:
    assert diff(read(path), read(path), profile) == []


@pytest.mark.slow
def test_no_document_of_the_corpus_differs_from_itself_or_its_disguise(corpus: Path) -> None:
    failed = {}
    for seed, path in enumerate(sorted(corpus.glob("libvirt-*/tests/**/*.xml"))):
        first, second = read(path), read(path)
        if first is not None:
            found = [str(item) for profile in ("all", "config", "abi") for item in diff(first, second, profile)]
            if found := found + check_disguised(path, seed):
                failed[str(path.name)] = found[:3]
    assert failed == {}


def check_edit(path: Path, number: int) -> str:
    """Make the edit of that number in a document; what is wrong with the difference, if anything."""
    document, changed = read(path), read(path)
    assert document is not None
    assert changed is not None
    edits = list(field_edits(changed, random.Random(number)))
    if not edits:
        return ""
    edit = edits[number % len(edits)]
    edit.apply()
    changes = diff(document, changed)
    kinds = {change.kind.value for change in changes}
    fields = {change.path.partition("[")[0] for change in changes}
    alone = len(changes) <= 1 or kinds == {"added", "removed"}
    return "" if alone and len(fields) <= 1 else f"{edit}: {[str(change) for change in changes]}"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_single_changed_field_is_reported_as_just_that(path: Path) -> None:
    rng = random.Random(path.stem)
    assert [wrong for _ in range(40) if (wrong := check_edit(path, rng.randrange(1 << 30)))] == []


@pytest.mark.slow
def test_a_single_changed_field_of_a_corpus_document_is_reported_as_just_that(corpus: Path) -> None:
    files = sorted(corpus.glob("libvirt-*/tests/**/*.xml"))
    paths = [path for path in files if read(path) is not None and document_in(data := path.read_bytes()) == data]
    found = {path.name: wrong for number, path in enumerate(paths) if (wrong := check_edit(path, 7919 * number))}
    assert found == {}
    assert len(paths) > 3000


@pytest.mark.slow
def test_libvirts_check_is_judged_for_every_part_that_is_missing(corpus: Path) -> None:
    judged = 0
    for path in sorted((corpus / "libvirt-11.3.0/tests/qemuxmlconfdata").glob("*.xml"))[::23]:
        old, new = read(path), read(path)
        if old is None or new is None or type(new).__name__ != "Domain":
            continue
        for name in [name for name in new.__dict__ if name not in {EXTRA, "name"}]:
            value = new.__dict__.pop(name)
            changes = [*diff(old, new, "abi"), *diff(new, old, "abi")]
            assert all(change.refused is not None for change in changes), (path, name)
            judged += len(changes)
            new.__dict__[name] = value
    assert judged > 500
