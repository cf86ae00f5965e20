"""The platform that a project's configuration names."""

from __future__ import annotations

import configparser
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from virtsmith.core.dirs import config_home
from virtsmith.core.secrets import Secret
from virtsmith.errors import InputError, UsageError
from virtsmith.po.platforms.credentials import WlcConfig, find_secret, read_wlc_config
from virtsmith.po.platforms.folder import Folder
from virtsmith.po.platforms.interface import Platform
from virtsmith.po.platforms.weblate import Weblate
from virtsmith.po.platforms.zanata import Zanata
from virtsmith.po.project import Project, ProjectError

_SETTINGS = {
    "weblate": {"kind", "url", "project", "component"},
    "zanata": {"kind", "url", "project", "version", "document", "user"},
    "folder": {"kind", "path"},
    "git": {"kind", "path"},
}
_ZANATA_NAMESPACE = "{http://zanata.org/namespace/config/}"


def select_platform(project: Project) -> Platform:
    """The platform of a project: ``[tool.virtsmith.po.platform]``, else wlc's configuration, else ``zanata.xml``.

    Raises:
        InputError: a wrong setting.
        UsageError: there is none.
        MissingError: no credentials.
    """
    settings = {key: str(value) for key, value in project.platform.items()}
    wlc = read_wlc_config(project.root)
    if not settings:
        if wlc.translation:
            settings = {"kind": "weblate"}
        elif (project.root / "zanata.xml").is_file():
            settings = {"kind": "zanata"}
        else:
            raise UsageError("the project names no translation platform", hint="write [tool.virtsmith.po.platform]")
    kind = settings.get("kind", "weblate")
    _check_settings(kind, settings)
    if kind == "weblate":
        return _weblate(settings, wlc)
    if kind == "zanata":
        return _zanata(project, settings)
    if "path" not in settings:
        raise ProjectError("tool.virtsmith.po.platform: path is missing")
    return Folder((project.root / settings["path"]).resolve(), project.domain, git=kind == "git")


def _check_settings(kind: str, settings: dict[str, str]) -> None:
    if kind not in _SETTINGS:
        raise ProjectError(f"unknown translation platform {kind}", hint=f"known: {', '.join(sorted(_SETTINGS))}")
    for key in settings:
        if any(word in key.lower() for word in ("token", "key", "password", "secret")):
            raise ProjectError("credentials do not belong in pyproject.toml", hint="give them in the environment")
        if key not in _SETTINGS[kind]:
            known = ", ".join(sorted(_SETTINGS[kind]))
            raise ProjectError(f"tool.virtsmith.po.platform: unknown setting {key}", hint=f"known: {known}")


def _weblate(settings: dict[str, str], wlc: WlcConfig) -> Weblate:
    url = settings.get("url") or os.environ.get("WLC_URL") or wlc.url
    parts = wlc.translation.split("/")
    project = settings.get("project") or parts[0]
    component = settings.get("component") or (parts[1] if len(parts) > 1 else "")
    if not (url and project and component):
        raise ProjectError("tool.virtsmith.po.platform: url, project and component are needed")
    token = find_secret(("WEBLATE_TOKEN", "WLC_KEY"), url, project, wlc.keys)
    return Weblate(url, project, component, token)


def _zanata(project: Project, settings: dict[str, str]) -> Zanata:
    path = project.root / "zanata.xml"
    settings = {**(_read_zanata_xml(path) if path.is_file() else {}), **settings}
    url, name, version = (settings.get(key, "") for key in ("url", "project", "version"))
    if not (url and name and version):
        raise ProjectError("tool.virtsmith.po.platform: url, project and version are needed")
    user, known = _read_zanata_ini(url)
    user = os.environ.get("ZANATA_USER") or settings.get("user") or user
    if not user:
        raise UsageError(f"no user name for {url}", hint="set ZANATA_USER")
    token = find_secret(("ZANATA_KEY",), url, user, known)
    return Zanata(url, name, version, settings.get("document", project.domain), user=user, token=token)


def _read_zanata_xml(path: Path) -> dict[str, str]:
    data = path.read_bytes()
    if len(data) > 1 << 16 or b"<!" in data.replace(b"<!--", b""):
        raise InputError("not a Zanata configuration", source=str(path))
    try:
        root = ET.fromstring(data)  # noqa: S314 - small, and without a document type there are no entities
    except ET.ParseError as error:
        raise InputError("not a Zanata configuration", source=str(path), line=error.position[0]) from error
    names = {"url": "url", "project": "project", "project-version": "version"}
    found: dict[str, Any] = {key: root.findtext(f"{_ZANATA_NAMESPACE}{tag}") for tag, key in names.items()}
    return {key: value.strip() for key, value in found.items() if value}


def _read_zanata_ini(url: str) -> tuple[str, dict[str, Secret]]:
    """User and key from the Zanata client's file, for a server."""
    path = config_home() / "zanata.ini"
    if not path.is_file():
        return "", {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text())
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise InputError("not a Zanata client configuration", source=str(path)) from error
    servers = parser["servers"] if parser.has_section("servers") else {}
    for key, value in servers.items():
        name, _, item = key.rpartition(".")
        if item == "url" and value.rstrip("/") == url.rstrip("/"):
            secret = servers.get(f"{name}.key", "")
            return servers.get(f"{name}.username", ""), {url.rstrip("/"): Secret(secret)} if secret else {}
    return "", {}
