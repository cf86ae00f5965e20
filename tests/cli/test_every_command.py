"""Promises that hold for every command of every tool, found by walking the command line itself."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from helpers.every_command import INVOCATIONS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xml_helpers.sample_documents import DIRECTORY as SAMPLES

from virtsmith.cli.app import cli
from virtsmith.cli.commands import example_lines, iter_commands
from virtsmith.cli.manual import completion_script, manual_pages
from virtsmith.errors import ExitCode

NODES = Path("/sys/devices/system/node")
EVERYTHING = [(" ".join(path), command) for path, command in iter_commands(cli)]
COMMANDS = {name: command for name, command in EVERYTHING if not isinstance(command, click.Group)}

WRITE_A_DOCUMENT = (
    """
xml convert|xml edit|xml format|xml schema|host argv|host build|host init|host provision
host virt-install|ark spec
abi report|po clean|po compile|po expand|po extract|po merge|po merge-desktop|po minimize
po textconv
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
CHANGE_SOMETHING = (
    """
schema generate|schema learn-order|host down|host up|ark build|ark clean|ark remove|ark srpm|po build-files
po convert|po git-setup|po install|po lock|po push|po resolve|po unlock
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
HAND_OVER_THE_TERMINAL = ["host console", "ark run", "ark shell"]

RUN_EVERYWHERE = re.compile(
    r"virtsmith (clean|xml|po (build-files|check|stats|rules|merge-desktop|minimize|expand|compile|textconv|diff)"
    r"|schema (releases|generate)"
    r"|host (init|build|argv|export|show|provision|virt-install|lint|rules|list|twin --memory)"
    r"|ark (list|catalogue [a-z]+$|targets($| supported)|minimum)|abi (rules|machines (?!.*--qemu)))"
)
"""Examples that need nothing but files and no other machine; the others are run by tests of their tools."""


def test_there_is_a_working_invocation_of_every_command():
    assert set(INVOCATIONS) == set(COMMANDS)


def option_names(command):
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


PLANTED = "planted-s3cr3t"
SECRETS = {
    "WEBLATE_TOKEN": PLANTED, "WEBLATE_URL": "https://127.0.0.1:9", "ZANATA_KEY": f"{PLANTED}\n", "WLC_KEY": PLANTED,
}  # fmt: skip


def run(words, directory, **options):
    """Run a command; none prints the secrets in its environment."""
    own = {"VIRTSMITH_ARK": str(directory / "ark"), "COLUMNS": "80", "HOME": str(directory)}
    environment = {**os.environ, **own, **SECRETS}
    done = subprocess.run(
        [sys.executable, "-m", "virtsmith", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        **options,
    )
    assert PLANTED not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("name", [name for name, _ in EVERYTHING])
def test_help_is_a_sentence_that_fits_the_terminal(name):
    command = dict(EVERYTHING)[name]
    text = command.get_help(click.Context(command, info_name=f"virtsmith {name}", terminal_width=80))
    first = (command.help or "").strip().split("\n\n")[0]
    assert first[:1].isupper() or first.startswith("`")
    assert " ".join(first.split()).rstrip(")").endswith((".", ":", "?", ".`"))
    assert "\\b" not in text
    long = [line for line in text.partition("Examples:")[0].splitlines() if len(line) > 80]
    assert long == []


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_command_lines_that_the_command_takes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = example_lines(COMMANDS[name])
    assert shown, "a command shows at least one example of its use"
    parsed = [words for line in shown for words in own_parts(line)]
    assert any(" ".join(words).startswith(name) for words in parsed)
    for words in parsed:
        parse(words)


def own_parts(line):
    """The words after `virtsmith` of each of our programs in a pipeline; files that a shell would open are left out."""
    for part in line.split(" | "):
        words = shlex.split(part.split(" < ")[0].split(" > ")[0])
        if words[0] == "virtsmith":
            yield words[1:]


def parse(words):
    """Let click read a command line without running it; raises what a user would see, except about missing files."""
    words = ["." if word.startswith("/usr/") else word for word in words]
    for path in (Path(word) for word in words if re.fullmatch(r"(\w+/)*\w+\.(qcow2|po)|\w+/[\w/]+", word)):
        (path.parent if path.suffix else path).mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.touch()
    context, command = click.Context(cli, info_name="virtsmith"), cli
    while isinstance(command, click.Group):
        taken = command.make_context(command.name, list(words), parent=context)
        first = taken._protected_args if hasattr(taken, "_protected_args") else taken.protected_args  # before click 8.2
        name, command, words = command.resolve_command(taken, [*first, *taken.args])
    command.make_context(name, list(words), parent=taken)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A directory with the files that the examples name."""
    directory = tmp_path_factory.mktemp("examples")
    domain = (SAMPLES / "domain.xml").read_bytes()
    (directory / "web.xml").write_bytes(domain)
    (directory / "other.xml").write_bytes(domain.replace(b"vcpu>", b"vcpu>", 1))
    (directory / "documents").mkdir()
    for name in ("network.xml", "domain.xml"):
        (directory / "documents" / name).write_bytes((SAMPLES / name).read_bytes())
    assert run(["host", "init", "minimal", "-o", "host.toml"], directory).returncode == 0
    (directory / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\n')
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: de\\n"\n\n'
    message = '#: a.c:1\nmsgid "Cat"\nmsgstr "{}"\n'
    (directory / "po").mkdir()
    for name, text in (
        ("de.po", "Katze"),
        ("po/de.po", "Katze"),
        ("de.mini.po", "Katze"),
        ("app.pot", ""),
        ("po/app.pot", ""),
        ("old.po", "Kater"),
        ("new.po", "Katze"),
    ):
        (directory / name).write_text(header + message.format(text))
    (directory / "po" / "LINGUAS").write_text("de\n")
    (directory / "app.desktop.in").write_text("[Desktop Entry]\nName=Cat\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["commit", "-qm", "two", "--allow-empty"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words], cwd=directory, check=True)
    return directory


EXAMPLES = [
    line
    for command in COMMANDS.values()
    for line in example_lines(command)
    if RUN_EVERYWHERE.match(line) and "virsh" not in line and "/usr/share" not in line and "--really" not in line
]


@pytest.mark.slow
@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_run_as_printed_without_colours_or_tracebacks(line, workplace):
    if "host twin" in line and not NODES.is_dir():
        pytest.skip(f"no {NODES} here: a chroot, or a kernel that does not report NUMA")
    words = shlex.split(line.split(" < ")[0])[1:]
    files = [str(path.relative_to(workplace)) for path in workplace.glob("*.xml")]
    words = [file for word in words for file in (files if word == "*.xml" else [word])]
    if line.startswith("virtsmith host init") and "-o" in words:
        words.append("--force")
    done = run(words, workplace)
    assert done.returncode in (ExitCode.OK, ExitCode.FINDINGS), done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def json_examples():
    """For each command with `--json` the first of its examples that can have the option added and runs everywhere."""
    unfit = ("|", "/usr/share", "*", "--format", "-o", "git ")
    for name, command in COMMANDS.items():
        lines = [line for line in example_lines(command) if RUN_EVERYWHERE.match(line)]
        lines = [line for line in lines if not any(part in line for part in unfit)]
        if lines and "--json" in option_names(command):
            document = " -o document" if name in ("host export", "host twin") else ""
            yield pytest.param(lines[0] + document, id=name)


@pytest.mark.slow
@pytest.mark.parametrize("line", list(json_examples()))
def test_json_names_its_schema(line, workplace):
    done = run([*shlex.split(line)[1:], "--json"], workplace)
    data = json.loads(done.stdout)
    if isinstance(data, dict) and "$schema" in data:
        return
    assert re.fullmatch(r"virtsmith\.[a-z-]+/\d+", data["schema"])


def test_every_command_gives_json_unless_it_writes_a_document_or_changes_something():
    without = {name for name, command in COMMANDS.items() if "--json" not in option_names(command)}
    assert without == {*WRITE_A_DOCUMENT, *CHANGE_SOMETHING, *HAND_OVER_THE_TERMINAL}


def test_an_option_has_the_same_short_form_everywhere():
    forms = {}
    for name, command in COMMANDS.items():
        for parameter in command.params:
            for long in (opt for opt in parameter.opts if opt.startswith("--")):
                short = tuple(opt for opt in parameter.opts if not opt.startswith("--"))
                forms.setdefault(long, {}).setdefault(short, []).append(name)
    assert {long: found for long, found in forms.items() if len(found) > 1} == {}


def test_a_dash_is_standard_input_where_a_document_is_taken():
    walks_directories = {"xml roundtrip", "schema learn-order"}
    names_a_place = {"po clean", "po resolve"}  # where a catalogue belongs in the project
    refused = {
        name
        for name, command in COMMANDS.items()
        for parameter in command.params
        if isinstance(parameter, click.Argument) and isinstance(parameter.type, click.Path)
        if parameter.type.file_okay and not parameter.type.allow_dash
    }
    assert refused == walks_directories | names_a_place


JUNK = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20),
    st.sampled_from(
        [
            "-",
            "--",
            "..",
            "junk.bin",
            "junk.xml",
            "missing",
            "--json",
            "-o",
            "--format=json",
            "@",
            "qemu@",
            "a=b",
            "=",
            "[",
            "0",
            "-1",
            "9" * 30,
            "💥",
            "%s",
            "\\",
            "'",
            "{}",
            "qemu@99",
            "/dev/null",
        ]
    ),
)
HARMLESS = [
    name
    for name in COMMANDS
    if name not in {*HAND_OVER_THE_TERMINAL, "schema generate", "schema import", "schema learn-order"}
]


@pytest.fixture(scope="module")
def junkyard(tmp_path_factory):
    directory = tmp_path_factory.mktemp("junk")
    (directory / "junk.bin").write_bytes(bytes(range(256)) * 40)
    (directory / "junk.xml").write_text("<domain><a></domain>")
    return directory


@pytest.mark.slow
@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(HARMLESS), words=st.lists(JUNK, max_size=4))
def test_no_input_makes_a_traceback(name, words, junkyard, monkeypatch_module, capfd):
    from virtsmith.cli.app import run_command

    monkeypatch_module.chdir(junkyard)
    code = run_command([*name.split(), *words])
    shown = capfd.readouterr()
    assert code in range(6), shown.err
    assert "Traceback" not in shown.err
    if code not in (ExitCode.OK, ExitCode.FINDINGS):
        assert shown.err.splitlines()[0].startswith("error: ") or "error: " in shown.err


