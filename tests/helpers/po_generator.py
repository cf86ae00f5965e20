"""Random catalogues for the tests: all of the format, in gettext's own shape or in any other legal one."""

from __future__ import annotations

import random

_WORDS = [
    "disk",
    "node %d",
    "%s of %s",
    "naïve",
    "日本",
    "a\\b",
    'say "x"',
    "tab\there",
    "ü",
    "%1$s at %2$d",
    "50%%",
    "é%lu",
    "{name}",
]
_FLAGS = ["c-format", "no-c-format", "python-format", "python-brace-format", "no-wrap", "range: 0..3", "fuzzy"]
_HEADER = (
    "Project-Id-Version: x 1\nReport-Msgid-Bugs-To: a@b\nPOT-Creation-Date: 2020-01-01 00:00+0000\n"
    "PO-Revision-Date: 2020-02-02 00:00+0000\nLast-Translator: A <a@b>\nLanguage-Team: B <b@c>\nLanguage: sl\n"
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=3; plural=n%10==1 ? 0 : n==2 ? 1 : 2;\n"
)


class Generator:
    """Makes catalogues from a seed. ``wild`` allows every legal spelling, else only what gettext itself writes."""

    def __init__(self, seed: int, *, wild: bool = False, macros: bool = False) -> None:
        self.random = random.Random(seed)
        self.wild = wild
        self.macros = macros

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def text(self, *, empty: float = 0.0) -> str:
        if self.chance(empty):
            return ""
        words = [self.random.choice(_WORDS) for _ in range(self.random.randint(1, 5))]
        if self.macros and self.chance(0.4):
            words.append(self.random.choice(["%<PRIu64>", "%<PRIdMAX> %s", "%5<PRIxLEAST32>", "%<PRIoFAST8>"]))
        text = self.random.choice([" ", "", "\n"]).join(words)
        return text + ("\n" if self.chance(0.2) else "")

    def translation(self, msgid: str, *, empty: float = 0.3) -> str:
        """A text that begins and ends with a line feed where the original does, or none."""
        text = self.text(empty=empty)
        return text and ("\n" if msgid.startswith("\n") else "") + text.strip("\n") + (
            "\n" if msgid.endswith("\n") else ""
        )

    def quoted(self, text: str, prefix: str = "") -> str:
        pieces = text.split("\n")
        lines = [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
        if self.wild and self.chance(0.3) and text:
            cut = self.random.randint(0, len(text))
            lines = [text[:cut], text[cut:]]
        elif len(lines) > 1:
            lines.insert(0, "")
        separator = f"\n{prefix}" if not (self.wild and self.chance(0.2)) else "  "
        return separator.join(f'"{self.escaped(line)}"' for line in lines or [""])

    def escaped(self, text: str) -> str:
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        if self.wild and self.chance(0.2):
            return text.replace("d", "\\144")
        return text.replace("\t", "\t" if self.wild and self.chance(0.5) else "\\t")

    def comments(self) -> str:
        lines = []
        if self.chance(0.3):
            lines += ["# note " + str(self.random.randint(0, 9)), *(["#"] if self.chance(0.3) else [])]
        if self.wild and self.chance(0.1):
            lines.append("#no blank")
        if self.chance(0.2):
            lines.append("#. extracted fuzzy")
        if self.chance(0.6):
            lines.append(f"#: src/{self.random.choice('abc')}.c:{self.random.randint(1, 999)}")
        return "".join(line + "\n" for line in lines)

    def flags(self, *, fuzzy: bool = True) -> str:
        found = [flag for flag in _FLAGS if self.chance(0.15)]
        if self.macros and "c-format" not in found and self.chance(0.7):
            found.append("c-format")
        if not fuzzy and "fuzzy" in found:
            found.remove("fuzzy")
        if "c-format" in found and "no-c-format" in found:
            found.remove("no-c-format")
        if not self.wild:
            order = [
                "fuzzy",
                "c-format",
                "no-c-format",
                "python-format",
                "python-brace-format",
                "range: 0..3",
                "no-wrap",
            ]
            found.sort(key=order.index)
        return f"#, {', '.join(found)}\n" if found else ""

    def message(self, msgid: str, *, template: bool = False) -> str:
        mark = "" if template or not self.chance(0.08) else "#~ "
        lines = self.comments() + self.flags(fuzzy=not template)
        body = ""
        if self.chance(0.25):
            body += f"msgctxt {self.quoted(self.random.choice(['menu', 'verb', '', 'a|b']))}\n"
        body += f"msgid {self.quoted(msgid)}\n"
        if self.chance(0.2):
            body += f"msgid_plural {self.quoted(self.translation(msgid, empty=0.0))}\n"
            for form in range(2 if template else 3):
                body += f"msgstr[{form}] {self.quoted('' if template else self.translation(msgid, empty=0.03))}\n"
        else:
            body += f"msgstr {self.quoted('' if template else self.translation(msgid))}\n"
        if mark:
            body = "".join(mark + line + "\n" for line in body[:-1].split("\n"))
        return lines + body

    def catalogue(self, count: int = 12, *, template: bool = False) -> bytes:
        ids = list(dict.fromkeys(self.text() for _ in range(count)))
        header = 'msgid ""\nmsgstr ' + self._header() + "\n"
        messages = [self.message(msgid, template=template) for msgid in ids if msgid]
        if not self.wild:
            messages.sort(key=lambda message: "#~ " in message)
        gap = "\n" if not self.wild else self.random.choice(["", "\n", "\n\n"])
        return gap.join(["# Title\n" + header, *messages]).encode()

    def _header(self) -> str:
        lines = _HEADER.splitlines(keepends=True)
        return "\n".join(['""', *(f'"{line[:-1]}\\n"' for line in lines)])
