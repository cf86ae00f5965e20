"""``python -m benchmarks.agreement.abi.learn``: measure which fields libvirt checks, and add to the table of them.

The fields come from single edits of one half of the corpus' domains; the other half is for `rows`. A field counts as
checked if libvirt objects to most of its edits: what an edit does not change (a value that libvirt assumes anyway) is
for ``stability.py`` to know.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from contextlib import ExitStack
from pathlib import Path

from libvirtxml._impl.diff import checked
from libvirtxml._impl.diff.stability import VOLATILE

from benchmarks.agreement._domains import domains, is_held_out
from benchmarks.agreement._libvirts import libvirts
from benchmarks.agreement.abi.edits import Edited, Editor
from benchmarks.agreement.abi.judge import Judge

TABLE = Path("library/src/libvirtxml/_impl/diff/checked.py")

_COMPANIONS = "Devices.graphics"
"""A list that is not checked, only whether there is any: libvirt adds a video device then."""

Judged = tuple[Edited, list[str | None]]
"""An edit, and what each judge objects to."""


def judged_edits(
    documents: list[bytes],
    judges: list[Judge],
    *,
    samples: int,
    seconds: float,
    seed: int,
    known: Container[str] | None = None,
) -> Iterator[Judged]:
    """Edits of the documents that libvirts can read, with about as many of each kind.

    A libvirt that refuses a document in the place of itself (it makes up another MAC address each time it reads it) is
    not asked about its edits: its answer would not be about these.

    Where keys are known, only edits of others are made, also with values that no document has.
    """
    editor = Editor(documents, seed, invents=known is not None)
    chance = random.Random(seed)
    order = list(documents)
    chance.shuffle(order)
    tried: Counter[tuple[str, str]] = Counter()
    end = time.monotonic() + seconds
    for document in order:
        here: set[tuple[str, str]] = set()

        def is_wanted(key: str, action: str, here: set[tuple[str, str]] = here) -> bool:
            count = tried[key, action]
            if (
                (known is not None and key in known)
                or (key, action) in here
                or (count >= samples and chance.random() > samples / (4 * count))
            ):
                return False
            here.add((key, action))
            return True

        stable: list[Judge] | None = None
        for edited in editor.edits(document, is_wanted):
            if stable is None:
                stable = [judge for judge in judges if judge.objection(edited.old, edited.old) == ""]
            objections = [judge.objection(edited.old, edited.new) if judge in stable else None for judge in judges]
            if any(objection is not None for objection in objections):
                tried[edited.key, edited.action] += 1
                yield edited, objections
        if time.monotonic() > end:
            return


class Learned:
    """What the answers to many edits say about fields."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        self._contexts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._kinds: dict[str, bool] = {}
        self._paths: dict[str, set[str]] = defaultdict(set)

    def add(self, key: str, action: str, path: tuple[str, ...], objection: str, is_object: bool) -> None:
        """Count one answer."""
        if _COMPANIONS in path:
            return
        self._kinds[key] = is_object
        self._counts[key][action][bool(objection)] += 1
        if objection:
            self._paths[key].update(path)
        if path and (action == "changed") != is_object:
            self._contexts[path[-1], key][bool(objection)] += 1

    def values(self) -> set[str]:
        """Fields with values whose change libvirt objects to."""
        return {key for key, is_object in self._kinds.items()
                if not is_object and self._is_mostly(key, "changed")} - VOLATILE  # fmt: skip

    def alone(self) -> set[str]:
        """Elements whose absence is checked, whatever they hold."""
        return {key for key, is_object in self._kinds.items()
                if is_object and self._is_mostly(key, "")} - VOLATILE  # fmt: skip

    def leading(self) -> set[str]:
        """Elements that hold anything that is checked, or are so themselves."""
        compared = self.values() | self.alone()
        return self.alone().union(*(self._paths[key] for key in compared))

    def unchecked(self) -> set[str]:
        """Fields that are compared elsewhere, but not below these: ``Console.target CharTarget.port``."""
        compared = self.leading() | self.values()
        pairs = ((pair, counts) for pair, counts in self._contexts.items() if pair[1] in compared)
        return {" ".join(pair) for pair, (no, yes) in pairs if no > 2 and not yes}

    def _is_mostly(self, key: str, first: str) -> bool:
        actions = self._counts[key]
        names = [first] if first in actions else ["added", "removed"]
        chosen = [actions[name] for name in names if name in actions]
        return sum(yes for _, yes in chosen) > sum(no for no, _ in chosen)


