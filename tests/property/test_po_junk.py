"""Nothing that looks like a catalogue, or does not, makes the library fail in a way of its own."""

import random

from virtsmith.po import CatalogueError, parse_catalogue
from virtsmith.po.check.files import check_data
from virtsmith.po.expand import Template, expand
from virtsmith.po.merge import merge
from virtsmith.po.minimize import minimize
from virtsmith.po.mo import compile_catalogue
from virtsmith.po.profile import LOCATION_FILE, MINI, SORTED

LONG = b"9" * 5000
WORDS = [
    b"msgid ", b"msgstr ", b"msgctxt ", b"msgid_plural ", b"msgstr[0] ", b"msgstr[1] ", b'"a"', b'"b\\n"', b'"%s %d"',
    b"\n", b"\n", b"\n\n", b"#, c-format\n", b"#, fuzzy\n", b"#~ ", b"#| ", b"# note\n", b"#: x.c:1\n", b'"', b"\\",
    b"[", b"msgstr[" + LONG + b"] ", b'"%' + LONG + b'$s"', b"#, range: " + LONG + b"..2\n", b"\xff",
    b'"Plural-Forms: nplurals=' + LONG + b'; plural=0;\\n"', b'"nplurals=2; plural=' + b"!" * 3000 + b'n;\\n"',
    b'"nplurals=2; plural=n' + b"+n" * 3000 + b';\\n"', b'"charset=utf-16\\n"', b'"charset=hex\\n"', b'msgid ""\n',
    b'msgid "a"\nmsgstr "b"\n', b'msgid "%d"\nmsgid_plural "%s"\nmsgstr[0] "x"\nmsgstr[1] "%"\n',
    b'"\\x41\\777"', b"domain ",
]  # fmt: skip


def test_random_junk_is_read_or_refused():
    read = 0
    for seed in range(4000):
        chance = random.Random(seed)
        data = b"".join(chance.choice(WORDS) for _ in range(chance.randint(1, 14)))
        check_data(data, "x.po", profile=MINI)
        try:
            catalogue = parse_catalogue(data, "x.po")
        except CatalogueError:
            continue
        read += 1
        for profile in (MINI, SORTED, LOCATION_FILE):
            stored = minimize(catalogue, profile)
            assert minimize(parse_catalogue(stored), profile) == stored, seed
        compile_catalogue(catalogue)
        assert expand(catalogue, Template(catalogue)) is not None
        assert merge(data, data, data).conflicts == ()
    assert read > 100
