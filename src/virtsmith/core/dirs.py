"""The user's directories: the one place that knows the XDG base directory rules.

The rules are four lines, so no library: platformdirs would add a dependency for them, and its answer for a user
without a home is a relative path.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from virtsmith.errors import MissingError

_APPLICATION = "virtsmith"
STATE_HOME = "XDG_STATE_HOME"
"""The variable that moves the user's state, for messages that propose to set it."""
STATE_HOME_IN_SHELL = (
    f'case "${STATE_HOME}" in /*) state_home=${STATE_HOME} ;; *) state_home=$HOME/.local/state ;; esac'
)
"""The same rule as a line of POSIX shell, for scripts that run without Python: it sets ``state_home``."""


def home() -> Path:
    """The user's home directory: ``$HOME``, or that of the user database where it is not an absolute path.

    Raises:
        MissingError: there is neither, as in a container that runs with any user number.
    """
    named = os.environ.get("HOME", "")
    if named.startswith("/"):
        return Path(named)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise MissingError("the user has no home directory", hint="set HOME") from None


def config_home() -> Path:
    """Where all programs of the user keep their configuration, such as ``weblate`` or ``zanata.ini``."""
    return _base("XDG_CONFIG_HOME", ".config")


def cache_dir() -> Path:
    """Our directory for what can be made again."""
    return _base("XDG_CACHE_HOME", ".cache") / _APPLICATION


def data_dir() -> Path:
    """Our directory for what the user wants to keep: the ark, dumps, own tables."""
    return _base("XDG_DATA_HOME", ".local/share") / _APPLICATION


def state_dir() -> Path:
    """Our directory for what must outlive a command, but is of no use on another machine: daemons, hosts."""
    return _base(STATE_HOME, ".local/state") / _APPLICATION


def _base(variable: str, fallback: str) -> Path:
    """A base directory. A relative value is invalid, says the specification, and is ignored."""
    named = os.environ.get(variable, "")
    return Path(named) if named.startswith("/") else home() / fallback
