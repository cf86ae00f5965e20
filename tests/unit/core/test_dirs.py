"""The user's directories follow the XDG rules, for us and for the launchers that are shell scripts."""

import os
import subprocess
from pathlib import Path

import pytest

from virtsmith.core import dirs
from virtsmith.errors import MissingError

KINDS = [
    (dirs.cache_dir, "XDG_CACHE_HOME", ".cache", "virtsmith"),
    (dirs.data_dir, "XDG_DATA_HOME", ".local/share", "virtsmith"),
    (dirs.state_dir, "XDG_STATE_HOME", ".local/state", "virtsmith"),
    (dirs.config_home, "XDG_CONFIG_HOME", ".config", ""),
]


@pytest.mark.parametrize(("directory", "variable", "fallback", "name"), KINDS)
def test_a_variable_moves_a_directory_unless_it_is_relative(monkeypatch, directory, variable, fallback, name):
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.delenv(variable, raising=False)
    assert directory() == Path("/home/anna", fallback, name)
    monkeypatch.setenv(variable, "/elsewhere")
    assert directory() == Path("/elsewhere", name)
    for invalid in ("", "relative", "./here", "~/there"):
        monkeypatch.setenv(variable, invalid)
        assert directory() == Path("/home/anna", fallback, name)


@pytest.mark.parametrize("value", [None, "", "relative"])
def test_without_a_usable_home_the_user_database_is_asked(monkeypatch, value):
    monkeypatch.delenv("HOME") if value is None else monkeypatch.setenv("HOME", value)
    assert dirs.home().is_absolute()


def test_a_user_without_any_home_is_an_error_with_a_remedy(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_000)
    with pytest.raises(MissingError) as caught:
        dirs.home()
    assert caught.value.hint == "set HOME"


@pytest.mark.parametrize("value", [None, "", "relative", "/elsewhere"])
def test_the_shell_follows_the_same_rule(monkeypatch, value):
    monkeypatch.setenv("HOME", "/home/anna b")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("XDG_STATE_HOME", value)
    script = f'{dirs.STATE_HOME_IN_SHELL}\nprintf %s "$state_home"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert Path(done.stdout) / "virtsmith" == dirs.state_dir()
