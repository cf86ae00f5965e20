"""The order that is learned from documents adds to what is known."""

import json

import pytest

from virtsmith.errors import InputError
from virtsmith.schema.order import write_order


def learn(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    return write_order([tmp_path / "a.xml"], tmp_path / "order.json")


def test_what_the_documents_do_not_show_is_kept(tmp_path):
    known = {"/network": ["uuid", "name"], "/domain": ["name", "title", "uuid", "metadata"]}
    (tmp_path / "order.json").write_text(json.dumps(known))
    assert learn(
        tmp_path, "<domain type='kvm'><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><name>a</name></domain>"
    )
    found = json.loads((tmp_path / "order.json").read_text())
    assert found["/network"] == known["/network"]
    assert found["/domain"] == ["type", "uuid", "metadata", "name", "title"]


def test_learning_twice_changes_nothing(tmp_path):
    text = "<domain type='kvm'><name>a</name><memory unit='KiB'>1</memory></domain>"
    assert learn(tmp_path, text) == 1
    first = (tmp_path / "order.json").read_bytes()
    learn(tmp_path, text)
    assert (tmp_path / "order.json").read_bytes() == first


def test_files_that_are_not_documents_teach_nothing(tmp_path):
    with pytest.raises(InputError, match="none of these files"):
        learn(tmp_path, "<a/>")
    assert not (tmp_path / "order.json").exists()
