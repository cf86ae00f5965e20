"""Minimal edits of every document that others wrote."""

import random
from pathlib import Path

import pytest
from libvirtxml import Edit, EditError, XMLError, edit, format_xml
from libvirtxml._impl.edit.shadow import Shadow
from libvirtxml._impl.scan import SourceNode
from libvirtxml.containers import document_in
from xml_helpers.field_edits import FieldEdit, bytes_outside, element_extents, field_edits

pytestmark = pytest.mark.slow


def open_edit(data: bytes) -> Edit | None:
    try:
        return edit(data)
    except XMLError as error:
        if "cannot find" in str(error):  # ours, not the document's
            raise
        return None


def places(shadow: Shadow) -> dict[int, SourceNode]:
    """Where the element of each object is."""
    found = {id(shadow.source): shadow.node}
    for items in shadow.children.values():
        for item in items:
            if isinstance(item.value, Shadow):
                found |= places(item.value)
    return found


def touched_outside(data: bytes, change: Edit, made: FieldEdit, node: SourceNode) -> int:
    """Edit one field; how many bytes change outside of its element, or for an attribute, of the start tag."""
    encoding = change.encoding
    start, end = (len(change.old[:place].encode(encoding)) for place in (node.start, node.end))
    tag_end, close = element_extents(data)[start]
    assert close == end
    made.apply()
    change.finish()
    assert change.data != data
    return bytes_outside(data, change.data, start, tag_end if made.field.kind.is_attribute else close)


def test_one_random_edit_for_every_field_class_touches_nothing_else(corpus: Path) -> None:
    rng = random.Random(7)
    seen: set[tuple[str, str]] = set()
    outside = 0
    paths = sorted(corpus.glob("libvirt-*/tests/**/*.xml"))
    rng.shuffle(paths)
    for path in paths:
        data = path.read_bytes()
        first = open_edit(data)
        if first is None or first.encoding != "utf-8" or document_in(data) != data:
            continue
        for field_class in {item.field_class for item in field_edits(first.document, rng)} - seen:
            change = edit(data)
            made = [item for item in field_edits(change.document, rng) if item.field_class == field_class]
            if not made:
                continue
            chosen = rng.choice(made)
            bytes_touched = touched_outside(data, change, chosen, places(change._shadow)[id(chosen.owner)])
            assert bytes_touched == 0, (path, field_class, chosen.value)
            outside += bytes_touched
            seen.add(field_class)
    print(f"{len(seen)} field classes edited, {outside} bytes changed outside")
    assert outside == 0
    assert len(seen) > 2500


def test_an_edit_that_changes_nothing_gives_the_same_bytes_for_every_document(corpus: Path) -> None:
    count = 0
    for path in sorted(corpus.glob("libvirt-*/tests/**/*.xml")):
        data = path.read_bytes()
        change = open_edit(data)
        if change is not None:
            change.finish()
            assert change.data == data, path
            count += 1
    assert count > 3000


def test_formatting_of_every_document_changes_its_layout_alone_and_is_stable(corpus: Path) -> None:
    count = 0
    for path in sorted(corpus.glob("libvirt-*/tests/**/*.xml")):
        try:
            formatted = format_xml(path)
        except EditError:
            raise
        except XMLError:
            continue
        assert format_xml(formatted) == formatted, path
        count += 1
    assert count > 3000
