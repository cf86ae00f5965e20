"""Desktop entries with translations, beside ``msgfmt --desktop``."""

import random
import subprocess
from shutil import which

import pytest
from helpers.in_process import virtsmith

from virtsmith.po import parse_catalogue

pytestmark = [pytest.mark.real, pytest.mark.skipif(not which("msgfmt"), reason="needs gettext")]
VALUES = [
    "Hello", "a;b;c;", "Says\\shello", "tab\\tx", "nl\\nx", "back\\\\slash", "ü ö", " lead", "trail ", "semi\\;x;y",
    "\\sstart", "x = y", "[z]", "  two", "a\\,b",
]  # fmt: skip
TEXTS = ["T", "ü\n x", " lead", "\ttab", "a\\;b", "q\\z", "tr ", ""]
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


def make_entry(chance: random.Random) -> str:
    text = "# made\n[Desktop Entry]\n"
    for _ in range(12):
        key = chance.choice(["Name", "GenericName", "Comment", "Keywords", "Icon", "Exec", "X-Foo"])
        locale = chance.choice(["", "", "", "[de]", "[sr@latin]"])
        text += f"{key}{locale}{chance.choice(['=', '=', ' = '])}{chance.choice(VALUES)}\n"
        if chance.random() < 0.15:
            text += "\n# note\n[Desktop Action n]\n"
    return text


def run(root, *command) -> bytes:
    return subprocess.run(command, cwd=root, capture_output=True, check=True).stdout


@pytest.mark.parametrize("seed", range(12))
def test_names_and_comments_are_translated_as_msgfmt_translates_them(tmp_path, seed):
    chance = random.Random(seed)
    (tmp_path / "po").mkdir()
    (tmp_path / "a.desktop.in").write_text(make_entry(chance) + "Name=Hello\n")
    template = run(tmp_path, "xgettext", "-o", "-", "--from-code=UTF-8", "--language=Desktop", "a.desktop.in")
    entries = [entry for entry in parse_catalogue(template.replace(b"CHARSET", b"UTF-8")).entries() if entry.msgid]
    for language in ("de", "fr"):
        text = HEADER
        for entry in entries:
            entry.flags, entry.locations = (), []
            entry.msgstr = [chance.choice(TEXTS) + chance.choice(["", language])]
            text += "\n" + entry.to_row().render().decode()
        (tmp_path / "po" / f"{language}.po").write_text(text)
    (tmp_path / "po/LINGUAS").write_text("de fr\n")
    expected = run(tmp_path, "msgfmt", "--desktop", "--template=a.desktop.in", "-d", "po", "-o", "-")
    done = virtsmith("po", "merge-desktop", "a.desktop.in", "po", cwd=tmp_path, text=False)
    assert (done.returncode, done.stdout) == (0, expected)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (b"[Desktop Entry]\n_Name=Old style\n", "error: a.desktop.in:2: not a line of a desktop entry"),
        (b"[Desktop Entry]\nName=caf\xe9\n", "error: a.desktop.in: not valid UTF-8"),
    ],
)
def test_what_is_no_entry_is_refused_with_its_name(tmp_path, template, message):
    (tmp_path / "po").mkdir()
    (tmp_path / "po/de.po").write_text(HEADER)
    (tmp_path / "a.desktop.in").write_bytes(template)
    done = virtsmith("po", "merge-desktop", "a.desktop.in", cwd=tmp_path)
    assert (done.returncode, done.stderr.strip()) == (3, message)
