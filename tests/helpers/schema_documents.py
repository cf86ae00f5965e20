"""Makes random documents from libvirt's schemas: whatever the grammar allows, as an element tree.

A plain pseudo-random source with a seed, not hypothesis: documents are large, and a failing seed says all.
"""

from __future__ import annotations

import re
import re._constants as sre
import re._parser as sre_parser
import xml.etree.ElementTree as ET

from libvirtxml._impl.values import xsd_pattern

from virtsmith.schema.pattern import ATTR, CH, EL, EMPTY, GRP, MANY, NA, VAL, counts
from virtsmith.schema.rng import ANY_NAME

_LEAST = {"int": -(2**31), "integer": -(2**31), "long": -(2**31), "short": -(2**15), "positiveInteger": 1}
_WORDS = ["", "a", "x y", "Ab-1_2.3", "<&>'\"", "\u00fcml\u00e4ut", "0", "-1", "0x1f", "yes", " lead"]


class DocumentSource:
    """Random documents of one release's schemas."""

    def __init__(self, schemas, random):
        self.schemas = schemas
        self.random = random

    def document(self, schema):
        """A document of a schema (``domain``)."""
        holder = ET.Element("holder")
        self._fill(self.schemas.roots[schema], holder, depth=0)
        return holder[0]

    def _fill(self, pattern, element, depth):
        kind = pattern[0]
        if kind == VAL:
            element.text = (element.text or "") + self.value(pattern[1])
        elif kind == ATTR:
            element.set(pattern[1], self.value(pattern[2]))
        elif kind == EL:
            self._element(pattern, element, depth)
        elif kind == GRP:
            for member in pattern[1]:
                self._fill(member, element, depth)
        elif kind == CH:
            self._fill(self._choose(pattern[1], depth), element, depth)
        elif kind == MANY:
            most = 0 if depth > 4 else 2
            for _ in range(self.random.randint(pattern[2], max(pattern[2], most))):
                self._fill(pattern[1], element, depth)

    def _choose(self, members, depth):
        if EMPTY in members and (depth > 4 or self.random.random() < 0.6):
            return EMPTY
        allowed = [member for member in members if member not in (NA, EMPTY)] or [EMPTY]
        if depth > 6:  # towards an end: what holds no elements, if there is such
            allowed = [item for item in allowed if not any(c.targets for c in counts(item).values())] or allowed
        return self.random.choice(allowed)

    def _element(self, pattern, parent, depth):
        info = self.schemas.elements[pattern[1]]
        if info.name == ANY_NAME:
            ET.SubElement(parent, "{urn:example:free}thing").text = "any"
            return
        child = ET.SubElement(parent, info.key)
        self._fill(self.random.choice(info.contents), child, depth + 1)

    def value(self, kind):
        """A text of a value type."""
        options = sorted(kind.values) + sorted(kind.datas, key=repr)
        option = self.random.choice(options)
        return option if isinstance(option, str) else self._data(option)

    def _data(self, data):
        if data.base in _LEAST or data.base.startswith("unsigned"):
            low = data.low if data.low is not None else _LEAST.get(data.base, 0)
            high = data.high if data.high is not None else low + 30000
            tests = [re.compile(xsd_pattern(pattern)) for pattern in data.patterns]
            while True:
                text = str(self.random.randint(low, min(high, low + 2**40)))
                if all(test.fullmatch(text) for test in tests):
                    return text
        if data.base == "double":
            return self.random.choice(["0", "1.5", "12"])
        if data.base == "dateTime":
            return "2026-01-02T03:04:05"
        if data.base == "NCName":
            return self.random.choice(["a", "b-c", "_d.e"])
        if data.patterns:
            return "".join(self._matching(sre_parser.parse(xsd_pattern(data.patterns[0]))))
        return self.random.choice(_WORDS)

    def _matching(self, parsed):
        """Pieces of a text that a parsed regular expression matches."""
        for kind, argument in parsed:
            if kind is sre.LITERAL:
                yield chr(argument)
            elif kind is sre.ANY:
                yield self.random.choice("aZ0.-")
            elif kind is sre.NOT_LITERAL:
                yield next(char for char in "ab" if ord(char) != argument)
            elif kind is sre.IN:
                yield self._of_class(argument)
            elif kind is sre.MAX_REPEAT:
                low, high, inner = argument
                for _ in range(self.random.randint(low, min(high, low + 6))):
                    yield from self._matching(inner)
            elif kind is sre.SUBPATTERN:
                yield from self._matching(argument[3])
            elif kind is sre.BRANCH:
                yield from self._matching(self.random.choice(argument[1]))
            else:
                raise NotImplementedError(kind)

    def _of_class(self, items):
        chars: set[str] = set()
        negated = items[0][0] is sre.NEGATE
        for kind, argument in items:
            if kind is sre.LITERAL:
                chars.add(chr(argument))
            elif kind is sre.RANGE:
                chars.update(chr(code) for code in range(argument[0], argument[1] + 1))
            elif kind is sre.CATEGORY:
                chars.update(" ")
        if negated:
            chars = set("abcXYZ019._- ") - chars
        return self.random.choice(sorted(chars))
