import contextlib
import os
import signal
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


def test_a_misspelt_tool_or_command_is_guessed():
    assert virtsmith("xlm").stderr == "error: no such command 'xlm'\nhint: did you mean xml?\n"
    assert virtsmith("xml", "shwo").stderr == "error: no such command 'shwo'\nhint: did you mean show?\n"


@pytest.mark.parametrize("tool", [(), ("xml",), ("po",)])
def test_without_a_command_help_is_shown_and_is_no_error(tool):
    shown = virtsmith(*tool)
    assert (shown.stdout + shown.stderr).strip() == virtsmith(*tool, "--help").stdout.strip()


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (("xml", "convert", "a.xml"), 2, "error: missing option '--to'. Choose from: json, yaml, xml, python\n"),
        (("host", "show", "numa9"), 3, "error: numa9: no such file, and no example with that name\n"),
        (("host", "show", "a.xml"), 3, "error: a.xml: a spec is TOML, and this looks like XML\n"),
        (("host", "lint", "a.txt"), 3, "error: a.txt:1:1: not well-formed XML: syntax error\n"),
        (("xml", "roundtrip", "directory"), 3, "error: directory: no documents found\n"),
        (("schema", "learn-order", "directory"), 3, "error: none of these files is a libvirt document\n"),
        (("abi", "show", "no.json"), 3, "error: no.json: cannot read: no such file or directory\n"),
        (("abi", "dump", "a.txt"), 3, "error: a.txt: neither a program nor a recording (*.replies)\n"),
        (("abi", "machines", "directory"), 3, "error: directory: no domains found\n"),
        (("ark", "--ark", "directory", "verify", "qemu@3"), 4, "error: qemu@3 is not installed\n"),
        (("ark", "--ark", "directory", "check", "a.xml"), 4, "error: no libvirt is installed\n"),
        (("po", "expand", "a.po", "--pot", "no.pot"), 3, "error: no.pot: there is no such template\n"),
        (("po", "diff", "no.po"), 3, "error: no.po: cannot read: no such file or directory\n"),
    ],
)
def test_a_common_mistake_is_named_for_what_it_is(tmp_path, line, code, message):
    (tmp_path / "a.xml").write_text("<domain type='kvm'><name>a</name><os><type>hvm</type></os></domain>")
    (tmp_path / "a.txt").write_text("something else")
    (tmp_path / "directory").mkdir()
    done = virtsmith(*line, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(message)
    assert all(part.startswith(("error: ", "hint: ")) for part in done.stderr.splitlines())


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("odd", source="a.xml", line=3, hint="repair it"), 3, "error: a.xml:3: odd\nhint: repair it\n"),
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
        " 'libvirtxml._impl', 'libvirtxml.model', 'virtsmith.po')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def on_a_terminal(*arguments: str, cwd) -> str:
    """What a command says on standard error when that is a terminal."""
    try:
        ours, theirs = os.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminals here: {error}")
    shown = b""
    command = [sys.executable, "-m", "virtsmith", *arguments]
    with (
        os.fdopen(ours, "rb", buffering=0) as screen,
        os.fdopen(theirs, "wb") as stderr,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, cwd=cwd),
    ):
        stderr.close()
        with contextlib.suppress(OSError):  # what Linux says when the last program has closed the terminal
            while piece := screen.read(4096):
                shown += piece
    return shown.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "task"),
    [
        (("xml", "format", "--check", "a.xml", "b.xml"), "formatting"),
        (("xml", "validate", "a.xml", "b.xml"), "checking"),
        (("xml", "roundtrip", "."), "round trips"),
        (("host", "lint", "a.xml", "b.xml"), "linting"),
        (("po", "stats", "po"), "measuring"),
        (("abi", "machines", "."), "reading"),
        (("po", "diff", "po", "."), "comparing"),
        (("po", "install", "--destdir", "out", "po"), "compiling"),
        (("schema", "generate", "--check"), "generating"),
    ],
)
def test_work_that_may_take_long_shows_progress_on_a_terminal_alone(tmp_path, line, task):
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text("<domain type='kvm'>\n  <name>a</name>\n</domain>\n")
    for name in ("po/de.po", "po/fr.po"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
    assert task in on_a_terminal(*line, cwd=tmp_path)
    assert task not in virtsmith(*line, cwd=tmp_path).stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_terminate_is_an_interruption(tmp_path, number):
    """All `with` blocks are left, as after Ctrl-C."""
    process, pipe = reading_command(tmp_path / "pipe")
    with pipe:
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (128 + number, b"terminated")


def test_a_signal_that_is_ignored_from_the_start_stays_so(tmp_path):
    """This is what nohup does."""
    process, pipe = reading_command(tmp_path / "pipe", lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    with pipe:
        process.send_signal(signal.SIGHUP)
        pipe.write(b"<domain type='kvm'><name>a</name></domain>")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert output


def reading_command(path, prepare=None):
    """A command that reads from a pipe, and the pipe, which can be opened as soon as it does."""
    os.mkfifo(path)
    process = subprocess.Popen(
        [sys.executable, "-m", "virtsmith", "xml", "convert", path, "--to", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=prepare,  # noqa: PLW1509 - nothing else runs here
    )
    return process, path.open("wb")
