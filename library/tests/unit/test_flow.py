"""The short notation of ``--add``."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libvirtxml._impl.edit.flow import parse_flow
from libvirtxml.errors import UsageError

_JSON = st.recursive(
    st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


@given(_JSON)
def test_json_is_taken_as_it_is(value: object) -> None:
    assert parse_flow(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "{type: bridge, mac: {address: 52:54:00:aa:bb:cc}}",
            {"type": "bridge", "mac": {"address": "52:54:00:aa:bb:cc"}},
        ),
        ("{a: 'it''s', b: [1, x y], c: true}", {"a": "it's", "b": ["1", "x y"], "c": True}),
        ("word", "word"),
        ("{}", {}),
    ],
)
def test_plain_words_need_no_quotes(text: str, value: object) -> None:
    assert parse_flow(text) == value


@pytest.mark.parametrize("text", ["", "{", "{a}", "{a: 1", "[1", "{a: 1} x", "{a: 1, a: 2}", '{"a" 1}', "[" * 500])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_flow(text)


@given(st.text(alphabet="{}[]:,'\"ab \\", max_size=30))
def test_no_text_leads_to_another_error(text: str) -> None:
    with suppress(UsageError):
        parse_flow(text)
