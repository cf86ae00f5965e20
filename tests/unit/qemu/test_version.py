"""Every way in which a QEMU says which release it is, and the commands that must understand all of them alike."""

import pytest
from libvirtxml.versions import Version

from virtsmith.abi.sources.binary import of_program
from virtsmith.ark.layout import Ark
from virtsmith.qemu.version import NotQemu, Release, parse_banner, qemu_release

BANNERS = [
    ("QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)", "10.0.13", "Debian 1:10.0.13+ds-0+deb13u1"),
    ("QEMU emulator version 2.11.1(Debian 1:2.11+dfsg-1ubuntu7.42)", "2.11.1", "Debian 1:2.11+dfsg-1ubuntu7.42"),
    ("QEMU emulator version 9.0.50 (v9.0.0-1234-g0abcdef)", "9.0.50", "v9.0.0-1234-g0abcdef"),
    ("QEMU emulator version 8.2.0\nCopyright (c) 2003-2023 Fabrice Bellard", "8.2.0", ""),
    ("QEMU emulator version 1.5.3 (qemu-kvm-1.5.3-156.el7_5.5), Copyright", "1.5.3", "qemu-kvm-1.5.3-156.el7_5.5"),
    ("QEMU emulator version 2.12.0 (qemu-kvm-ev-2.12.0-44.1.el7)", "2.12.0", "qemu-kvm-ev-2.12.0-44.1.el7"),
    ("QEMU PC emulator version 0.12.1 (qemu-kvm-0.12.1.2-2.506.el6)", "0.12.1", "qemu-kvm-0.12.1.2-2.506.el6"),
    ("QEMU PC emulator version 1.5.3, Copyright (c) 2003-2008 Fabrice Bellard", "1.5.3", ""),
]


def program(tmp_path, answer):
    path = tmp_path / "qemu-of-somebody"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("banner", "version", "package"), BANNERS)
def test_each_spelling_is_understood(banner, version, package):
    assert parse_banner(f"warning: something\n{banner}\n") == Release(version, package)


@pytest.mark.parametrize("answer", ["", "qemu-img version 8.2.0", "virtsmith, version 1.0", "QEMU emulator version x"])
def test_another_program_is_refused_with_its_own_words(tmp_path, answer):
    assert parse_banner(answer) is None
    with pytest.raises(NotQemu, match=f"is not a QEMU: it calls itself {answer or 'nothing'}"):
        qemu_release(program(tmp_path, answer))


@pytest.mark.parametrize(("banner", "version", "package"), BANNERS)
def test_an_abi_source_and_a_number_to_compare_come_of_the_same_reading(tmp_path, banner, version, package):
    path = program(tmp_path, banner)
    binary = of_program(path, Ark(tmp_path / "ark")).binary
    assert (binary.version, binary.package) == (version, package)
    assert qemu_release(path).number == Version.parse(version)
