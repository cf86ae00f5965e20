"""Whatever documents, catalogues and dumps hold, no command lets it act on a terminal."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.every_command import INVOCATIONS, arguments, environment, make_workplace

pytestmark = pytest.mark.slow

C1, BIDI, ESC = "\x9b31m", "\u202e\u2066", "\x1b]0;own\x07"
HIDDEN = r"\u001b\u009b\u202e"
ACTS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
RUN = {
    name: invocation
    for name, invocation in INVOCATIONS.items()
    if not invocation.slow
    and not invocation.tree
    and invocation.ark != "own"
    and name not in {"host up", "host verify"}
}
"""Those that start nothing and change nothing but their own files."""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The workplace of all commands, with hostile text in every value of its files."""
    here = make_workplace(tmp_path_factory.mktemp("names"))
    for path in [*here.glob("*.xml"), *here.glob("documents/*.xml")]:
        text = re.sub(r">(\w+)</name>", rf">\1{C1}{BIDI}</name>", path.read_text())
        text = re.sub(r"(file|dev|machine|cache)='([^']*)'", rf"\1='\2{C1}{BIDI}'", text)
        path.write_text(text.replace("<devices>", f"<devices><unheard a='{C1}{BIDI}'>{BIDI}{C1}</unheard>"))
    for path in [here / "full.po", *here.glob("po/*.po*"), *here.glob("remote/*.po*")]:
        path.write_text(re.sub(r'"([Tt]ext \d+)"', rf'"\1{ESC}{C1}{BIDI}"', path.read_text()))
    marked = json.dumps(f"{ESC}{C1}{BIDI}").strip('"')
    for path in here.glob("dumps/**/*.json"):
        path.write_text(
            re.sub(r'"(net0|mac|features|VERSION_1)"', lambda name: f'"{name[1]}{marked}"', path.read_text())
        )
    spec = (here / "host.toml").read_text()
    (here / "host.toml").write_text(re.sub(r'name = "(\w+)"', lambda name: f'name = "{name[1]}{HIDDEN}"', spec))
    (here / "numactl.txt").write_text((here / "numactl.txt").read_text() + f"node {ESC}{C1}{BIDI}\n")
    return here


def on_terminal(here, name):
    """What a command writes to a terminal; colour and movement of its own are off."""
    words = arguments(here, name, to_file=False, install="")
    plain = [word for word in words if word != "--json"]
    variables = environment(here, name, here / "ark") | {
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "400",
        "PAGER": "cat",
    }
    master, slave = os.openpty()
    command = [sys.executable, "-m", "virtsmith", *plain]
    name_of_stdin = here / INVOCATIONS[name].stdin if INVOCATIONS[name].stdin else "/dev/null"
    with (
        Path(name_of_stdin).open("rb") as stdin,
        subprocess.Popen(command, env=variables, cwd=here, stdin=stdin, stdout=slave, stderr=slave) as process,
    ):
        os.close(slave)
        written = b""
        while chunk := read(master):
            written += chunk
    os.close(master)
    assert process.returncode != 70, written.decode(errors="replace")
    return written.decode(errors="replace").replace("\r\n", "\n")


def read(master):
    try:
        return os.read(master, 1 << 16)
    except OSError:  # the last writer has gone
        return b""


@pytest.mark.parametrize("name", RUN)
def test_nothing_that_acts_on_a_terminal_is_written_to_it(here, name):
    shown = on_terminal(here, name)
    line = next((line for line in shown.split("\n") if ACTS.search(line)), None)
    assert line is None, repr(line)


def test_the_hostile_text_is_shown_so_that_people_see_it(here):
    for name in ("xml get", "xml convert", "po expand", "po textconv"):
        assert re.search(r"\\x9b|\\u202e|u\+202e", on_terminal(here, name), re.IGNORECASE), name
