# ruff: noqa: RUF001, E501 - characters that look alike, or are two columns wide, are the point here
"""Catalogues whose texts are hard to wrap: many scripts, long words, addresses, escapes, format directives."""

from __future__ import annotations

import random

_WORDS = {
    "latin": "the storage pool cannot be re-activated while a long-running job (backup) is active; naïve café façade über",
    "cyrillic": "не вдалося запустити домен через помилку «мережі» або сховища — перевірте налаштування з’єднання",
    "greek": "δεν ήταν δυνατή η εκκίνηση του τομέα λόγω σφάλματος; δοκιμάστε ξανά·",
    "hebrew": "לא ניתן להפעיל את התחום בית־ספר עקב שגיאה a-ב",
    "arabic": "تعذر بدء النطاق بسبب خطأ في الشبكة، حاول؟ ١٢٣٤",
    "hindi": "डोमेन प्रारंभ नहीं हो सका। कृपया पुनः प्रयास करें",
    "thai": "ไม่สามารถเริ่มโดเมนได้ เนื่องจากข้อผิดพลาด",
    "emoji": "👍🏽 🇩🇪🇫🇷🇯 👨‍👩‍👧 ☕ ⚠️ ✓ ✗",
}
_RUNS = {
    "japanese": "ドメイン「仮想」を開始できません。ネットワークのエラー、ストレージ・プールっょーァ々（確認）！",
    "chinese": "无法启动域，因为网络“出错”。请检查存储池：（设置）；然后重试！…——《书》",
    "korean": "도메인을 시작할 수 없습니다. 네트워크 오류입니다, 다시 시도하십시오(확인)!",
}
_ODD = [
    "https://libvirt.org/formatdomain.html#elementsDisks?a=b&c=d-e_f", "/var/lib/libvirt/images/{name}.qcow2", "--no-wrap",
    "-2", "1,000.50", "50%", "$HOME", "$5", "€20", "5 €", "°C", "<b>bold</b>", "a:b:c", "key=value", "x|y|z", "and/or", "...",
    "…", "!", "?!", "«", "»", "“quoted”", "„deutsch“", "'single'", '"double"', "\\", "\\\\", "C:\\path\\n", "\t", "\n",
    "\n\n", "\xa0", "\u200b", "\xad", "soft\xadhyphen", "non\u2011breaking", "en–dash", "em—dash", "\u2028", "e\u0301", " ",
    "  ", "(see [1])", "w" * 90, "long-" * 20, "日" * 45, "м" * 80, "№5", "+1", "±2", "a\u2060b", "\ufeff", "①", "Ａｂ",
]  # fmt: skip
_DIRECTIVES = {
    "c": ["%s", "%d", "%-s", "%-*s", "%5.2f", "% d", "%%", "%'d", "%lu", "%<PRIu64>", "%1$s", "%2$-s", "% o",
          "%y", "%m", "%Id"],
    "python": ["%s", "%(long name-with dash)s", "%(a)d", "%-s", "%%", "% d", "%y"],
    "python-brace": ["{0}", "{name}", "{0:x}", "{a.b}", "{a[0]}", "{0:>10}", "{{", "}}", "{0!r}", "{"],
    "sh": ["$a", "${b}"],
    "perl-brace": ["{name}", "{a-b}"],
}  # fmt: skip


class WrapGenerator:
    """Catalogues from a seed; the same seed gives the same bytes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def catalogue(self, size: int = 30) -> bytes:
        """A catalogue with a header, unwrapped."""
        parts = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n']
        return "\n".join([*parts, *(self._message(index) for index in range(size))]).encode()

    def _message(self, index: int) -> str:
        language = self.random.choice(["", "", *_DIRECTIVES])
        flags = [f"{language}-format"] if language else []
        flags += ["no-wrap"] if self.random.random() < 0.03 else []
        lines = [f"#, {', '.join(flags)}\n"] if flags else []
        fuzzy_or_old = self.random.random()
        if fuzzy_or_old < 0.1:
            lines = [f"#, {', '.join(['fuzzy', *flags])}\n", f'#| msgid "{_escape(self.text(language))}"\n']
        body = [f'msgctxt "{_escape(self.text(language))}"\n'] if self.random.random() < 0.1 else []
        original, translation = self.text(language), self.text(language)
        end = "\n" if self.random.random() < 0.2 else ""
        body.append(f'msgid "{index} {_escape(original + end)}"\n')
        if self.random.random() < 0.2:
            body.append(f'msgid_plural "{_escape(self.text(language))}"\n')
            body += [f'msgstr[{form}] "{_escape(self.text(language))}"\n' for form in range(2)]
        else:
            body.append(f'msgstr "{_escape(translation + end)}"\n')
        if fuzzy_or_old > 0.95:
            return "".join(lines + ["#~ " + line for line in body])
        return "".join(lines + body)

    def text(self, language: str) -> str:
        """A text of one script or of several, up to a few hundred columns."""
        pick = self.random
        kinds = pick.sample([*_WORDS, *_RUNS], pick.choice([1, 1, 1, 2, 4]))
        text = ""
        for _ in range(pick.choice([1, 5, 10, 15, 40])):
            chance = pick.random()
            if language and chance < 0.15:
                piece = pick.choice(_DIRECTIVES[language])
            elif chance < 0.3:
                piece = pick.choice(_ODD)
            else:
                kind = pick.choice(kinds)
                if kind in _WORDS:
                    piece = pick.choice(_WORDS[kind].split())
                else:
                    run = _RUNS[kind]
                    start = pick.randrange(len(run))
                    piece = run[start : start + pick.randint(1, 12)]
            text += piece + pick.choice([" ", " ", " ", " ", "", ", ", ". ", "-", "/"])
        return text.rstrip("\n")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
