"""Mutants of XML documents: damage that a parser must refuse, and changes that mean nothing and must survive."""

from __future__ import annotations

import random
import re

_TOKENS = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<[^>]*>|[^<]+", re.DOTALL)
_BESIDE = [b"<!-- was 2 -->", b"<!---->", b"<?keep it?>", b"<?b?>", b"<![CDATA[]]>", b"<!--]]>-->", b"<!--\xc3\xa9-->"]
_TEXTS = [
    b"0", b"-1", b"007", b"0x1F", b"4 ", b"\n8", b"18446744073709551616", b"yes", b"&amp;", b"&#65;", b"&#x85;",
    b"&#13;", b"\xc3\xa9", b"]]&gt;", b"<![CDATA[a<b&c]]>", b"\xe2\x80\xae", b"&lt;x/&gt;", b"\t", b"1e3", b"",
]  # fmt: skip
_ATTRIBUTES = [
    b" xml:lang='en'", b" xml:space='preserve'", b" xml:base='u'", b" xmlns='urn:d'", b" xmlns=''", b" xmlns:p='urn:p'",
    b" xmlns:p='urn:p' p:a='1'", b" p:a='1'", b" unheard='&#10;&#9;&lt;&quot;'", b' unit="KiB"', b" id='&#x41;'",
    b" a='\xc2\x9b'",
]  # fmt: skip
_ELEMENTS = [
    b"<unheard/>", b"<unheard a='1'>t<!--c--></unheard>", b"<p:x xmlns:p='urn:p'><p:y>1</p:y></p:x>", b"<x xmlns='u'/>",
    b"<title>t</title>", b"<iothreads>2</iothreads>", b"<vcpu>1</vcpu>", b"<metadata><a xml:lang='b'/></metadata>",
]  # fmt: skip
_DAMAGE = [
    b"<", b">", b"/", b"'", b"&", b"]]>", b"<!--", b"-->", b"\0", b"\xff", b"\xc3", b"\r", b"\r\n", b"=",
    b"<!DOCTYPE a>", b"&nbsp;", b"\x1b", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"<?xml version='1.0'?>", b":",
    b"&#0;", b"&#xd800;",
]  # fmt: skip


def mutant(document: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A document with one to four changes; most of them keep it well-formed."""
    tokens = _TOKENS.findall(document)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        _change(tokens, others, chance)
    data = b"".join(tokens)
    if data and chance.random() < 0.06:
        data = _damaged(data, chance)
    return _encoded(data, chance) if chance.random() < 0.02 else data


def _change(tokens: list[bytes], others: list[bytes], chance: random.Random) -> None:
    if not tokens:
        return
    place = chance.randrange(len(tokens))
    if (kind := chance.random()) < 0.45:
        values = [at for at, token in enumerate(tokens) if token[:1] != b"<" and token.strip()]
        if values:
            place = chance.choice(values)
            tokens[place] = _beside(tokens[place], chance)
    elif kind < 0.6:
        starts = [at for at, token in enumerate(tokens) if re.match(rb"<\w", token)]
        place = chance.choice(starts) if starts else place
        tokens[place] = re.sub(rb"(?=/?>$)", chance.choice(_ATTRIBUTES).replace(b"\\", rb"\\"), tokens[place], count=1)
    elif kind < 0.7:
        tokens.insert(place, chance.choice(_ELEMENTS if chance.random() < 0.7 else _BESIDE))
    elif kind < 0.8:
        other = _TOKENS.findall(chance.choice(others))
        start = chance.randrange(len(other))
        tokens[place:place] = _whole(other, start)
    elif kind < 0.9:
        part = _whole(tokens, place)
        if chance.random() < 0.5:
            tokens[place:place] = part
        elif len(part) < len(tokens):
            del tokens[place : place + len(part)]
            tokens.insert(chance.randrange(len(tokens) + 1), b"".join(part))
    else:
        tokens[place] = re.sub(rb"'([^'\"]*)'", rb'"\1"', tokens[place])
        tokens[place] = re.sub(rb"[ \n]+(?=[\w/>])", chance.choice((b"\n\t", b"  ", b"\r\n")), tokens[place])


def _whole(tokens: list[bytes], start: int) -> list[bytes]:
    """The tokens of the element that starts there, up to its end; one token where none does."""
    depth = 0
    for at in range(start, len(tokens)):
        token = tokens[at]
        if re.match(rb"<\w", token) and not token.endswith(b"/>"):
            depth += 1
        elif token.startswith(b"</"):
            depth -= 1
        if depth <= 0:
            return tokens[start : at + 1]
    return tokens[start : start + 1]


def _beside(text: bytes, chance: random.Random) -> bytes:
    """A text with something in or beside it, some of it as character data, or another text."""
    at = chance.randint(0, len(text))
    first, last = text[:at], text[at:]
    match chance.randrange(5):
        case 0:
            return first + chance.choice(_BESIDE) + last
        case 1:
            return first + b"<![CDATA[" + last.replace(b"&", b"") + b"]]>"
        case 2:
            return chance.choice(_BESIDE) + first + chance.choice(_BESIDE) + b"<![CDATA[%s]]>" % last + b"<!--c-->"
        case 3:
            return chance.choice(_TEXTS)
        case _:
            return b"".join(b"&#%d;" % byte if byte < 128 and chance.random() < 0.3 else bytes([byte]) for byte in text)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(data)), chance.choice((0, 0, 1, 2, 8, 60))
    piece = chance.choice(_DAMAGE) if chance.random() < 0.8 else chance.randbytes(chance.randint(0, 3))
    return data[:at] + piece + data[at + length :]


def _encoded(data: bytes, chance: random.Random) -> bytes:
    try:
        text = re.sub(r"<\?xml .*?\?>\s*", "", data.decode(), count=1)
        name = chance.choice(("utf-16", "iso-8859-1", "utf-8-sig", "utf-16-le", "us-ascii"))
        start = "" if name in ("utf-8-sig", "utf-16-le") else f"<?xml version='1.0' encoding='{name}'?>\n"
        return (start + text).encode(name)
    except UnicodeError:
        return data
