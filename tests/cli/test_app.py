import subprocess
import sys

import click
import pytest

from virtsmith.cli import app
from virtsmith.errors import ExitCode, InputError


def virtsmith(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "virtsmith", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_help_and_version_go_to_standard_output():
    shown = virtsmith("--help")
    assert shown.returncode == 0
    assert "people who build on libvirt and QEMU" in shown.stdout
    assert virtsmith("--version").stdout.startswith("virtsmith, version ")


def test_an_unknown_tool_is_a_usage_error():
    done = virtsmith("no-such-tool")
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr == "error: no such command 'no-such-tool'\nhint: see virtsmith --help\n"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("odd", source="a.xml", line=3, hint="mend it"), 3, "error: a.xml:3: odd\nhint: mend it\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (click.UsageError("Bad thing."), 2, "error: bad thing\n"),
        (ZeroDivisionError("oops"), 70, "error: this is a bug in virtsmith: ZeroDivisionError: oops\n"),
    ],
)
def test_every_error_has_its_message_and_exit_code(monkeypatch, capsys, error, code, message):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(app.cli, "main", fail)
    assert app.run_command([]) == code
    assert capsys.readouterr().err.startswith(message)


def test_starting_up_imports_no_tool_and_nothing_heavy():
    code = (
        "import sys, virtsmith.cli.app as a; a.run_command(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('lxml', 'rich', 'jinja2', 'urllib3', 'asyncio',"
        " 'virtsmith.libvirtxml', 'virtsmith.po')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
