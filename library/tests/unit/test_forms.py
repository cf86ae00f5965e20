"""Documents in any form, read and written by one function each."""

from pathlib import Path

import pytest
from libvirtxml import DataError, XMLError, convert, load_any, parse
from libvirtxml.errors import InputError, UsageError

TEXT = "<domain type='kvm'><name>web</name><memory unit='GiB'>2</memory></domain>"
DOMAIN = parse(TEXT)


@pytest.mark.parametrize("form", ["xml", "json", "yaml"])
def test_a_form_is_guessed_by_name_and_by_content(tmp_path: Path, form: str) -> None:
    written = convert(DOMAIN, form)
    path = tmp_path / f"web.{form}"
    path.write_text(written)
    assert load_any(path) == load_any(str(path)) == load_any(written.encode()) == load_any(written, form) == DOMAIN
    (tmp_path / "noname").write_text(written)
    assert load_any(tmp_path / "noname") == DOMAIN


def test_every_form_can_be_made_of_every_other_and_runs_as_a_program() -> None:
    json = convert(TEXT, "json")
    yaml = convert(json.encode(), "yaml")
    assert parse(convert(yaml.encode(), "xml")) == DOMAIN
    found: dict = {}
    exec(convert(yaml.encode(), "python", "yaml"), found)
    assert found["document"] == DOMAIN


def test_errors_name_the_input() -> None:
    with pytest.raises(DataError, match=r"^web\.json: "):
        load_any(b"{}", name="web.json")
    with pytest.raises(XMLError, match=r"^<stdin>:1"):
        load_any(b"<domain>", name="<stdin>")
    with pytest.raises(UsageError, match="no such form: 'toml'"):
        convert(DOMAIN, "toml")


def test_an_error_that_names_its_input_keeps_the_name() -> None:
    error = InputError("broken", line=3, hint="fix it")
    named = error.with_source("a.xml")
    assert (str(named), named.hint, type(named)) == ("a.xml:3: broken", "fix it", InputError)
    assert named.with_source("b.xml") is named
    assert error.with_source(None) is error
