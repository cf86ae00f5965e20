"""Consoles as these pages print them: `$ ` is the only prompt; long lines may be broken, but not just anywhere."""

import re
from collections.abc import Iterator
from typing import Any

from pygments.lexers.shell import BashSessionLexer
from pygments.token import Generic, Text

_NEVER = re.compile(r"(?!)")
_OPTION = re.compile(r"-[\w-]+|.[^-]*", re.DOTALL)
_COLUMNS = re.compile(r"\S {2,}\S|^ *[|+]")  # or trees


class ConsoleLexer(BashSessionLexer):
    """Pygments' own takes any line that begins with something in parentheses for a prompt."""

    name = "Console"
    _venv = _NEVER
    _ps1rgx = re.compile(r"^(\$ )(.*\n?)")

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Tokens; columns and options have their own, since browsers must not break these."""
        for place, token, value in super().get_tokens_unprocessed(text):
            if token is Generic.Output:
                yield place, Generic.Output.Aligned if _COLUMNS.search(value) else token, value
            elif token is Text:
                for word in _OPTION.finditer(value):
                    yield place + word.start(), Generic.Option if word[0][0] == "-" else token, word[0]
            else:
                yield place, token, value
