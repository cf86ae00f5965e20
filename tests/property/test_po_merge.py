"""Random three-way merges compared with a reference that only knows keys and values."""

import random

from virtsmith.po import parse_catalogue
from virtsmith.po.merge import merge
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import MINI

MERGES = 1000
IDS = [f"message {number}" for number in range(14)] + ["a\nb", 'say "x"', "naïve"]


def render(messages: dict[tuple[str, str | None], str], date: int) -> bytes:
    def quoted(text):
        return '"' + text.replace('"', '\\"').replace("\n", "\\n") + '"'

    blocks = [
        f'msgid ""\nmsgstr "PO-Revision-Date: 2020-01-{date:02}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    ]
    for (msgid, context), text in messages.items():
        line = f"msgctxt {quoted(context)}\n" if context is not None else ""
        blocks.append(f"{line}msgid {quoted(msgid)}\nmsgstr {quoted(text)}\n")
    return minimize(parse_catalogue("\n".join(blocks).encode()))


def reference(base: dict, ours: dict, theirs: dict) -> tuple[dict, set]:
    """One-sided changes win, equal ones merge, a change beats a removal, two changes conflict."""
    merged, conflicts = {}, set()
    for key in base.keys() | ours.keys() | theirs.keys():
        old, own, other = base.get(key), ours.get(key), theirs.get(key)
        if other in (own, old):
            result = own
        elif own == old:
            result = other
        elif own is None or other is None:
            result = own or other
        else:
            conflicts.add(key)
            continue
        if result is not None:
            merged[key] = result
    return merged, conflicts


def mutate(messages: dict, chance: random.Random) -> dict:
    changed = dict(messages)
    for _ in range(chance.randint(0, 12)):
        key = (chance.choice(IDS), chance.choice([None, None, "", "menu"]))
        if chance.random() < 0.3:
            changed.pop(key, None)
        else:
            changed[key] = chance.choice(["x", "y", "zwei\n", 'q"q'])
    return changed


def test_a_thousand_random_merges_agree_with_the_reference():
    clean = conflicting = 0
    for seed in range(MERGES):
        chance = random.Random(seed)
        base = mutate(mutate({}, chance), chance)
        sides = [mutate(base, chance), mutate(base, chance)]
        dates = [chance.randint(1, 28), chance.randint(1, 28)]
        versions = [render(base, 1), *(render(side, date) for side, date in zip(sides, dates, strict=True))]
        result = merge(*versions, profile=MINI)
        expected, conflicts = reference(base, *sides)
        assert len(result.conflicts) == len(conflicts), seed
        if not conflicts:
            clean += 1
            assert result.data == render(expected, max(dates)), seed
            swapped = merge(versions[0], versions[2], versions[1], profile=MINI)
            assert swapped.data == result.data, seed
        else:
            conflicting += 1
            for word in ("ours", "theirs"):
                settled = merge(*versions, profile=MINI, take=word)
                chosen = {key: sides[word == "theirs"][key] for key in conflicts}
                assert settled.data == render(expected | chosen, max(dates)), seed
    assert clean > MERGES / 3
    assert conflicting > MERGES / 10


def test_deleted_messages_come_back_only_if_they_still_exist():
    base, ours, theirs = (render({("a", None): text}, 1) for text in ("1", "1", "2"))
    ours = render({}, 1)
    assert b'"2"' in merge(base, ours, theirs, profile=MINI).data
    assert b'"2"' in merge(base, ours, theirs, profile=MINI, template=frozenset({b"a"})).data
    assert b'"2"' not in merge(base, ours, theirs, profile=MINI, template=frozenset({b"b"})).data


def test_full_catalogues_keep_their_order_and_locations():
    base = b'#: b.c:1\nmsgid "b"\nmsgstr "1"\n\n#: a.c:1\nmsgid "a"\nmsgstr "1"\n'
    ours = base.replace(b"b.c:1", b"b.c:9")
    theirs = base.replace(b'"a"\nmsgstr "1"', b'"a"\nmsgstr "2"') + b'\n#: c.c:1\nmsgid "c"\nmsgstr "3"\n'
    expected = ours.replace(b'"a"\nmsgstr "1"', b'"a"\nmsgstr "2"') + b'\n#: c.c:1\nmsgid "c"\nmsgstr "3"\n'
    assert merge(base, ours, theirs, profile=MINI).data == expected


def test_headers_merge_by_field_and_plural_forms_conflict():
    def header(date, plural, extra=""):
        return (
            f'msgid ""\nmsgstr ""\n"PO-Revision-Date: {date}\\n"\n"Last-Translator: {date}\\n"\n{extra}'
            f'"Plural-Forms: {plural}\\n"\n'
        ).encode()

    item, two = "nplurals=1; plural=0;", "nplurals=2; plural=n != 1;"
    merged = merge(header(1, item), header(2, item, '"X-A: 1\\n"\n'), header(3, item), profile=MINI)
    assert merged.data == header(3, item, '"X-A: 1\\n"\n')
    assert merge(header(1, item), header(2, two), header(3, "nplurals=3; plural=0;"), profile=MINI).conflicts == (b"",)
