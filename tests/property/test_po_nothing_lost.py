"""Random projects, random commands that write: a translation is never lost without being named in the output."""

import random

import pytest
from helpers.in_process import virtsmith

from virtsmith.po import load_catalogue

PROJECTS = 25
COMMANDS = {
    "minimize": ("minimize",),
    "minimize-sorted": ("minimize", "--profile", "sorted"),
    "fix": ("check", "--fix"),
    "fix-yes": ("check", "--fix", "--yes"),
    "fix-stale": ("check", "--fix", "--drop-stale"),
    "fix-stale-yes": ("check", "--fix", "--drop-stale", "--yes"),
    "convert": ("convert", "sorted"),
    "extract": ("extract",),
    "extract-yes": ("extract", "--yes"),
    "push": ("push",),
    "push-yes": ("push", "--yes"),
    "pull": ("pull",),
    "pull-yes": ("pull", "--yes"),
    "expand": ("expand", "--to", "po"),
    "expand-other": ("expand", "platform", "--pot", "po/app.pot", "--to", "po"),
    "minimize-to": ("minimize", "platform", "--to", "po"),
    "minimize-to-yes": ("minimize", "platform", "--to", "po", "--yes"),
    "compile": ("compile", "--to", "out"),
}
HEADER = 'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
SETTINGS = """[tool.virtsmith.po]
domain = "app"
sources = ["*.py"]
profile = "{}"
[tool.virtsmith.po.platform]
kind = "directory"
path = "platform"
"""


def message_of(number: int, chance: random.Random) -> str:
    """A message in one of the states that catalogues know; its translation may be unusable."""
    flags = chance.choice(["", "", "", "#, fuzzy\n", "#, python-format\n"])
    text = chance.choice([f"übersetzt {number}", f"übersetzt {number}", "", "%d %s"])
    lines = f'msgid "message {number}"\nmsgstr "{text}"\n'
    return "\n" + (
        "".join(f"#~ {line}\n" for line in lines.splitlines())
        if chance.random() < 0.1
        else f"#: a.py:{number}\n{flags}{lines}"
    )


def catalogue_of(language: str, numbers: list[int], chance: random.Random) -> str:
    return HEADER.format(language) + "".join(message_of(number, chance) for number in numbers)


def make_project(root, chance):
    """Sources, catalogues and a platform that agree more or less, as real ones do."""
    (root / "po").mkdir()
    (root / "platform").mkdir()
    (root / "pyproject.toml").write_text(SETTINGS.format(chance.choice(["mini", "sorted", "location-file"])))
    size = chance.choice([1, 5, 60])
    share = chance.choice([0, 0.02, 0.5, 1])
    kept = [number for number in range(size) if chance.random() >= share]
    (root / "a.py").write_text("".join(f'_("message {number}")\n' for number in kept) or "x = 1\n")
    for directory in ("po", "platform"):
        for language in ("de", "pt_BR", "sr@latin"):
            if chance.random() < 0.8:
                numbers = [number for number in range(size) if chance.random() < 0.9]
                (root / directory / f"{language}.po").write_text(catalogue_of(language, numbers, chance))
    if chance.random() < 0.5:
        numbers = range(size) if chance.random() < 0.5 else kept
        blocks = "".join(f'\nmsgid "message {number}"\nmsgstr ""\n' for number in numbers)
        (root / "po/app.pot").write_text(HEADER.format("") + blocks)


def translations(root) -> set[tuple[str, str]]:
    """Every translation of the project that a program would show: language and message."""
    return {
        (path.stem, key.decode())
        for path in (root / "po").glob("*.po")
        for key in load_catalogue(path).translated_keys()
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_no_translation_is_lost_unless_it_is_named(name, tmp_path):
    succeeded = lost_by_name = 0
    for seed in range(PROJECTS):
        chance = random.Random(f"{name}{seed}")
        root = tmp_path / str(seed)
        root.mkdir()
        make_project(root, chance)
        before = translations(root)
        done = virtsmith("po", *COMMANDS[name], cwd=root)
        assert done.returncode in (0, 1, 2, 3), done.stderr
        lost = before - translations(root)
        named = done.stderr.splitlines()
        for language, key in lost:
            assert any(language in line and line.endswith(f"removed {key}") for line in named), (seed, language, key)
        succeeded += done.returncode < 2
        lost_by_name += bool(lost)
    assert succeeded, "no project let the command do its work"
    if name not in ("pull", "minimize-to"):  # their losses may be so small that nobody has to confirm them
        assert bool(lost_by_name) == (name in ("fix-stale-yes", "pull-yes", "minimize-to-yes"))
