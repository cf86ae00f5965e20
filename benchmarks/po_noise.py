"""How much of a catalogue update is noise: libvirt's catalogues before and after a synthetic release.

The template is put in file order; then the lines of 60 % of the source files move by 1 to 60, and one directory is
renamed, which changes no text. A second update also removes 1 % of the messages, adds as many, and translates half of
the new ones. Each language is brought up to date with both templates, and git counts the changes in three stored forms.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from virtsmith.po import Catalogue, load_catalogue, parse_catalogue
from virtsmith.po.entry import Row
from virtsmith.po.expand import Template, expand
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import MINI, SORTED

_LANGUAGES = 10
_LOCATION = re.compile(rb"(\S+?):(\d+)")
_SEED = 20
_CEILINGS = {"texts the same": 0.0, "real update": 0.03}
"""The share of the full form's changed lines that the minimal form may have."""


def main() -> int:
    corpus = os.environ.get("VIRTSMITH_CORPUS")
    if not corpus:
        print("skipped: VIRTSMITH_CORPUS does not name a corpus directory")
        return 0
    directory = Path(corpus) / "po" / "libvirt-11.3.0"
    chance = random.Random(_SEED)
    old = _in_file_order(load_catalogue(directory / "libvirt.pot"))
    moved = _moved(old, chance)
    updated, fresh = _updated(moved, chance)
    paths = sorted(directory.glob("*.po"))[:_LANGUAGES]
    before = {path.stem: _expanded(load_catalogue(path), old) for path in paths}
    after = {name: _expanded(parse_catalogue(data), moved) for name, data in before.items()}
    later = {name: _translated(_expanded(parse_catalogue(data), updated), fresh) for name, data in before.items()}
    return _compare("texts the same", before, after) + _compare("real update", before, later)


def _in_file_order(template: Catalogue) -> Catalogue:
    def place(pair: tuple[bytes, Row]) -> tuple[bool, bytes, int]:
        first = _LOCATION.search(pair[1].locations)
        return (bool(pair[0]), first[1], int(first[2])) if first else (bool(pair[0]), b"", 0)

    pairs = sorted(zip(template.keys, template.rows, strict=True), key=place)
    return Catalogue([row for _, row in pairs], [key for key, _ in pairs])


def _moved(template: Catalogue, chance: random.Random) -> Catalogue:
    files = sorted({match[1] for row in template.rows for match in _LOCATION.finditer(row.locations)})
    shifts = {name: chance.randint(1, 60) for name in files if chance.random() < 0.6}
    renamed = os.path.dirname(chance.choice(files))  # noqa: PTH120 - bytes

    def move(match: re.Match[bytes]) -> bytes:
        name = match[1]
        target = renamed + b"-new" + name[len(renamed) :] if name.startswith(renamed + b"/") else name
        return b"%b:%d" % (target, int(match[2]) + shifts.get(name, 0))

    rows = [row._replace(locations=_LOCATION.sub(move, row.locations)) for row in template.rows]
    header = next(index for index, key in enumerate(template.keys) if not key)
    rows[header] = rows[header]._replace(msgstr=rows[header].msgstr.replace(b"2025-04-28", b"2025-06-02"))
    return _in_file_order(Catalogue(rows, template.keys))


def _updated(template: Catalogue, chance: random.Random) -> tuple[Catalogue, set[bytes]]:
    """The template with 1 % of its messages gone and as many new ones, each a changed copy of one beside it."""
    pairs = list(zip(template.keys, template.rows, strict=True))
    count = len(pairs) // 100
    kept = [pair for pair in pairs if not pair[0] or chance.random() > 0.01]
    fresh: set[bytes] = set()
    for _ in range(count):
        index = chance.randrange(1, len(kept))
        row = kept[index][1]._replace(
            msgid=b'"new message %d"' % len(fresh), plural=b"", forms=b"", msgstr=b'""', flags=b""
        )
        kept.insert(index, (row.key(), row))
        fresh.add(row.key())
    translated = set(sorted(fresh)[::2])
    return Catalogue([row for _, row in kept], [key for key, _ in kept]), translated


def _expanded(catalogue: Catalogue, template: Catalogue) -> bytes:
    return expand(catalogue, Template(template, wrap="keep"))


def _translated(data: bytes, keys: set[bytes]) -> bytes:
    catalogue = parse_catalogue(data)
    catalogue.rows = [
        row._replace(msgstr=row.msgid.replace(b"new", b"neu")) if key in keys else row
        for key, row in zip(catalogue.keys, catalogue.rows, strict=True)
    ]
    return catalogue.render()


def _compare(name: str, before: dict[str, bytes], after: dict[str, bytes]) -> int:
    forms = {
        "full": lambda data: data,
        "sorted, no locations": lambda data: minimize(parse_catalogue(data), SORTED),
        "minimal": lambda data: minimize(parse_catalogue(data), MINI),
    }
    lines = {}
    for form, convert in forms.items():
        size, lines[form] = _git_diff(before, after, convert)
        share = lines[form] / lines["full"]
        print(f"{name:16} {form:22} {size:>12,} bytes of diff {lines[form]:>9,} changed lines {100 * share:6.2f} %")
    return int(lines["minimal"] / lines["full"] > _CEILINGS[name])


def _git_diff(before: dict[str, bytes], after: dict[str, bytes], convert: Callable[[bytes], bytes]) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as scratch:
        for side, catalogues in (("a", before), ("b", after)):
            directory = Path(scratch) / side
            directory.mkdir()
            for language, data in catalogues.items():
                (directory / f"{language}.po").write_bytes(convert(data))
        command = ["git", "diff", "--no-index", "--no-ext-diff", "--no-color", "a", "b"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, check=False)
    changed = [
        line for line in done.stdout.split(b"\n") if line[:1] in (b"+", b"-") and line[:3] not in (b"+++", b"---")
    ]
    return len(done.stdout), len(changed)


if __name__ == "__main__":
    raise SystemExit(main())
