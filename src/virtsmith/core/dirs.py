"""The user's directories: the only implementation of the XDG base directory rules.

platformdirs is not used: it would be a dependency for four lines of code, and it returns a relative path for a user
without a home directory.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from virtsmith.errors import MissingError

_APPLICATION = "virtsmith"
STATE_HOME = "XDG_STATE_HOME"
"""The variable that relocates the user's state, for messages that suggest setting it."""
STATE_HOME_IN_SHELL = (
    f'case "${STATE_HOME}" in /*) state_home=${STATE_HOME} ;; *) state_home=$HOME/.local/state ;; esac'
)
"""The same rule as a line of POSIX shell, for scripts that run without Python: it sets ``state_home``."""


def home() -> Path:
    """Return the user's home directory: ``$HOME`` if it is an absolute path, else the one in the user database.

    Raises:
        MissingError: neither is set, as in a container that runs with an arbitrary user id.
    """
    named = os.environ.get("HOME", "")
    if named.startswith("/"):
        return Path(named)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise MissingError("the user has no home directory", hint="set HOME") from None


def config_home() -> Path:
    """Return the directory of the user's configuration files, such as ``weblate`` or ``zanata.ini``."""
    return _base("XDG_CONFIG_HOME", ".config")


def cache_dir() -> Path:
    """Return the directory for data that can be regenerated."""
    return _base("XDG_CACHE_HOME", ".cache") / _APPLICATION


def data_dir() -> Path:
    """Return the directory for data that the user keeps: the ark, dumps, own tables."""
    return _base("XDG_DATA_HOME", ".local/share") / _APPLICATION


def state_dir() -> Path:
    """Return the directory for state that outlives a command but is specific to this machine: daemons, hosts."""
    return _base(STATE_HOME, ".local/state") / _APPLICATION


def _base(variable: str, fallback: str) -> Path:
    """Return a base directory. As the specification requires, a relative value is ignored."""
    named = os.environ.get(variable, "")
    return Path(named) if named.startswith("/") else home() / fallback
