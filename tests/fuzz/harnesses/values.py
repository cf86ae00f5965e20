"""Values, paths and requests: short texts from command lines and from within documents."""

from __future__ import annotations

from libvirtxml._impl.paths import parse_path
from libvirtxml._impl.paths.dotted import parse_dotted
from libvirtxml._impl.paths.xpath import parse_xpath
from libvirtxml.acceptance import since
from libvirtxml.limits import Limits
from libvirtxml.releases import parse_ranges
from libvirtxml.values import MAC, CPUSet, parse_integer, parse_size
from libvirtxml.versions import Version, VersionRange

from fuzz.harness import Harness, text
from virtsmith.abi.dump.layout import StreamField
from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.archive.relations import parse_depends
from virtsmith.ark.catalogue.targets import parse_versions
from virtsmith.ark.requests import VersionRequest, parse_selection
from virtsmith.host.spec.quantities import parse_cpus, parse_kib, parse_mac
from virtsmith.po.check.cformat import FormatInvalid, parse_c_format
from virtsmith.po.flags import parse_flags
from virtsmith.po.sources.python import parse_keyword
from virtsmith.po.sources.settings import parse_options
from virtsmith.qemu.version import parse_banner

_RELEASES = ["1.2.0", "1.2.1", "2.0.0", "9.0.0", "10.1.0"]


def _version(words: str) -> None:
    assert Version.parse(words) == Version.parse(words)
    assert upstream_of(words) is not None


def _package_version(words: str) -> None:
    assert version_key(words) == version_key(words)


def _integer(words: str) -> None:
    for base in (0, 8, 10, 16):
        assert parse_integer(words, base) is None or isinstance(parse_integer(words, base), int)


HARNESSES = [
    Harness(
        "path", text(parse_path), [b"devices.disks[0].source.file", b"/domain/devices/disk[target/@dev='vda']/@type"]
    ),
    Harness("dotted path", text(parse_dotted), [b"devices.disks[target.dev=vda][1].source", b"a[b='c d'].e[*]"]),
    Harness("xpath", text(parse_xpath), [b"/domain/devices/disk[2]/source/@file", b"/a/b[c/@d='e'][1]", b"/a/*/b"]),
    Harness("since", text(since), [b"devices.tpms.backend.type=external", b"/domain/os/@firmware='efi'"]),
    Harness(
        "releases",
        text(lambda words: parse_ranges(words, _RELEASES)),
        [b"1.2.0-2.0.0 10.1.0-", b"9.0.0"],
        (ValueError,),
    ),
    Harness("limits", text(Limits.parse), [b"size=1G,nodes=none", b"none"]),
    Harness("integer", text(_integer), [b"0x1f", b"017", b"-12", b" 4 "]),
    Harness("size", text(parse_size), [b"4GiB", b"15 MB", b"512 bytes"], (ValueError,)),
    Harness("CPU set", text(CPUSet), [b"0-3,^2,8", b"1"], (ValueError,)),
    Harness("address", text(MAC), [b"52:54:00:0a:0b:0c"], (ValueError,)),
    Harness("version", text(_version), [b"9.0.0", b"10", b"7.2.1"]),
    Harness("version range", text(VersionRange.parse), [b"9..11", b"7..", b"..8", b"9.0"]),
    Harness("version request", text(VersionRequest.parse), [b"qemu@7.2", b"libvirt@9..11", b"qemu@debian:sid"]),
    Harness("version selection", text(parse_selection), [b"7..,9.0", b"9..11"]),
    Harness("package version", text(_package_version), [b"1:7.2+dfsg-7+deb12u18+b3", b"2.9~rc1", b"0"]),
    Harness("dependencies", text(parse_depends), [b"a (>= 1) | b, c:any [amd64] <!nocheck>", b"libc6 (>= 2.36)"]),
    Harness("versions of a target", text(parse_versions), [b"libvirt=8.0,qemu=6.2", b"qemu=7"]),
    Harness("size of memory", text(parse_kib), [b"4GiB", b"512 MiB"], (ValueError,)),
    Harness("CPU list", text(parse_cpus), [b"0-3,8", b"1,2"], (ValueError,)),
    Harness("MAC of a spec", text(parse_mac), [b"52:54:00:0a:0b:0c"], (ValueError,)),
    Harness("stream field", text(StreamField.parse), [b"irq_state 4*4 v2 ?", b"a 8"], (ValueError,)),
    Harness(
        "banner",
        text(parse_banner),
        [b"QEMU emulator version 7.2.1 (Debian 1:7.2+dfsg-7)", b"libvirtd (libvirt) 9.0.0"],
    ),
    Harness(
        "C format",
        lambda data: parse_c_format(data, translated=True),
        [b"%d of %-5.2lf%%", b"%2$s %1$d", b"%m%n"],
        (FormatInvalid,),
    ),
    Harness("flags", text(parse_flags), [b"fuzzy, c-format, range: 1..2"]),
    Harness("keyword", text(parse_keyword), [b"ngettext:1,2", b"pgettext:1c,2", b"_"]),
    Harness(
        "xgettext options",
        text(lambda words: parse_options(words.split())),
        [b"--keyword=N_ --add-comments --from-code UTF-8"],
    ),
]
