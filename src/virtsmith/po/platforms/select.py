"""The choice of a project's translation platform."""

from __future__ import annotations

from virtsmith.core.config import ConfigTable
from virtsmith.errors import UsageError
from virtsmith.po.platforms.interface import KINDS, Platform
from virtsmith.po.project import Project

_SECRETS = ("token", "key", "password", "secret")


def select_platform(project: Project) -> Platform:
    """The platform of a project: that of ``[tool.virtsmith.po.platform]``, else one that its other files imply.

    Raises:
        ConfigError: a setting is not valid.
        UsageError: the project has no platform.
        MissingError: there are no credentials.
    """
    settings = project.platform
    if settings is None:
        kind = next((name for name, kind in KINDS.items() if kind.is_implied(project)), None)
        if kind is None:
            raise UsageError("the project names no translation platform", hint="write [tool.virtsmith.po.platform]")
        settings = ConfigTable.parse("", str(project.root / "pyproject.toml"))
    else:
        _refuse_secrets(settings)
        kind = settings.text("kind", choices=KINDS) or "weblate"
    selected = KINDS[kind].configure(project, settings)
    settings.finish()
    return selected


def _refuse_secrets(settings: ConfigTable) -> None:
    for key in settings:
        if any(word in key.lower() for word in _SECRETS):
            message = "credentials do not belong in pyproject.toml"
            raise settings.error(key, message, "set them in the environment")
