"""Shapes of what the tools read: catalogues, specs, facts about machines, package indexes, recordings and dumps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks.growth.measure import Call, Shape
from virtsmith.abi.collect.memory import parse_blocks, parse_views
from virtsmith.abi.collect.smbios import parse_tables
from virtsmith.abi.diff.allow_file import parse_allowances
from virtsmith.abi.dump.model import Binary, Dump, Section, SectionStatus
from virtsmith.abi.dump.store import dump_text, parse_dump
from virtsmith.abi.machine.qtree import parse_qtree
from virtsmith.abi.sources.replay import parse_recording
from virtsmith.ark.archive.debversion import version_key
from virtsmith.ark.archive.index import Index, trim
from virtsmith.ark.archive.relations import parse_depends
from virtsmith.ark.catalogue.snapshots import parse_changelog
from virtsmith.ark.catalogue.table import parse_table
from virtsmith.ark.catalogue.targets import parse_targets
from virtsmith.core.toml import parse_toml
from virtsmith.host.facts.model import parse_facts
from virtsmith.host.facts.parsers.capabilities import parse_capabilities
from virtsmith.host.facts.parsers.dmesg import parse_dmesg
from virtsmith.host.facts.parsers.guess import parse_any
from virtsmith.host.facts.parsers.hwloc import parse_hwloc
from virtsmith.host.facts.parsers.lscpu import parse_lscpu
from virtsmith.host.facts.parsers.lspci import parse_lspci_tree
from virtsmith.host.facts.parsers.lstopo import parse_lstopo
from virtsmith.host.facts.parsers.nodedev import parse_nodedev_tree, parse_nodedev_xml
from virtsmith.host.facts.parsers.numactl import parse_numactl
from virtsmith.host.plan.load import parse_plan
from virtsmith.host.spec.reader import parse_spec
from virtsmith.po.catalogue import parse_catalogue, parse_fully, parse_versions
from virtsmith.po.mo import compile_catalogue

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def _text(read: Callable[..., Any], text: Callable[[int], str], *more: Any) -> Callable[[int], Call]:
    def make(n: int) -> Call:
        source = text(n)
        return lambda: read(source, *more)

    return make


def _data(read: Callable[..., Any], text: Callable[[int], str], *more: Any) -> Callable[[int], Call]:
    return _text(lambda source, *rest: read(source.encode(), *rest), text, *more)


def _catalogue(what: str) -> Callable[[int], str]:
    shapes: dict[str, Callable[[int], str]] = {
        "messages": lambda n: HEADER + "".join(f'msgid "m{i}"\nmsgstr "t{i}"\n\n' for i in range(n)),
        "the same message again": lambda n: HEADER + 'msgid "m"\nmsgstr "t"\n\n' * n,
        "lines of one message": lambda n: HEADER + 'msgid ""\n' + '"a"\n' * n + 'msgstr ""\n' + '"b"\n' * n,
        "comments": lambda n: HEADER + "# a remark\n#: a.c:1\n#, fuzzy\n" * n + 'msgid "m"\nmsgstr "t"\n',
        "obsolete messages": lambda n: HEADER + "".join(f'#~ msgid "m{i}"\n#~ msgstr "t"\n\n' for i in range(n)),
        "blanks in a comment": lambda n: HEADER + "# File:" + " " * n + '\nmsgid "m"\nmsgstr "t"\n',
        "backslashes": lambda n: HEADER + 'msgid "' + "\\\\" * n + '"\nmsgstr ""\n',
        "quotes": lambda n: HEADER + 'msgid "m"\nmsgstr ' + '"' * n + "\n",
        "plural forms": lambda n: (
            HEADER + 'msgid "m"\nmsgid_plural "p"\n' + "".join(f'msgstr[{i}] "t"\n' for i in range(n))
        ),
    }
    return shapes[what]


_PO = ("messages", "the same message again", "lines of one message", "comments", "obsolete messages",
       "blanks in a comment", "backslashes", "quotes", "plural forms")  # fmt: skip


def _index(n: int) -> str:
    return "".join(
        f"Package: p{i}\nVersion: 1\nFilename: f\nSize: 1\nSHA256: {'0' * 64}\nProvides: q\nDepends: p{i - 1}\n\n"
        for i in range(n)
    )


def _read_index(text: str) -> object:
    index = Index("suite", [(trim(text.encode()), "base")])
    return [list(index.iter_matching(relation)) for (relation,) in parse_depends("p1, q")]


def _compile(text: str) -> object:
    return compile_catalogue(parse_catalogue(text.encode()))


_NODE = '[[node]]\ncpus = 1\nmemory = "1 GiB"\n'
_SPEC = 'name = "a"\n{}{}'
_RELEASES = "app,version,date,format,url,sha256,key,build,patches,release,state,note\n"
_RELEASE = "libvirt,{}.0.0,2013-12-02,,https://example.org/,,,autotools,,1,,\n"
_TARGETS = "distribution,release,codename,released,eol,extended,libvirt,qemu,machine,types,checked,source\n"
_VERSION = '{"execute": "query-version"}\n\n{"return": {"qemu": {"major": 7, "minor": 2, "micro": 0}}}\n\n'


def _dump(n: int) -> str:
    section = Section(SectionStatus.OK, {str(i): i for i in range(n)}, "")
    return dump_text(Dump(Binary("7.2.0", "", "0" * 64), "pc-q35-7.2", "default", "tcg", {"memory": section}))


def _facts(n: int) -> str:
    plain = {"parent": "", "vendor": "0x1", "device": "0x2", "numa_node": "0", "iommu_group": "1", "class": "0x3"}
    devices = [{"addr": f"{i >> 13:04x}:{i >> 5 & 255:02x}:{i & 31:02x}.0", **plain} for i in range(n)]
    return json.dumps({"schema": 1, "nodes": [], "pci": devices, "log": ["x"] * n})


def _parse_twice(data: bytes) -> object:
    return parse_versions((data, data.replace(b"eins", b"zwei")))


SHAPES = [
    *(
        Shape(
            f"PO: {what}",
            ("po/catalogue.py:parse_catalogue", "po/fast.py:scan"),
            3000,
            _data(parse_catalogue, _catalogue(what)),
        )
        for what in _PO
    ),
    *(
        Shape(
            f"PO, two versions: {what}",
            ("po/catalogue.py:parse_versions",),
            2000,
            _data(_parse_twice, _catalogue(what)),
        )
        for what in _PO
    ),
    *(
        Shape(
            f"PO, in full: {what}",
            ("po/catalogue.py:parse_fully", "po/reader.py:parse"),
            1000,
            _data(parse_fully, _catalogue(what)),
        )
        for what in _PO
    ),
    Shape("MO: messages", (), 2000, _text(_compile, _catalogue("messages"))),
    Shape(
        "TOML: keys",
        ("core/toml.py:parse_toml",),
        2000,
        _text(parse_toml, lambda n: "".join(f"a{i} = 1\n" for i in range(n)), "a"),
    ),
    Shape(
        "TOML: places of keys",
        (),
        300,
        _text(lambda text: parse_toml(text, "a").offsets, lambda n: "".join(f"a{i} = [1, 2]\n" for i in range(n))),
    ),
    Shape("TOML: tables", (), 1000, _text(lambda text: parse_toml(text, "a").offsets, lambda n: "[[a]]\nb = 1\n" * n)),
    Shape("TOML: a dotted key", (), 100, _text(parse_toml, lambda n: ".".join("a" * n) + " = 1\n", "a")),
    Shape("TOML: brackets", (), 2000, _text(parse_toml, lambda n: "a = " + "[" * n, "a")),
    Shape(
        "spec: unknown keys",
        ("host/spec/reader.py:parse_spec",),
        300,
        _text(parse_spec, lambda n: _SPEC.format("".join(f"a{i} = 1\n" for i in range(n)), _NODE)),
    ),
    Shape(
        "spec: nodes",
        ("host/plan/load.py:parse_plan",),
        4,
        _text(parse_plan, lambda n: _SPEC.format("", _NODE * n)),
    ),
    Shape(
        "numactl: nodes",
        ("host/facts/parsers/numactl.py:parse_numactl",),
        2000,
        _text(
            parse_numactl,
            lambda n: (
                "available: 1 nodes (0)\n" + "".join(f"node {i} cpus: {i}\nnode {i} size: 1 MB\n" for i in range(n))
            ),
        ),
    ),
    Shape(
        "lscpu: CPUs",
        ("host/facts/parsers/lscpu.py:parse_lscpu",),
        2000,
        _text(
            parse_lscpu,
            lambda n: json.dumps(
                {"cpus": [{"cpu": str(i), "socket": "0", "core": str(i), "node": "0"} for i in range(n)]}
            ),
        ),
    ),
    Shape(
        "lscpu: nested fields",
        (),
        40,
        _text(
            parse_lscpu, lambda n: '{"lscpu": ' + '[{"field": "a", "data": "", "children": ' * n + "[]" + "}]" * n + "}"
        ),
    ),
    Shape(
        "lspci: functions",
        ("host/facts/parsers/lspci.py:parse_lspci_tree",),
        1000,
        _text(parse_lspci_tree, lambda n: "-[0000:00]-+-00.0\n" + "           +-1f.0\n" * n),
    ),
    Shape(
        "lspci: bridges in bridges",
        (),
        100,
        _text(parse_lspci_tree, lambda n: "-[0000:00]-" + "+-01.0-[01]-" * n + "-00.0\n"),
    ),
    Shape("lspci: bars", (), 2000, _text(parse_lspci_tree, lambda n: "-[0000:00]-+-00.0\n" + " |" * n + "+-1f.0\n")),
    Shape(
        "lstopo: CPUs",
        ("host/facts/parsers/lstopo.py:parse_lstopo",),
        2000,
        _text(
            parse_lstopo,
            lambda n: "Machine (1GB total)\n  NUMANode P#0 (1GB)\n" + "".join(f"    PU P#{i}\n" for i in range(n)),
        ),
    ),
    Shape(
        "hwloc: objects",
        ("host/facts/parsers/hwloc.py:parse_hwloc",),
        1000,
        _text(
            parse_hwloc,
            lambda n: (
                "<topology><object type='Machine'>"
                "<object type='NUMANode' os_index='0' cpuset='0x1' local_memory='1'/>"
                + "".join(f"<object type='PU' os_index='{i}'/>" for i in range(n))
                + "</object></topology>"
            ),
        ),
    ),
    Shape(
        "hwloc: nested",
        (),
        40,
        _text(
            parse_hwloc,
            lambda n: (
                "<topology><object type='NUMANode' os_index='0' cpuset='0x1' local_memory='1'/>"
                + "<object type='Core' os_index='0'>" * n
                + "<object type='PU' os_index='0'/>"
                + "</object>" * n
                + "</topology>"
            ),
        ),
    ),
    Shape(
        "capabilities: CPUs",
        ("host/facts/parsers/capabilities.py:parse_capabilities",),
        1000,
        _text(
            parse_capabilities,
            lambda n: (
                "<topology><cells><cell id='0'><cpus>"
                + "".join(f"<cpu id='{i}' socket_id='0' die_id='0' core_id='{i}'/>" for i in range(n))
                + "</cpus></cell></cells></topology>"
            ),
        ),
    ),
    Shape(
        "capabilities: cells",
        (),
        500,
        _text(
            parse_capabilities, lambda n: "<topology>" + "".join(f"<cell id='{i}'/>" for i in range(n)) + "</topology>"
        ),
    ),
    Shape(
        "dmesg: groups",
        ("host/facts/parsers/dmesg.py:parse_dmesg",),
        2000,
        _text(parse_dmesg, lambda n: "pci 0000:00:00.0: Adding to iommu group 1\nDMAR: x\n" * n),
    ),
    Shape(
        "nodedev: tree",
        ("host/facts/parsers/nodedev.py:parse_nodedev_tree",),
        1000,
        _text(parse_nodedev_tree, lambda n: "computer\n" + "  +- pci_0000_00_00_0\n" * n),
    ),
    Shape(
        "nodedev: deep tree",
        (),
        100,
        _text(
            parse_nodedev_tree,
            lambda n: "computer\n" + "".join(f"{'  ' * i}+- pci_0000_00_{i % 32:02x}_0\n" for i in range(n)),
        ),
    ),
    Shape(
        "nodedev: XML",
        ("host/facts/parsers/nodedev.py:parse_nodedev_xml",),
        100,
        _text(
            parse_nodedev_xml,
            lambda n: "".join(
                f"<device><name>pci_0000_00_{i % 32:02x}_0</name><capability type='pci'>"
                f"<domain>0</domain><bus>0</bus><slot>{i % 32}</slot><function>0</function></capability></device>"
                for i in range(n)
            ),
        ),
    ),
    Shape(
        "any output of a tool",
        ("host/facts/parsers/guess.py:parse_any",),
        20_000,
        _data(parse_any, lambda n: "\n<?xml " * n, "a"),
    ),
    Shape("any output of a tool: blanks", (), 20_000, _data(parse_any, lambda n: " \n" * n, "a")),
    Shape(
        "facts of the probe",
        ("host/facts/model.py:parse_facts",),
        2000,
        _data(parse_facts, lambda n: f"BEGIN {'0' * 32} 9\n" * n, "a"),
    ),
    Shape("facts of the probe: devices", (), 500, _data(parse_facts, _facts, "a")),
    Shape("Debian: an index", (), 1000, _text(_read_index, _index)),
    Shape(
        "Debian: relations",
        ("ark/archive/relations.py:parse_depends",),
        1000,
        _text(parse_depends, lambda n: "a (>= 1) | b, " * n),
    ),
    Shape("Debian: blanks in a relation", (), 2000, _text(parse_depends, lambda n: "a" + " " * n + "!")),
    Shape(
        "Debian: a changelog",
        ("ark/catalogue/snapshots.py:parse_changelog",),
        1000,
        _text(
            lambda text: list(parse_changelog(text)), lambda n: "q (1-1) unstable;\n -- a <a> " + "> " * n + "\n" * n
        ),
    ),
    Shape("Debian: a version", (), 1000, _text(version_key.__wrapped__, lambda n: "1a" * n)),
    Shape("Debian: digits of a version", (), 500, _text(version_key.__wrapped__, lambda n: "1" * n)),
    Shape(
        "releases",
        ("ark/catalogue/table.py:parse_table",),
        500,
        _text(parse_table, lambda n: _RELEASES + "".join(_RELEASE.format(i) for i in range(n)), "a"),
    ),
    Shape(
        "targets",
        ("ark/catalogue/targets.py:parse_targets",),
        500,
        _text(parse_targets, lambda n: _TARGETS + "".join(f"a{i},1,,,,,10.0.0,9.1.0,,own,,b\n" for i in range(n)), "a"),
    ),
    Shape(
        "recording: answers",
        ("abi/sources/replay.py:parse_recording",),
        1000,
        _data(parse_recording, lambda n: _VERSION + '{"execute": "a"}\n\n{"return": {}}\n\n' * n, "a"),
    ),
    Shape("recording: brackets", (), 5000, _data(parse_recording, lambda n: "{" * n, "a")),
    Shape(
        "recording: one long answer",
        (),
        5000,
        _data(parse_recording, lambda n: _VERSION + '{"execute": "a"}\n\n{"return": [' + "1,\n" * n + "1]}\n", "a"),
    ),
    Shape(
        "dump: facts",
        ("abi/dump/store.py:parse_dump",),
        5000,
        _text(parse_dump, _dump, "a"),
    ),
    Shape(
        "qtree: devices",
        ("abi/machine/qtree.py:parse_qtree",),
        1000,
        _text(parse_qtree, lambda n: "bus: main\n  type System\n" + '  dev: a, id "b"\n    addr = 1\n' * n),
    ),
    Shape(
        "qtree: nested",
        (),
        60,
        _text(
            parse_qtree,
            lambda n: "".join(
                f'{"    " * i}bus: b\n{"    " * i}  type T\n{"    " * i}  dev: a, id "b"\n' for i in range(n)
            ),
        ),
        "the text itself grows with the square of its depth",
    ),
    Shape(
        "memory: views",
        ("abi/collect/memory.py:parse_views",),
        1000,
        _text(
            parse_views,
            lambda n: (
                (
                    '\nFlatView #0\n AS "cpu-memory-0", root: system\n Root memory region: system\n'
                    "  0000000000000000-000000000000ffff (prio 0, ram): pc.ram\n"
                )
                * n
            ),
        ),
    ),
    Shape(
        "memory: blocks",
        ("abi/collect/memory.py:parse_blocks",),
        2000,
        _text(parse_blocks, lambda n: "a  4 KiB  0x0000000000000000 0x0000000000000001 0x0000000000000001\n" * n),
    ),
    Shape(
        "SMBIOS: tables",
        ("abi/collect/smbios.py:parse_tables",),
        2000,
        _text(lambda text: parse_tables(text.encode("latin-1")), lambda n: "\x01\x04\x00\x00a\0\0" * n),
    ),
    Shape(
        "allowances",
        ("abi/diff/allow_file.py:parse_allowances",),
        300,
        _text(parse_allowances, lambda n: '[[allow]]\npath = "a.**"\nreason = "b"\n' * n, "a"),
    ),
]
