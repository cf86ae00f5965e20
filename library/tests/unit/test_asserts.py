import subprocess
import sys

import pytest
from libvirtxml import XMLError, parse
from libvirtxml.errors import UsageError
from libvirtxml.testing import assert_domain_equal

pytestmark = pytest.mark.slow

DOMAIN = """<domain type='kvm'><name>web</name><memory unit='GiB'>1</memory><devices>
<disk type='file'><target dev='vda' bus='virtio'/></disk><disk type='file'><target dev='vdb' bus='virtio'/></disk>
</devices></domain>"""
SAME = """<domain type="kvm">
  <memory>1048576</memory>
  <name>web</name>
  <devices>
    <disk type='file'><target bus='virtio' dev='vdb'/></disk>
    <disk type='file'><target bus='virtio' dev='vda'/></disk>
  </devices>
</domain>"""


def pytest_run(path, test, *options):
    (path / "test_it.py").write_text(test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(path),
    ]
    return subprocess.run([*command, *options, str(path)], capture_output=True, text=True, check=False, cwd=path)


def test_equal_documents_pass_whatever_their_spelling():
    assert_domain_equal(SAME, DOMAIN)
    assert_domain_equal(parse(SAME), parse(DOMAIN), profile="abi")


def test_different_documents_fail_and_the_message_lists_what_differs():
    other = DOMAIN.replace("web", "db").replace("'GiB'>1", "'GiB'>2")
    with pytest.raises(AssertionError) as caught:
        assert_domain_equal(other, DOMAIN)
    message = str(caught.value)
    assert "2 differences" in message
    assert "name: web -> db" in message
    assert "memory" in message


def test_a_profile_leaves_out_what_changes_while_a_domain_runs():
    running = DOMAIN.replace("<domain ", "<domain id='7' ")
    assert_domain_equal(running, DOMAIN, profile="config")
    with pytest.raises(AssertionError, match="id"):
        assert_domain_equal(running, DOMAIN)


def test_what_cannot_be_compared_is_an_error_and_no_failed_assertion():
    with pytest.raises(XMLError):
        assert_domain_equal("<", DOMAIN)
    with pytest.raises(UsageError):
        assert_domain_equal(DOMAIN, "<network><name>a</name></network>")
    with pytest.raises(UsageError, match="profile"):
        assert_domain_equal(DOMAIN, DOMAIN, profile="frob")


def test_the_plugin_gives_the_fixture_and_hides_its_own_lines(tmp_path):
    other = DOMAIN.replace("web", "db")
    test = f"def test_it(assert_domain_equal):\n    assert_domain_equal('''{other}''', '''{DOMAIN}''')\n"
    done = pytest_run(tmp_path, test)
    assert done.returncode == 1, done.stdout
    assert "name: web -> db" in done.stdout
    assert "asserts.py" not in done.stdout


def test_the_plugin_explains_elements_that_are_not_equal(tmp_path):
    test = (
        "from libvirtxml import parse\n"
        f"def test_it():\n    assert parse('''{DOMAIN.replace('web', 'db')}''') == parse('''{DOMAIN}''')\n"
    )
    done = pytest_run(tmp_path, test)
    assert "Domain == Domain" in done.stdout
    assert "name: web -> db" in done.stdout


def test_the_plugin_imports_nothing_of_the_library_before_it_is_used(tmp_path):
    test = (
        "import sys\n"
        "def test_it():\n"
        "    loaded = {name for name in sys.modules if name.startswith('libvirtxml')}\n"
        "    assert loaded == {'libvirtxml', 'libvirtxml.testing', 'libvirtxml.testing.pytest_plugin'}\n"
    )
    done = pytest_run(tmp_path, test)
    assert done.returncode == 0, done.stdout
