import json

from helpers.in_process import virtsmith

DOMAIN = "<domain type='hvf'>\n <name>a</name>\n <memory>1</memory>\n <os><type>hvm</type></os>\n</domain>\n"


def xml(*arguments, document=DOMAIN):
    return virtsmith("xml", *arguments, input=document)


def test_check_names_what_is_refused_and_exits_with_1():
    done = xml("check", "-", "--libvirt", "7.0..9.0")
    assert done.returncode == 1
    assert done.stdout == (
        "<stdin>:1: /domain/@type='hvf' is in libvirt's schema only since 8.1.0 at the latest (after 7.9.0)\n"
        "schema accepts: 8.1.0 to 9.0.0\nschema refuses: 7.0.0 to 7.9.0\n"
        "schema not known: between 7.9.0 and 8.1.0\nlibvirt defines: no objection is known\n"
    )


def test_check_exits_with_0_when_all_releases_accept():
    done = xml("check", "-", "--libvirt", "9.0..12.8")
    assert (done.returncode, done.stdout) == (
        0,
        "schema accepts: 9.0.0 to 12.8.0\nlibvirt defines: no objection is known\n",
    )


def test_min_prints_the_oldest_release_alone():
    done = xml("check", "-", "--min")
    assert (done.returncode, done.stdout) == (0, "8.1.0\n")
    assert "between 7.9.0 and 8.1.0 are not known" in done.stderr


def test_min_exits_with_1_when_no_release_accepts():
    done = xml("check", "-", "--min", document=DOMAIN.replace("name>", "frob>"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "/domain/frob" in done.stderr


def test_json_has_the_releases_the_gaps_and_the_refusals():
    data = json.loads(xml("check", "-", "--libvirt", "7.9..8.1", "--json").stdout)
    assert data["schema"] == "virtsmith.xml-check/1"
    assert data["releases"] == {"7.9.0": "schema refuses", "8.1.0": "schema accepts"}
    assert data["gaps"] == [{"after": "7.9.0", "before": "8.1.0", "verdict": "not known"}]
    assert (data["schema_accepts"], data["oldest"]) == (False, "8.1.0")
    assert data["refusals"][0]["path"] == "/domain/@type"
    assert data["refusals"][0]["line"] == 1


def test_schemas_decide_when_they_are_given(tmp_path):
    grammar = (
        '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="domain">'
        '<attribute name="type"/><element name="name"><text/></element>{}</element></start></grammar>'
    )
    rest = '<element name="memory"><text/></element><element name="os"><element name="type"><text/></element></element>'
    for release, more in (("1.0.0", rest), ("2.0.0", "")):
        (tmp_path / release).mkdir()
        (tmp_path / release / "domain.rng").write_text(grammar.format(more))
    done = xml("check", "-", "--schemas", str(tmp_path))
    assert done.returncode == 1
    assert "schema accepts: 1.0.0\nschema refuses: 2.0.0\n" in done.stdout
    assert xml("check", "-", "--schemas", str(tmp_path / "1.0.0")).stdout.startswith("schema accepts: 1.0.0\n")
    assert xml("check", "-", "--schemas", str(tmp_path), "--libvirt", "3.0").returncode == 2


def test_bad_requests_and_bad_input_have_their_exit_codes():
    assert xml("check", "-", "--libvirt", "1.0").returncode == 2
    assert xml("check", "-", "--libvirt", "x").returncode == 2
    broken = xml("check", "-", document="<domain>\n<")
    assert broken.returncode == 3
    assert broken.stderr.startswith("error: <stdin>:2")
    assert xml("check", "/no/such/file").returncode == 3


def test_since_prints_the_release_and_json_lists_them():
    done = xml("since", "/domain/devices/tpm/backend/@type=external")
    assert (done.returncode, done.stdout) == (0, "9.0.0 at the latest (after 8.1.0)\n")
    data = json.loads(xml("since", "/domain/@type=parallels", "--json").stdout)
    assert (data["since"], data["until"], data["releases"][-1]) == ("1.2.0 or earlier", "1.2.18", "1.2.18")


def test_since_of_an_unknown_path_says_what_was_meant():
    done = xml("since", "/domain/devices/dsik")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean disk?" in done.stderr
    assert xml("since", "/domain/os/type=frob").returncode == 2


def test_what_the_schema_accepts_and_libvirt_does_not_define_is_a_second_verdict():
    document = DOMAIN.replace("hvf", "kvm").replace("<memory>1</memory>", "<vcpu current='4'>2</vcpu>")
    done = xml("check", "-", "--libvirt", "9.0", document=document)
    assert done.returncode == 1
    assert done.stdout == (
        "<stdin>: /domain/memory: no memory is specified [DEF010]\n"
        "<stdin>: /domain/vcpu/@current: 4 vCPUs of at most 2 [DEF011]\n"
        "schema accepts: 9.0.0\nlibvirt defines: no\n"
    )
    data = json.loads(xml("check", "-", "--libvirt", "9.0", "--json", document=document).stdout)
    assert [(item["rule"], item["path"]) for item in data["objections"]] == [
        ("DEF010", "/domain/memory"),
        ("DEF011", "/domain/vcpu/@current"),
    ]
    assert data["schema_accepts"] is True


def test_documents_that_belong_to_something_else_are_not_judged():
    document = "<domainsnapshot><name>s</name></domainsnapshot>"
    done = xml("check", "-", "--libvirt", "9.0", document=document)
    assert (done.returncode, done.stdout) == (
        0,
        "schema accepts: 9.0.0\nlibvirt defines: not judged, because no rule is about such documents\n",
    )
    assert "objections" not in json.loads(xml("check", "-", "--json", document=document).stdout)


def test_the_document_of_a_running_domain_is_warned_about_and_a_stored_one_is_not():
    text = (
        "<domain type='kvm'{}><name>n</name><memory>1</memory><os><type>hvm</type></os><devices><interface type="
        "'bridge'><source bridge='b'/><target dev='{}'/></interface></devices></domain>"
    )
    done = xml("check", "-", "--libvirt", "9.0", document=text.format(" id='3'", "vnet7"))
    assert done.returncode == 0
    assert "/domain/@id is that of a running domain" in done.stdout
    assert "/domain/devices/interface[1]/target/@dev" in done.stdout
    assert "xml-running" in xml("check", "-", "--json", document=text.format(" id='3'", "own0")).stdout
    assert "running" not in xml("check", "-", "--libvirt", "9.0", document=text.format("", "vnet7")).stdout
