"""Storage profiles: what of a catalogue is kept in git, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from virtsmith.errors import UsageError
from virtsmith.po.header import TEMPLATE_DATE


class ProfileError(UsageError):
    """A profile that does not exist or has a wrong setting."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept (the first five), in which order, how it is broken over lines, which header fields are dropped.

    ``locations`` is ``none``, ``file`` (names without line numbers) or ``full``; ``sort`` is ``id`` or ``none``;
    ``wrap`` is ``none`` or ``keep``.
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


_CHOICES = {"locations": ("none", "file", "full"), "sort": ("id", "none"), "wrap": ("none", "keep")}

MINI = Profile("mini")
SORTED = Profile("sorted", untranslated=True, fuzzy=True, obsolete=False, wrap="keep", drop_header=())
LOCATION_FILE = Profile("location-file", untranslated=True, fuzzy=True, locations="file", wrap="keep")
BUILT_IN = {profile.name: profile for profile in (MINI, SORTED, LOCATION_FILE)}
"""``mini`` is libvirt's original scheme, ``sorted`` what libvirt does since Weblate edits its repository."""


def make_profile(name: str, settings: Mapping[str, Any]) -> Profile:
    """Build a project's own profile from its table in ``pyproject.toml``; ``base`` names the one it starts from.

    Raises:
        ProfileError: an unknown setting or a value of the wrong kind.
    """
    options = {key.replace("-", "_"): value for key, value in settings.items()}
    base = find_profile(str(options.pop("base", "mini")), {})
    kinds = {item.name: type(getattr(MINI, item.name)) for item in fields(Profile)}
    for key, value in options.items():
        if key not in kinds or key == "name":
            raise ProfileError(f"profile {name}: unknown setting {key}", hint=f"known: {', '.join(sorted(kinds))}")
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ProfileError(f"profile {name}: {key} must be one of {', '.join(_CHOICES[key])}, not {value!r}")
        if not isinstance(value, list if kinds[key] is tuple else kinds[key]):
            raise ProfileError(f"profile {name}: {key} has a value of the wrong kind: {value!r}")
        options[key] = tuple(map(str, value)) if isinstance(value, list) else value
    return replace(base, name=name, **options)


def find_profile(name: str, own: Mapping[str, Profile]) -> Profile:
    """The profile of that name, own ones first.

    Raises:
        ProfileError: there is none.
    """
    profile = own.get(name) or BUILT_IN.get(name)
    if profile is None:
        raise ProfileError(f"no profile named {name}", hint=f"known: {', '.join(sorted({*own, *BUILT_IN}))}")
    return profile
