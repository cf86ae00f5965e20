"""Versions of a catalogue that are read together are read as each alone, whatever their layout."""

import random

import pytest

from virtsmith.po.catalogue import parse_catalogue, parse_versions
from virtsmith.po.errors import CatalogueError

BLOCKS = [
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n',
    '#: a.c:1\nmsgid "one"\nmsgstr "eins"\n',
    '#: a.c:2\nmsgid "one"\nmsgstr "eins"\n',
    '# note\n#, fuzzy\n#| msgid "too"\nmsgid "two"\nmsgstr "zwei"\n',
    'msgctxt "menu"\nmsgid "two"\nmsgstr ""\n"zw"\n"ei"\n',
    'msgid "day"\nmsgid_plural "days"\nmsgstr[0] "Tag"\nmsgstr[1] "Tage"\n',
    '#~ msgid "old"\n#~ msgstr "alt"\n',
    '#~| msgid "odd"\n#~ msgid "older"\n#~ msgstr "älter"\n',
    "# a comment alone\n",
    'msgid "broken\n',
    "",
]


def version(chance: random.Random) -> bytes:
    blocks = [BLOCKS[0]] + [block for block in BLOCKS[1:] if chance.random() < (0.02 if block in BLOCKS[8:] else 0.6)]
    if chance.random() < 0.05:
        blocks.append(chance.choice(blocks))
    if chance.random() < 0.3:
        chance.shuffle(blocks)
    between = chance.choice(["\n"] * 12 + ["\n\n", "\n\n\n", ""])
    return (between.join(blocks) + chance.choice(["", "", "\n", "\n\n"])).encode()


def read(parse):
    try:
        return parse()
    except CatalogueError as error:
        return str(error)


def test_versions_read_together_are_as_each_alone():
    readable = shared = 0
    for seed in range(2000):
        chance = random.Random(seed)
        versions = [version(chance) for _ in range(3)]
        alone = [read(lambda data=data: parse_catalogue(data)) for data in versions]
        if any(isinstance(found, str) for found in alone):
            with pytest.raises(CatalogueError) as caught:
                parse_versions(versions)
            assert str(caught.value) == next(found for found in alone if isinstance(found, str))
            continue
        together = parse_versions(versions)
        assert together == alone, seed
        readable += 1
        known = {id(row) for row in together[0].rows}
        shared += any(id(row) in known for row in together[1].rows)
    assert readable > 300
    assert shared > 150
