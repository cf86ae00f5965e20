"""Messages of the command line in the user's language; English costs nothing."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
LOCALE_FOLDER = Path(__file__).parent.parent / "locale"


def _(message: str) -> str:
    """The message in the user's language, as the environment names it; itself where there is no translation."""
    translations = _translations()
    return translations.gettext(message) if translations else message


@cache
def _translations() -> NullTranslations | None:
    if not _wants_translation():
        return None
    import gettext

    return gettext.translation("virtsmith", LOCALE_FOLDER, fallback=True)


def _wants_translation() -> bool:
    locale = next((value for name in _VARIABLES[1:] if (value := os.environ.get(name))), "")
    if locale.partition(".")[0] in ("", "C", "POSIX"):
        return False  # as the C library: LANGUAGE counts only in a real locale
    value = os.environ.get("LANGUAGE") or locale
    return not value.startswith("en") and LOCALE_FOLDER.is_dir()
