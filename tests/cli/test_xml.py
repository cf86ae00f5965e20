import json
import subprocess
import sys

import pytest
from helpers.in_process import virtsmith
from libvirtxml import compare
from xml_helpers.sample_documents import DIRECTORY, SAMPLES, sample

DOMAIN = sample("domain")


def xml(*arguments, **options) -> subprocess.CompletedProcess:
    return virtsmith("xml", *arguments, text=False, **options)


def test_show_gives_the_essentials_of_a_domain():
    shown = xml("show", DOMAIN)
    assert shown.returncode == 0
    lines = shown.stdout.decode().splitlines()
    for line in (
        "name       web",
        "type       kvm hvm x86_64 pc-q35-9.0",
        "memory     4 GiB",
        "disk       file vda virtio qemu qcow2 <- /var/lib/libvirt/images/web.qcow2",
        "hostdev    pci mode=subsystem <- 0000:3b:02.0",
    ):
        assert line in lines, lines


def test_show_gives_a_tree_of_other_documents():
    shown = xml("show", sample("network")).stdout.decode()
    assert shown.startswith("Network: name=lab ")
    assert "      range: start=192.168.77.100 end=192.168.77.200\n" in shown.replace("ranges:", "range:")


def test_show_names_what_is_unknown_and_forbidden():
    shown = xml("show", sample("future")).stdout.decode()
    assert "not in the model:\n  /domain/@future" in shown
    assert "not allowed by libvirt's schema, or not defined by libvirt:\n  /domain/memory" in shown


def test_show_as_json_holds_the_document():
    data = json.loads(xml("show", sample("future"), "--json").stdout)
    assert data["schema"] == "virtsmith.xml-show/1"
    assert data["document"]["$class"] == "Domain"
    assert len(data["unknown"]) == 2
    assert len(data["problems"]) == 2


