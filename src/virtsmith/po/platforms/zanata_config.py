"""The configuration of Zanata's own client: ``zanata.xml`` in a project, ``zanata.ini`` of the user."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from virtsmith.core.dirs import config_home
from virtsmith.core.secrets import SecretText
from virtsmith.errors import InputError

PROJECT_FILE = "zanata.xml"
_NAMESPACE = "{http://zanata.org/namespace/config/}"


def read_project_file(root: Path) -> dict[str, str]:
    """``url``, ``project`` and ``version``, if the project's file has them.

    Raises:
        InputError: a file is not in this format.
    """
    path = root / PROJECT_FILE
    if not path.is_file():
        return {}
    data = path.read_bytes()
    if len(data) > 1 << 16 or b"<!" in data.replace(b"<!--", b""):
        raise InputError("not a Zanata configuration", source=str(path))
    try:
        config = ET.fromstring(data)  # noqa: S314 - small, and without a document type there are no entities
    except ET.ParseError as error:
        raise InputError("not a Zanata configuration", source=str(path), line=error.position[0]) from error
    names = {"url": "url", "project": "project", "project-version": "version"}
    found: dict[str, Any] = {key: config.findtext(f"{_NAMESPACE}{tag}") for tag, key in names.items()}
    return {key: value.strip() for key, value in found.items() if value}


def read_user_file(url: str) -> tuple[str, dict[str, SecretText]]:
    """User and key for a server; an empty name and no key if the user's file has none.

    Raises:
        InputError: a file is not in this format.
    """
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
        name, _, field = key.rpartition(".")
        if field == "url" and value.rstrip("/") == url.rstrip("/"):
            secret = servers.get(f"{name}.key", "")
            return servers.get(f"{name}.username", ""), {url.rstrip("/"): SecretText(secret)} if secret else {}
    return "", {}