@pytest.fixture(scope="module")
def monkeypatch_module(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "VIRTSMITH_ARK"):
            patch.setenv(name, str(home))
        with Path(os.devnull).open() as nothing:
            patch.setattr("sys.stdin", nothing)
            yield patch


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "terminated"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [["xml", "show", "-"], ["po", "check", "-"], ["host", "lint", "-"], ["xml", "edit", "-", "--set", "name=x"]],
)
def test_a_signal_ends_a_command_quietly(words, number, code, message, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "virtsmith", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    wait_until_it_reads(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (code, "", message)


def wait_until_it_reads(pid):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if "pipe_read" in Path(f"/proc/{pid}/wchan").read_text() or waits_in_read(pid):
            return
        time.sleep(0.02)


def waits_in_read(pid):
    """Whether its system call is read(0, ...); 0 is the number of read and of standard input alike on x86-64."""
    try:
        return Path(f"/proc/{pid}/syscall").read_text().startswith("0 0x0 ")
    except OSError:
        return False


def test_manual_and_completions_name_every_command():
    pages = manual_pages(cli)
    for name in COMMANDS:
        assert f"virtsmith {name}".replace("-", "\\-") in pages[f"virtsmith-{name.split()[0]}"]
    assert all("virtsmith" in completion_script(cli, shell) for shell in ("bash", "zsh", "fish"))


@pytest.mark.parametrize("tool", sorted({name.split()[0] for name in COMMANDS}))
def test_the_documentation_of_a_tool_names_all_its_commands(tool):
    docs = Path(__file__).parents[2] / "docs"
    text = "".join(path.read_text() for path in docs.rglob("*.md") if "_build" not in path.parts)
    assert [name for name in COMMANDS if name.startswith(f"{tool} ") and name not in text] == []