@pytest.mark.parametrize("path", [DOMAIN, sample("future")], ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_convert_there_and_back_through_standard_input(path, form):
    there = xml("convert", path, "--to", form)
    back = xml("convert", "-", "--to", "xml", input=there.stdout)
    assert back.returncode == 0, back.stderr
    assert compare(path.read_bytes(), back.stdout) == []


def test_convert_to_python_gives_a_script_that_runs(tmp_path):
    script = tmp_path / "domain.py"
    assert xml("convert", DOMAIN, "--to", "python", "-o", script).returncode == 0
    script.write_text(script.read_text() + "\nprint(document.to_xml(), end='')\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, check=True)
    assert compare(DOMAIN.read_bytes(), done.stdout) == []


def test_a_failed_conversion_leaves_the_output_alone(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    broken = tmp_path / "broken.xml"
    broken.write_text("<domain>\n<name></domain>")
    done = xml("convert", broken, "--to", "json", "-o", target)
    assert done.returncode == 3
    assert done.stderr.decode().startswith(f"error: {broken}:2:9: not well-formed XML: mismatched tag")
    assert target.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.json",
            '{"$class": "Domain", "naem": "x"}',
            "a.json: $: Domain has no field 'naem'\nhint: did you mean 'name'?",
        ),
        ("a.json", "{", "a.json:1:2: not JSON"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.xml", "<recipe/>", "a.xml: no libvirt document or part of one has the root element <recipe>"),
        ("a.xml", "", "a.xml:1:1: not well-formed XML: no element found"),
    ],
)
def test_bad_input_is_named_with_its_place(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    done = xml("show", name, cwd=tmp_path)
    assert done.returncode == 3
    assert message in done.stderr.decode()
    assert done.stdout == b""


def test_a_missing_file_is_an_input_error():
    done = xml("show", "/nonexistent.xml")
    assert (done.returncode, done.stderr) == (3, b"error: /nonexistent.xml: cannot read: no such file or directory\n")


def test_format_changes_layout_alone(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text('<domain type="kvm"><!-- c --><name>a</name>\n\n</domain>')
    assert xml("format", "--check", path).returncode == 1
    assert xml("format", "-i", path).returncode == 0
    assert path.read_text() == "<domain type='kvm'>\n  <!-- c -->\n  <name>a</name>\n</domain>\n"
    again = xml("format", "--check", path)
    assert (again.returncode, again.stderr) == (0, b"")
    assert xml("format", "-", input=b"<domain/>").stdout == b"<domain/>\n"


def test_format_writes_nothing_if_one_file_is_broken(tmp_path):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text('<domain type="kvm"/>')
    bad.write_text("<domain")
    assert xml("format", "-i", good, bad).returncode == 3
    assert good.read_text() == '<domain type="kvm"/>'


def test_validate_lists_findings_with_line_and_path():
    done = xml("validate", sample("future"), sample("network"))
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert lines[0].startswith(f"{sample('future')}:1: /domain/@future: unknown attribute")
    assert b"2 checked, 1 valid, 1 not valid" in done.stderr
    data = json.loads(xml("validate", sample("future"), "--json").stdout)
    assert data["schema"] == "virtsmith.xml-validate/1"
    assert data["valid"] is False
    assert {"file", "line", "message", "rule", "severity", "subject"} <= data["findings"][0].keys()


def test_validate_reads_standard_input():
    done = xml("validate", "-", input=b"<secret ephemeral='maybe' private='no'/>")
    assert done.returncode == 1
    assert done.stdout.startswith(b"<stdin>:1: /secret/@ephemeral: 'maybe' is not allowed")


def test_roundtrip_reports_counts_unknown_content_and_what_it_skipped(tmp_path):
    (tmp_path / "link.xml").write_text("../other.xml")
    (tmp_path / "caps.xml").write_text("<qemuCaps/>")
    done = xml("roundtrip", DIRECTORY, tmp_path)
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "       2  Domain\n" in text
    assert f"  {sample('future')}: /domain/wormhole: unknown element\n" in text
    assert "<qemuCaps>: libvirtd's private cache of QEMU capabilities\n" in text
    assert f"{len(SAMPLES)} documents, {len(SAMPLES)} identical, 0 different, 2 files skipped" in done.stderr.decode()
    named = xml("roundtrip", "-v", tmp_path).stdout.decode()
    assert f"  {tmp_path / 'link.xml'}: not XML\n" in named


def test_roundtrip_exits_with_1_on_a_difference(tmp_path):
    path = tmp_path / "deep.xml"
    path.write_text("<domain>" + "<a>" * 300 + "</a>" * 300 + "</domain>")
    done = xml("roundtrip", tmp_path, "--json")
    data = json.loads(done.stdout)
    assert done.returncode == 1
    assert data["schema"] == "virtsmith.xml-roundtrip/1"
    assert data["differences"][0]["file"] == str(path)
    assert (data["documents"], data["identical"], data["skipped"]) == (1, 0, [])
    assert xml("roundtrip", tmp_path).stdout.decode().startswith(f"{path}: /: cannot be read: ")


def test_roundtrip_of_nothing_is_an_error(tmp_path):
    assert xml("roundtrip", tmp_path / "missing").returncode == 3


def test_schema_prints_the_json_schema_of_a_type(tmp_path):
    data = json.loads(xml("schema", "disk").stdout)
    assert data["title"] == "Disk"
    assert xml("schema", "Domain", "--lenient", "-o", tmp_path / "domain.json").returncode == 0
    assert json.loads((tmp_path / "domain.json").read_text())["$id"] == "urn:libvirtxml:Domain:lenient"
    wrong = xml("schema", "domian")
    assert wrong.returncode == 2
    assert b"hint: did you mean domain?" in wrong.stderr.lower()


def test_yaml_without_its_package_says_what_to_install(tmp_path):
    (tmp_path / "ruamel").mkdir()
    (tmp_path / "ruamel" / "__init__.py").write_text("raise ImportError")
    code = "import sys; from virtsmith.cli.app import run_command; sys.exit(run_command(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "xml", "convert", str(DOMAIN), "--to", "yaml"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert done.returncode == 4
    assert "libvirtxml[yaml]" in done.stderr
