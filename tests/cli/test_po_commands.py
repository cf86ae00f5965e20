import json
import shutil

import pytest
from helpers.in_process import virtsmith

FULL = (
    b'msgid ""\nmsgstr ""\n"Project-Id-Version: app\\n"\n"POT-Creation-Date: 2020-01-01 00:00+0000\\n"\n'
    b'"PO-Revision-Date: 2020-01-01 00:00+0000\\n"\n"Last-Translator: A <a@b>\\n"\n"Language-Team: B <b@c>\\n"\n'
    b'"Language: de\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    b'"Content-Transfer-Encoding: 8bit\\n"\n\n#: a.c:2\nmsgid "two"\nmsgstr "zwei"\n\n'
    b'#: a.c:1\nmsgid "one"\nmsgstr "eins"\n'
    b'\nmsgid "none"\nmsgstr ""\n'
)


def po(*arguments, data=b"", cwd=None, **environment):
    return virtsmith("po", *arguments, input=data, text=False, cwd=cwd, env={"LC_ALL": "C.UTF-8", **environment})


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "po"
    path.mkdir()
    (path / "de.po").write_bytes(FULL)
    (path / "fr.po").write_bytes(FULL.replace(b"Language: de", b"Language: fr"))
    (path / "app.pot").write_bytes(FULL.replace(b'"zwei"', b'""').replace(b'"eins"', b'""'))
    return path


def test_one_file_goes_through_every_form_and_back(directory, tmp_path):
    mini, full, compiled = tmp_path / "mini.po", tmp_path / "full.po", tmp_path / "x.mo"
    assert po("minimize", directory / "de.po", "-o", mini).returncode == 0
    assert b"#:" not in mini.read_bytes()
    assert po("expand", mini, "--pot", directory / "app.pot", "-o", full).returncode == 0
    assert full.read_bytes() == FULL
    assert po("minimize", "-", data=full.read_bytes()).stdout == mini.read_bytes()
    assert po("compile", mini, "-o", compiled).returncode == 0
    assert compiled.read_bytes() == po("compile", directory / "de.po").stdout


def test_a_directory_is_minimised_in_place_and_checked(directory):
    listed = po("minimize", "--check", directory).stdout.decode().split()
    assert listed == [str(directory / name) for name in ("de.po", "fr.po")]
    assert po("minimize", directory).stderr == b"2 of 2 catalogues changed\n"
    assert po("minimize", "--check", directory).returncode == 0
    assert po("check", "--profile", "mini", directory).returncode == 0


def test_nothing_is_written_when_one_catalogue_is_broken(directory):
    (directory / "fr.po").write_bytes(b'msgid "a\n')
    before = (directory / "de.po").read_bytes()
    done = po("minimize", directory)
    assert (done.returncode, done.stderr) == (3, f"error: {directory}/fr.po:1: end of line within a string\n".encode())
    assert (directory / "de.po").read_bytes() == before


def test_catalogues_are_installed_where_programs_look(directory, tmp_path):
    options = ("--localedir", "/usr/share/locale", "--domain", "app")
    done = po("install", directory, *options, DESTDIR=str(tmp_path / "stage"))
    target = tmp_path / "stage" / "usr" / "share" / "locale" / "de" / "LC_MESSAGES" / "app.mo"
    assert str(target) in done.stdout.decode().splitlines()
    assert target.read_bytes() == po("compile", directory / "de.po").stdout
    assert po("install", directory, "--domain", "../x").returncode == 2


