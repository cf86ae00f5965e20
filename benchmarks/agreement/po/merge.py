"""Merges of catalogues, judged by a merge that only knows messages: real ones, and random edits of real catalogues.

Real merges come from the histories of the clones in the directory ``$VIRTSMITH_AGREEMENT_REPOSITORIES``.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.agreement import Row
from benchmarks.agreement.po.debian import NotThere, source_tree
from virtsmith.po.catalogue import Catalogue, CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.entry import Row as Message
from virtsmith.po.linemerge import merge_by_line
from virtsmith.po.merge import LABELS, merge
from virtsmith.po.quoting import quote, value_of

MERGES = 100
NEWEST = 300
_TREES = (("virt-manager", "po"), ("coreutils", "po"), ("gimp", "po-libgimp"))

Texts = Mapping[bytes, bytes]
"""Translations by key: what the oracle knows of a catalogue."""


def rows() -> Iterator[Row]:
    for package, directory in _TREES:
        try:
            paths = sorted((source_tree(package) / directory).glob("*.po"))
        except NotThere as error:
            yield Row(f"merges of {package} catalogues", "message oracle", 0, note=str(error))
            continue
        yield _replay(f"merges of {package} catalogues", paths, random.Random(package))
    yield from _histories()


def _histories() -> Iterator[Row]:
    directory = Path(os.environ.get("VIRTSMITH_AGREEMENT_REPOSITORIES", ""))
    for path in sorted(directory.glob("*/")) if str(directory) != "." else []:
        counts = _Counts()
        for versions in _real_merges(path):
            try:
                parsed = [_texts(parse_catalogue(data)) for data in versions]
            except CatalogueError:
                counts.unreadable += 1
                continue
            counts.add(versions, *oracle(*parsed))
        yield counts.row(f"merges in the history of {path.name}", "real merges")


def _real_merges(repository: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Base, ours and theirs of every catalogue that both sides of a merge changed, in the newest `NEWEST` merges.

    Only merges whose catalogues differ from those of each parent are looked at: others took one side whole.
    """

    def git(*words: str) -> bytes:
        return subprocess.run(["git", "-C", repository, *words], capture_output=True, check=False).stdout

    found = git("log", "--all", "--merges", "--full-history", f"-{NEWEST}", "--format=%P", "--", "*.po")
    for line in found.decode().splitlines():
        parents = line.split()
        base = git("merge-base", *parents).decode().strip()
        if len(parents) != 2 or not base:
            continue
        changed = [
            set(git("diff", "--name-only", base, parent, "--", "*.po").decode().splitlines()) for parent in parents
        ]
        for name in sorted(changed[0] & changed[1]):
            sides = [git("cat-file", "blob", f"{revision}:{name}") for revision in (base, *parents)]
            if all(sides) and sides[1] != sides[2]:
                yield (sides[0], sides[1], sides[2])


@dataclass(slots=True)
class _Counts:
    cases: int = 0
    wrong: int = 0
    missed: int = 0
    conflicts: int = 0
    git_conflicts: int = 0
    unreadable: int = 0

    def add(self, versions: tuple[bytes, bytes, bytes], expected: Texts, disputed: set[bytes]) -> None:
        """Merge one catalogue and compare."""
        result = merge(*versions)
        self.cases += 1
        self.conflicts += bool(result.conflicts)
        self.git_conflicts += bool(merge_by_line((versions[1], versions[0], versions[2]), LABELS)[1])
        found = set(result.conflicts) - {b""}
        if disputed - found:
            self.missed += 1
        elif found - disputed:
            self.wrong += 1
        elif not result.conflicts:
            self.missed += _texts(parse_catalogue(result.data)) != expected

    def row(self, question: str, note: str) -> Row:
        """The figures."""
        text = f"{note}; conflicts in {self.conflicts}, with git alone in {self.git_conflicts}"
        text += f"; {self.unreadable} that no gettext reads are left out" if self.unreadable else ""
        return Row(question, "message oracle", self.cases, self.wrong, self.missed, text)


def _replay(question: str, paths: list[Path], chance: random.Random) -> Row:
    counts = _Counts()
    while counts.cases < MERGES:
        try:
            base = load_catalogue(chance.choice(paths))
        except CatalogueError:
            continue
        sides = [_edited(base, chance) for _ in range(2)]
        versions = [catalogue.render() for catalogue in (base, *sides)]
        counts.add((versions[0], versions[1], versions[2]), *oracle(*map(_texts, (base, *sides))))
    return counts.row(question, "real catalogues, random edits")


def oracle(base: Texts, ours: Texts, theirs: Texts) -> tuple[dict[bytes, bytes], set[bytes]]:
    """The merged translations, and the messages in conflict: one-sided changes win, a change beats a removal."""
    merged, disputed = {}, set()
    for key in base.keys() | ours.keys() | theirs.keys():
        old, own, other = base.get(key), ours.get(key), theirs.get(key)
        if own in (old, other):
            value = other
        elif other == old:
            value = own
        elif own is None or other is None:
            value = own or other
        else:
            disputed.add(key)
            continue
        if value is not None:
            merged[key] = value
    return merged, disputed


def _edited(base: Catalogue, chance: random.Random) -> Catalogue:
    """What a translator and a template update make of a catalogue: new texts, removed messages, moved lines."""
    rows = {}
    moves, edits = chance.random() < 0.5, chance.choice([0.002, 0.02])
    for key, row in zip(base.keys, base.rows, strict=True):
        changed = row
        if key and not row.is_fuzzy() and row.msgstr and not row.is_untranslated():
            draw = chance.random()
            if draw < edits / 4:
                continue
            if draw < edits:
                changed = row._replace(msgstr=quote(f"changed {chance.randrange(3)}"))
        rows[key] = _moved(changed, chance) if moves and key else changed
    return Catalogue(list(rows.values()), list(rows), base.obsolete, base.obsolete_keys)


def _moved(row: Message, chance: random.Random) -> Message:
    return row._replace(locations=row.locations.replace(b":1", b":%d" % chance.randrange(20)))


def _texts(catalogue: Catalogue) -> dict[bytes, bytes]:
    used = set(catalogue.translated_keys())
    pairs = zip(catalogue.keys, catalogue.rows, strict=True)
    return {key: b"\0".join(map(value_of, row.translations())) for key, row in pairs if key in used and row.msgstr}
