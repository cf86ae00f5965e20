"""YAML that is written is what every reader reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.core.yaml import dump_yaml

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30) | st.sampled_from(
    [
        "yes",
        "null",
        "1",
        "1.0",
        "0x1f",
        "2026-01-01",
        "a: b",
        "- a",
        "#c",
        "a\nb",
        "a\n b\n",
        "\na",
        "a\n\n",
        " a\nb",
        "~",
        "{}",
        "key:",
        "1e3",
        "on",
        "=",
        "<<",
        "12:30:45",
        ".inf",
        "a #b",
        "x\n\ny\n",
        "tab\tbed",
        "%a",
        "@a",
        "`a`",
    ]
)
DATA = st.recursive(
    TEXTS | st.integers(-(2**40), 2**40) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@given(DATA)
def test_a_reader_of_another_make_gets_the_same_data(data):
    yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe", pure=True)
    assert yaml.load(dump_yaml(data)) == data


def test_scripts_stay_legible():
    assert dump_yaml({"data": {"run.sh": "set -e\n\necho a\n"}}) == "data:\n  run.sh: |\n    set -e\n\n    echo a\n"