def table(by_release: dict[str, Learned], later: dict[str, str]) -> str:
    """The module with what was learned of each release, oldest first, added to what is known: the newest counts."""
    learned = [*by_release.values()][-1]
    values, alone = learned.values() | checked.VALUES, learned.alone() | checked.ALONE
    sets = (
        ("VALUES", values, "Fields whose value is checked."),
        ("ALONE", alone, "Elements that must be in both documents or in none."),
        ("LEADING", learned.leading() | checked.LEADING, "Elements that are checked or hold something that is."),
    )
    parts = [_HEAD.format(releases=", ".join(by_release))]
    parts += [f'{name} = _keys(\n    """\n{_lines_of(keys)}\n    """\n)\n"""{text}"""\n' for name, keys, text in sets]
    pairs = "".join(f'    "{pair}",\n' for pair in sorted(learned.unchecked() | checked.UNCHECKED))
    text = "The second is not checked below the first, but elsewhere."
    parts.append(f'UNCHECKED = frozenset({{\n{pairs}}})  # fmt: skip\n"""{text}"""\n')
    first = sorted({**checked.LATER, **later}.items())
    rows = "".join(f'    "{key}": "{release}",\n' for key, release in first if key in values | alone)
    parts.append(f'LATER = {{\n{rows}}}\n"""Fields that not all releases check, with the first that does."""\n')
    return "".join(parts)


_HEAD = '''"""Which fields of a domain libvirt's check of a stable guest ABI looks at.

Generated by ``python -m benchmarks.agreement.abi.learn``, which asked libvirt {releases} about single
edits of domains; not to be edited. Keys are ``Class.field``; variants of a union have its name.
"""

from __future__ import annotations


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


'''


def _lines_of(keys: set[str], width: int = 112) -> str:
    lines, line = [], ""
    for key in sorted(keys):
        if len(line) + len(key) > width:
            lines.append(line)
            line = ""
        line += (" " if line else "") + key
    return "\n".join(f"    {line}" for line in [*lines, line])


def main(words: list[str]) -> int:
    """Learn from the corpus for twice so many seconds (300), and add to the table."""
    seconds = float(words[0]) if words else 300
    half = [text for text in domains() if not is_held_out(text)]
    with ExitStack() as stack:
        judges = [stack.enter_context(Judge(*server)) for server in stack.enter_context(libvirts())]
        learned = {judge.release: Learned() for judge in judges}
        firsts: dict[str, Counter[str]] = defaultdict(Counter)
        known: set[str] = set()
        seen = judged_edits(half, judges, samples=15, seconds=seconds, seed=1)
        for passed in (seen, judged_edits(half, judges, samples=6, seconds=seconds, seed=1, known=known)):
            found: set[str] = set()
            for edited, objections in passed:
                found.add(edited.key)
                if objections[-1] and None not in objections:
                    firsts[edited.key][next(name for name, said in zip(learned, objections, strict=True) if said)] += 1
                for release, objection in zip(learned.values(), objections, strict=True):
                    if objection is not None:
                        release.add(edited.key, edited.action, edited.path, objection, edited.is_object)
            known |= found
    usual = {key: counts.most_common(1)[0][0] for key, counts in firsts.items()}
    later = {key: first for key, first in usual.items() if first != next(iter(learned))}
    TABLE.write_text(table(learned, later))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
