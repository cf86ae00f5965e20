"""The form of the installed gettext, whichever version it is, byte for byte."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from helpers.po_generator import Generator
from helpers.po_wrapping import WrapGenerator

from virtsmith.po import parse_catalogue
from virtsmith.po.forms import FORMS
from virtsmith.po.minimize import minimize
from virtsmith.po.mo import compile_catalogue
from virtsmith.po.profile import MINI

pytestmark = [pytest.mark.real, pytest.mark.skipif(not shutil.which("msgfmt"), reason="needs gettext")]


@pytest.fixture(scope="module")
def form() -> str:
    text = subprocess.run(["msgfmt", "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, re.search(r"(\d+)\.(\d+)", text).groups()))
    older = [name for name in FORMS if tuple(map(int, name.split("."))) <= version]
    if not older or version[:2] == (0, 22):
        pytest.skip(f"no form is that of gettext {version}")
    return older[-1]


def tool(*command, data: bytes) -> subprocess.CompletedProcess:
    return subprocess.run(command, input=data, capture_output=True, check=False)


def test_long_texts_are_wrapped_as_the_installed_msgcat_wraps_them(form):
    everything = replace(
        MINI, drop_header=(), untranslated=True, fuzzy=True, obsolete=True, locations="full", wrap="keep", form=form
    )
    for seed in range(150):
        data = WrapGenerator(seed).catalogue()
        expected = tool("msgcat", "--sort-output", "-", data=data).stdout
        assert minimize(parse_catalogue(data), everything) == expected, seed


def test_catalogues_are_compiled_as_the_installed_msgfmt_compiles_them(form):
    compiled = 0
    for seed in range(150):
        data = Generator(seed, wild=seed % 2 == 1, macros=True).catalogue()
        done = tool("msgfmt", "-", "-o", "-", data=data)
        if done.returncode == 0:
            compiled += 1
            assert compile_catalogue(parse_catalogue(data), form=form) == done.stdout, seed
    assert compiled > 130
