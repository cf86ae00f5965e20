"""Comments and processing instructions inside of values: read past, kept, and no difference."""

import re
import shutil
import subprocess

import libvirtxml
import pytest
from libvirtxml import Domain, diff, edit
from libvirtxml._impl.edit.change import apply

TEXT = """<domain type='test'>
  <name>a<!-- half -->b</name>
  <uuid><!-- made up -->8c8d8c8d-0000-0000-0000-000000000000</uuid>
  <title>a<![CDATA[<b>]]>c<?odd thing?></title>
  <memory unit='KiB'>81<!-- 8 MiB -->92<!-- no more --></memory>
  <vcpu placement='static'><!-- one -->1</vcpu>
  <os>
    <type arch='x86_64'>hvm<!-- full --></type>
  </os>
</domain>
"""
PLAIN = re.sub(r"<!--.*?-->|<\?.*?\?>", "", TEXT)


def test_a_value_is_the_text_around_its_comments():
    domain = Domain.parse(TEXT)
    assert (domain.name, domain.title, domain.memory.value, domain.vcpu.value) == ("ab", "a<b>c", 8192, 1)
    assert (domain.uuid, domain.os.type.value) == ("8c8d8c8d-0000-0000-0000-000000000000", "hvm")
    assert domain.problems() == domain.unknown() == []


def test_comments_are_no_difference():
    assert Domain.parse(TEXT) == Domain.parse(PLAIN)
    assert list(diff(TEXT, PLAIN)) == []


def test_they_are_kept_in_every_form():
    domain = Domain.parse(TEXT)
    expected = TEXT.replace("a<![CDATA[<b>]]>c", "a&lt;b&gt;c")
    assert domain.to_xml() == expected
    assert Domain.from_json(domain.to_json()).to_xml() == expected
    names = {name: getattr(libvirtxml, name) for name in dir(libvirtxml)}
    assert eval(domain.to_python(), names).to_xml() == expected


def test_a_value_that_is_changed_keeps_its_comments_behind_it():
    domain = Domain.parse(TEXT)
    domain.memory.resize(16 << 20)
    domain.name = "other"
    assert "<memory unit='KiB'>16384<!-- 8 MiB --><!-- no more --></memory>" in domain.to_xml()
    assert "<name>other<!-- half --></name>" in domain.to_xml()
    assert Domain.parse(domain.to_xml()) == domain


def test_an_edit_leaves_them_where_they_are():
    change = edit(TEXT)
    apply(change.document, set=[("memory", "16MiB"), ("vcpu", "3"), ("name", "other")])
    expected = TEXT.replace("'KiB'>81<!-- 8 MiB -->92<", "'MiB'>16<!-- 8 MiB --><")
    expected = expected.replace("<!-- one -->1<", "<!-- one -->3<").replace("a<!-- half -->b", "other<!-- half -->")
    assert change.finish() == expected


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("virsh"), reason="libvirt's virsh is not installed")
def test_libvirt_reads_the_same():
    command = ["virsh", "-q", "-c", "test:///default", "define /dev/stdin; dumpxml ab"]
    shown = subprocess.run(command, input=TEXT, capture_output=True, text=True, check=False, timeout=60).stdout
    theirs, ours = Domain.parse(shown[shown.index("<domain") :].encode()), Domain.parse(TEXT)
    for field in ("name", "uuid", "title", "memory", "vcpu"):
        assert getattr(theirs, field) == getattr(ours, field)
