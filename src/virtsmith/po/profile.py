"""Storage profiles: which parts of a catalogue are kept in git, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from virtsmith.errors import UsageError
from virtsmith.po.forms import DEFAULT_FORM
from virtsmith.po.header import TEMPLATE_DATE

if TYPE_CHECKING:
    from virtsmith.core.config import ConfigTable


class ProfileError(UsageError):
    """A profile that does not exist."""


@dataclass(frozen=True, slots=True)
class StorageProfile:
    """What is kept (the first five), in which order, how lines are broken, which header fields are dropped.

    ``locations`` is ``none``, ``file`` (names without line numbers) or ``full``; ``sort`` is ``id`` or ``none``;
    ``wrap`` is ``none`` or ``keep``, which breaks lines as ``form`` (`virtsmith.po.forms.FORMS`) does.
    """

    name: str
    untranslated: bool = False
    fuzzy: bool = False
    obsolete: bool = False
    extracted: bool = True
    locations: str = "none"
    sort: str = "id"
    wrap: str = "none"
    drop_header: tuple[str, ...] = (TEMPLATE_DATE,)
    form: str = DEFAULT_FORM


_CHOICES = {"locations": ("none", "file", "full"), "sort": ("id", "none"), "wrap": ("none", "keep")}

MINI = StorageProfile("mini")
SORTED = StorageProfile("sorted", untranslated=True, fuzzy=True, obsolete=False, wrap="keep", drop_header=())
LOCATION_FILE = StorageProfile("location-file", untranslated=True, fuzzy=True, locations="file", wrap="keep")
BUILT_IN = {profile.name: profile for profile in (MINI, SORTED, LOCATION_FILE)}
"""``mini`` is libvirt's original scheme, ``sorted`` what libvirt does since Weblate edits its repository."""


def read_profile(name: str, table: ConfigTable) -> StorageProfile:
    """A project's own profile from its table in ``pyproject.toml``; ``base`` names the profile it is based on.

    Raises:
        ConfigError: a setting is unknown or has a value of the wrong type.
    """
    base = BUILT_IN[table.text("base", choices=BUILT_IN) or MINI.name]
    options = {
        **{key: table.flag(key) for key in ("untranslated", "fuzzy", "obsolete", "extracted")},
        **{key: table.text(key, choices=choices) for key, choices in _CHOICES.items()},
        "drop_header": table.texts("drop-header") if "drop-header" in table else None,
    }
    table.finish()
    given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    return replace(base, name=name, **given)


def find_profile(name: str, own: Mapping[str, StorageProfile]) -> StorageProfile:
    """The profile with a name; the project's own come first.

    Raises:
        ProfileError: it does not exist.
    """
    profile = own.get(name) or BUILT_IN.get(name)
    if profile is None:
        raise ProfileError(f"no profile named {name}", hint=f"known: {', '.join(sorted({*own, *BUILT_IN}))}")
    return profile