def test_catalogues_with_errors_are_not_compiled_or_installed_on_request(directory, tmp_path):
    good = (directory / "de.po").read_bytes()
    bad = good.replace(b'msgid "two"\nmsgstr "zwei"', b'#, c-format\nmsgid "two %s"\nmsgstr "zwei"')
    (directory / "fr.po").write_bytes(bad.replace(b"Language: de", b"Language: fr"))
    stage, target = tmp_path / "stage", tmp_path / "fr.mo"
    for arguments in (
        ("compile", directory / "fr.po", "-o", target),
        ("compile", directory, "--to", stage),
        ("install", directory, "--domain", "app", "--destdir", stage),
    ):
        done = po(*arguments, "--check")
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"fr.po:15: error: msgstr lacks argument 1 (two %s) [PO202]" in done.stderr
        assert not stage.exists()
        assert not target.exists()
        assert po(*arguments).returncode == 0
        assert stage.exists() or target.exists()
        target.unlink(missing_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
    assert po("compile", "--check", "-", data=bad).returncode == 1
    assert po("compile", "--check", "-", data=good).stdout == po("compile", "-", data=good).stdout


def test_check_reports_in_every_format_and_fix_changes_files(directory):
    bad = FULL.replace(b'msgid "two"\nmsgstr "zwei"', b'#, c-format\nmsgid "two %s"\nmsgstr "zwei"')
    (directory / "de.po").write_bytes(bad)
    (directory / "LINGUAS").write_text("de sv\n")
    found = json.loads(po("check", directory, "--json").stdout)["findings"]
    assert {item["rule"] for item in found} == {"PO202", "PO301", "PO302", "PO303", "PO305"}
    sarif = json.loads(po("check", directory, "--format", "sarif").stdout)
    assert sarif["version"] == "2.1.0"
    assert sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert b"| PO202 |" in po("check", directory, "--format", "markdown").stdout
    stopped = po("check", directory, "--fix", "--profile", "mini")
    assert (stopped.returncode, (directory / "de.po").read_bytes()) == (3, bad)
    assert b"lacks 1 of 4 translations in the catalogues" in stopped.stderr
    done = po("check", directory, "--fix", "--drop-stale", "--yes", "--profile", "mini")
    assert b"de.po: removed two %s" in done.stderr
    assert b"LINGUAS: fixed" in done.stderr
    assert (directory / "LINGUAS").read_text() == "de fr\n"
    assert po("check", directory, "--profile", "mini").returncode == 0


def test_statistics_are_measured_against_the_template(directory):
    rows = json.loads(po("stats", directory, "--json").stdout)["languages"]
    assert [(row["language"], row["translated"], row["total"], row["percent"]) for row in rows] == [
        ("de", 2, 3, 66.7),
        ("fr", 2, 3, 66.7),
    ]
    assert "█" in po("stats", directory, PYTHONUTF8="1").stdout.decode()


def test_two_files_are_compared_by_message(directory, tmp_path):
    new = tmp_path / "new.po"
    new.write_bytes(FULL.replace(b'"eins"', b'"ein"').replace(b"a.c", b"b.c"))
    done = po("diff", directory / "de.po", new, "--json")
    (language,) = json.loads(done.stdout)["languages"]
    assert (done.returncode, language["changed"], language["added"]) == (1, 1, 0)
    assert language["changes"] == [{"kind": "changed", "msgid": "one", "new": ["ein"], "old": ["eins"]}]
    assert po("diff", directory / "de.po", directory / "de.po").returncode == 0


def test_profiles_are_converted_only_if_programs_see_the_same(directory):
    assert po("convert", "mini", "--directory", directory).returncode == 0
    small = (directory / "de.po").read_bytes()
    assert po("convert", "sorted", "--pot", directory / "app.pot", "--directory", directory).returncode == 0
    large = (directory / "de.po").read_bytes()
    assert b'msgid "none"\nmsgstr ""\n' in large
    po("convert", "mini", "--directory", directory)
    assert (directory / "de.po").read_bytes() == small
    assert po("convert", "nonsense", "--directory", directory).returncode == 2


@pytest.mark.parametrize("command", ["minimize", "compile", "check", "textconv", "clean", "expand", "diff"])
@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00junk", b"msgid", b'msgid "a\n', b"<<<<<<< x\n", b"\0" * 100,
        b'msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"\n',
    ],
)  # fmt: skip
def test_no_input_makes_a_command_crash(command, data, tmp_path):
    path = tmp_path / "x.po"
    path.write_bytes(data)
    arguments = {"clean": ["clean"], "expand": ["expand", path, "--pot", path], "diff": ["diff", path, path]}
    done = po(*arguments.get(command, [command, path]), data=data, cwd=tmp_path)
    assert done.returncode in (0, 1, 3), done.stderr
    assert b"Traceback" not in done.stderr


def test_misuse_and_bad_input_have_different_exit_codes(directory, tmp_path):
    assert po("minimize", directory, "-o", tmp_path / "x").returncode == 2
    assert po("expand", directory, "--pot", directory / "app.pot").returncode == 2
    assert po("minimize", tmp_path / "nothing.po").returncode == 3
    (tmp_path / "empty").mkdir()
    assert po("minimize", tmp_path / "empty").returncode == 3
    assert po("push", cwd=tmp_path).returncode == 2
