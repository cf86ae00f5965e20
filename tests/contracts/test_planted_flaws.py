"""Flaws that were found once are planted again in a copy of the code: the tests that are to find them do.

Each kind of loss and leak has the flaw as it was, and others of its kind. What documents lose is planted in
`tests/fuzz/test_proofs.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {"virtsmith": "src/virtsmith", "libvirtxml": "library/src/libvirtxml"}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Flaw:
    """A flaw, and the test that is to find it.

    Attributes:
        changes: file, a part of it, and what takes its place; files are below the directory of both packages.
        test: the test, relative to the root.
        seen: what its failure shows.
        chosen: which of its parameters, as pytest's `-k` has it.
    """

    changes: tuple[tuple[str, str, str], ...]
    test: str
    seen: str
    chosen: str = ""


SECRETS, FETCH = "virtsmith/core/secrets.py", "virtsmith/core/fetch.py"
CREDENTIALS = "virtsmith/po/platforms/credentials.py"
FILES, WRITING = "libvirtxml/files.py", "libvirtxml/_impl/writing.py"
SUPERVISOR = "virtsmith/core/supervisor.py"
PLANTED = "tests/cli/test_planted_secrets.py"
PLATFORMS = "tests/unit/po/platforms/test_platforms.py"
WRITTEN = "library/tests/unit/test_files.py"
KILLED = "tests/unit/core/test_ownership.py::test_a_child_and_its_scratch_space_end_with_a_run_that_is_killed"
FLAWS = {
    "a token with a line break is printed": Flaw(
        (
            (SECRETS, "text = self.value.strip()", "text = self.value"),
            (SECRETS, "if not _HEADER_TEXT.fullmatch(self.value):", "if False:"),
            (SECRETS, "text = text.replace(secret, _HIDDEN)", "pass"),
            (
                FETCH,
                "except ValueError as error:  # an invalid header",
                "except KeyError as error:  # an invalid header",
            ),
        ),
        f"{PLANTED}::test_no_platform_command_shows_a_secret_when_it_fails",
        "pl4nted-s3cr3t",
        "zanata and stats",
    ),
    "a token that cannot be sent is shown": Flaw(
        ((SECRETS, "if not _HEADER_TEXT.fullmatch(self.value):", "if False:"),),
        f"{PLATFORMS}::test_a_token_that_cannot_be_sent_is_refused_and_not_shown",
        "DID NOT RAISE",
    ),
    "the password of an address is printed": Flaw(
        ((SECRETS, 'text = _USER_INFO.sub("", text)', "pass"),),
        f"{PLANTED}::test_no_command_shows_the_password_of_an_address",
        "pl4nted-s3cr3t",
        "targets",
    ),
    "a key is for all addresses that begin like its own": Flaw(
        ((SECRETS, "return is_same_server(url, place) and (", "return url.startswith(place) or ("),),
        f"{PLANTED}::test_a_key_is_not_sent_to_an_address_that_only_begins_like_its_own",
        "pl4nted-s3cr3t",
        "False and stats and weblate and file",
    ),
    "a token in the environment goes wherever a project says": Flaw(
        ((CREDENTIALS, 'if not is_same_server(os.environ.get(server, ""), service):', "if False:"),),
        f"{PLATFORMS}::test_a_token_in_the_environment_goes_only_where_the_environment_says",
        "DID NOT RAISE",
    ),
    "a token follows a redirect to another host": Flaw(
        ((FETCH, '("Authorization", "Cookie", "X-Auth-User", "X-Auth-Token"),  # never to another host', "(),"),),
        "tests/unit/core/test_fetch.py::test_secrets_are_not_sent_where_a_server_redirects_to",
        "Token abc",
    ),
    "a device is replaced by a file": Flaw(
        ((FILES, "if write_stream(path, content):", "if False:"),),
        f"{WRITTEN}::test_what_is_no_file_is_written_to_and_not_replaced",
        "S_ISCHR",
        "device",
    ),
    "a pipe is replaced by a file": Flaw(
        ((WRITING, "if not path.exists() or path.is_file():", "if not path.is_char_device():"),),
        f"{WRITTEN}::test_what_is_no_file_is_written_to_and_not_replaced",
        "S_ISFIFO",
        "pipe",
    ),
    "standard output is written over by its name": Flaw(
        ((WRITING, "number = _descriptor(path)", "number = None"),),
        f"{WRITTEN}::test_standard_output_by_name_goes_on_where_it_is",
        "third",
    ),
    "the owner of a file is lost": Flaw(
        ((WRITING, "lost = [*_take_owner(draft, old), ", "lost = ["),),
        f"{WRITTEN}::test_root_keeps_the_owner_of_a_file",
        "1234",
    ),
    "an access control list is lost": Flaw(
        ((WRITING, ", *_take_attributes(draft, target)]", "]"),),
        f"{WRITTEN}::test_extended_attributes_survive_a_rewrite",
        "posix_acl_access",
        "acl",
    ),
    "what a killed run has started runs on": Flaw(
        (
            (
                "virtsmith/core/supervisor.py",
                "    end_run(sys.argv[1], Path(sys.argv[2]))\n",
                "    print(end_run, Path)\n",
            ),
        ),
        KILLED,
        "wait_for",
    ),
    "programs are not marked as belonging to their run": Flaw(
        (("virtsmith/core/ownership.py", "else environment), OWNER_VARIABLE: owner()}", "else environment)}"),),
        KILLED,
        "wait_for",
    ),
    "a signal ends a command without unwinding": Flaw(
        (("virtsmith/cli/app.py", "    _unwind_on_signals()\n", ""),),
        "tests/cli/test_app.py::test_a_signal_to_terminate_is_an_interruption",
        "(-15, b'')",
    ),
}


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """A copy of both packages."""
    place = tmp_path_factory.mktemp("code")
    for name, source in SOURCES.items():
        shutil.copytree(ROOT / source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_of_the_past_would_be_found(name, code):
    flaw = FLAWS[name]
    old = {file: (code / file).read_text() for file, *_ in flaw.changes}
    if ("root" in flaw.test or "device" in flaw.chosen) and os.geteuid() != 0:
        pytest.skip("only root may give files away, and make devices")
    try:
        for file, part, instead in flaw.changes:
            text = (code / file).read_text()
            assert text.count(part) == 1, f"{file} has no longer: {part}"
            (code / file).write_text(text.replace(part, instead))
        done = run_test(flaw, code)
    finally:
        for file, text in old.items():
            (code / file).write_text(text)
    assert done.returncode == 1, done.stdout
    assert "failed" in done.stdout.splitlines()[-1]
    assert flaw.seen in done.stdout


def run_test(flaw, code):
    """Run the test on the copy, which comes before the installed packages."""
    foreign = ("PYTEST_", "VIRTSMITH_ARK", "XDG_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1", "VIRTSMITH_TEST_PATIENCE": "10"}
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", flaw.chosen]
    command = [sys.executable, "-m", "pytest", *options, flaw.test]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
