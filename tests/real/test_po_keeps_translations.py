"""No command loses a translation without naming it: random projects, with msgfmt and Python's gettext as the judges."""

import gettext
import io
import random
import re
import subprocess
from shutil import copytree, which

import pytest
from helpers.in_process import virtsmith
from helpers.po_generator import Generator

pytestmark = [pytest.mark.real, pytest.mark.skipif(not which("msgfmt"), reason="needs gettext")]
LAYOUTS = {
    "flat": ("po", "{language}.po"),
    "mini": ("po", "{language}.mini.po"),
    "nested": ("locale", "{language}/LC_MESSAGES/app.po"),
}
LANGUAGES = ("de", "pt_BR", "sr@latin")
COMMANDS = [
    "minimize", "minimize --wrap keep", "minimize --profile sorted", "check --fix", "check --fix --profile mini",
    "check --fix --drop-stale --yes", "check --fix --drop-stale", "convert mini", "convert sorted", "extract --yes",
    "extract", "pull", "pull --yes",
]  # fmt: skip


def make_project(root, seed):
    """A random project: layout, profile, catalogues, a template and sources that lack some of their messages."""
    chance = random.Random(seed)
    directory, files = LAYOUTS[chance.choice(list(LAYOUTS))]
    profile = chance.choice(["mini", "sorted", "location-file"])
    place = root / directory
    catalogues = {}
    for language in LANGUAGES[: chance.randint(1, 3)]:
        path = place / files.format(language=language)
        path.parent.mkdir(parents=True, exist_ok=True)
        wild = chance.random() < 0.5
        path.write_bytes(Generator(seed * 10 + len(catalogues), wild=wild).catalogue(chance.randint(1, 30)))
        catalogues[language] = path
    known = [text for path in catalogues.values() for text in keys_of(path)]
    gone = chance.choice([0, 0.03, 0.5])
    (root / "app.py").write_text(
        "\n".join([call(*key) for key in known if chance.random() >= gone] + ['_("new in the sources")'])
    )
    if chance.random() < 0.7:
        names = [name for name in LANGUAGES if name in catalogues or chance.random() < 0.3]
        (place / "LINGUAS").write_text("\n".join(names[: chance.randint(1, 3)]) + "\n")
    copytree(place, root / "platform")
    for path in root.glob("platform/**/*.po"):  # translators removed messages, too
        blocks = path.read_bytes().split(b"\n\n")
        path.write_bytes(b"\n\n".join([block for block in blocks if chance.random() >= gone / 2 or block == blocks[0]]))
    (root / "pyproject.toml").write_text(
        f'[tool.virtsmith.po]\ndirectory = "{directory}"\nfiles = "{files}"\ndomain = "app"\nprofile = "{profile}"\n'
        'sources = ["*.py"]\n[tool.virtsmith.po.platform]\nkind = "directory"\npath = "platform"\n'
    )
    return catalogues


def call(context, msgid):
    return f"pgettext({context!r}, {msgid!r})" if context is not None else f"_({msgid!r})"


def keys_of(path):
    """What programs find in a catalogue: (context, msgid) of each message, by gettext alone."""
    done = subprocess.run(["msgfmt", "-o", "-", path], capture_output=True, check=False)
    if done.returncode:
        return set()
    found = gettext.GNUTranslations(io.BytesIO(done.stdout))._catalog
    texts = {key[0] if isinstance(key, tuple) else key for key in found} - {""}
    return {tuple(text.split("\4", 1)) if "\4" in text else (None, text) for text in texts}


def drafts_in(path):
    """The numbers of fuzzy and of obsolete translations, by gettext alone."""
    counts = []
    for options in (["--only-fuzzy", "--no-obsolete"], ["--only-obsolete"]):
        done = subprocess.run(["msgattrib", "--translated", *options, path], capture_output=True, check=True)
        counts.append(len(re.findall(rb'^(?:#~ )?msgid (?!""\nmsgstr ""\n"Project)', done.stdout, re.MULTILINE)))
    return counts


def is_named(msgid, path, language, shown):
    text = " ".join(msgid.split())[:50]
    lines = [line for line in shown.splitlines() if "removed" in line and text in line]
    return any(str(path.name) in line or line.startswith(f"{language}:") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_is_lost_is_named(command, tmp_path):
    unnamed = []
    for seed in range(15):
        root = tmp_path / str(seed)
        root.mkdir()
        catalogues = make_project(root, seed)
        before = {name: (keys_of(path), drafts_in(path)) for name, path in catalogues.items()}
        done = virtsmith("po", *command.split(), cwd=root)
        assert done.returncode in (0, 1, 3), done.stderr
        for language, path in catalogues.items():
            keys, drafts = before[language]
            lost = keys - keys_of(path)
            unnamed += [(seed, language, key) for key in lost if not is_named(key[1], path, language, done.stderr)]
            if any(new < old for new, old in zip(drafts_in(path), drafts, strict=True)):
                about = [f"{path.relative_to(root)}: left out", f"{language}: left out"]
                if not any(line.startswith(tuple(about)) for line in done.stderr.splitlines()):
                    unnamed.append((seed, language, drafts, drafts_in(path)))
    assert unnamed == []
