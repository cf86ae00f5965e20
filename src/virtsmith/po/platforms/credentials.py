"""Secrets of translation platforms: from the environment, a keyring, or the configuration of the platform's own client.

They are never written, never printed, and never sent to another host or over an unencrypted connection.
"""

from __future__ import annotations

import configparser
import importlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from virtsmith.core.dirs import config_home
from virtsmith.core.secrets import SecretText, is_below, is_same_server
from virtsmith.errors import InputError, MissingError, UsageError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WLC_FILES = (".weblate", ".weblate.ini", "weblate.ini")


@dataclass(slots=True)
class WlcConfig:
    """wlc's configuration: the server, ``project/component``, and keys by server."""

    url: str = ""
    translation: str = ""
    keys: dict[str, SecretText] = field(default_factory=dict)


def read_wlc_config(start: Path) -> WlcConfig:
    """Read wlc's configuration: the user's file, then the nearest one of the project.

    Raises:
        InputError: a file is not in this format.
    """
    files = [config_home() / "weblate"]
    for place in (start.resolve(), *start.resolve().parents):
        found = [place / name for name in _WLC_FILES if (place / name).is_file()]
        if found:
            files.append(found[0])
            break
    config = WlcConfig()
    for path in files:
        if path.is_file():
            _merge_wlc_file(path, config)
    return config


def _merge_wlc_file(path: Path, config: WlcConfig) -> None:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    try:
        parser.read_string(path.read_text())
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise InputError("not a wlc configuration", source=str(path)) from error  # its text may contain a key
    if parser.has_section("weblate"):
        section = parser["weblate"]
        config.url = section.get("url", config.url)
        config.translation = section.get("translation", config.translation)
        if section.get("key"):
            config.keys[config.url.rstrip("/")] = SecretText(section["key"])
    if parser.has_section("keys"):
        config.keys.update({url.rstrip("/"): SecretText(key) for url, key in parser["keys"].items()})


def find_secret(variables: Mapping[str, str], service: str, user: str, known: Mapping[str, SecretText]) -> SecretText:
    """The secret for a server: from the environment, a keyring, or configuration files.

    A project's files name the server, and anybody may have written them. So a secret in the environment is sent only to
    the server that the environment also names, and those of a keyring or a file only to the server they are stored for.

    Args:
        variables: environment variables for the secret, each with the variable that names its server.
        service: address of the server.
        user: the user name, for the keyring.
        known: secrets from configuration files, by the address of the server.

    Raises:
        MissingError: there is none; the hint names the places.
        UsageError: the secret in the environment is not for this server, or cannot be sent.
    """
    for name, server in variables.items():
        if os.environ.get(name):
            return _from_environment(name, server, service)
    stored = _from_keyring(service, user)
    if stored is not None:
        return stored.require_sendable(f"the keyring's entry for {service}")
    for url, secret in known.items():
        if is_below(service, url):
            return secret.require_sendable(f"the key for {url}")
    name, server = next(iter(variables.items()))
    raise MissingError(
        f"no credentials for {service}",
        hint=f"set {name} and {server}, or store them with `keyring set {service} {user}`",
    )


def _from_environment(name: str, server: str, service: str) -> SecretText:
    if not is_same_server(os.environ.get(server, ""), service):
        raise UsageError(
            f"{name} is not sent to {service}: only a file of the project names this server",
            hint=f"to allow it: export {server}={service}",
        )
    return SecretText(os.environ[name]).require_sendable(name)


def _from_keyring(service: str, user: str) -> SecretText | None:
    if importlib.util.find_spec("keyring") is None:
        return None
    try:
        value = importlib.import_module("keyring").get_password(service, user)
    except Exception:  # noqa: BLE001 - a locked keyring of any kind is like none
        return None
    return SecretText(value) if isinstance(value, str) and value else None


def require_safe(url: str) -> str:
    """The address without a trailing slash.

    Raises:
        UsageError: it is not the address of a web server, or secrets would be sent unencrypted.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UsageError(f"not the address of a server: {url!r}")
    if parts.username or parts.password:
        raise UsageError("credentials do not belong in an address", hint="set them in the environment")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(f"{url} would send credentials unencrypted", hint="use https")
    return url.rstrip("/")
