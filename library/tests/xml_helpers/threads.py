"""Many threads that read shared documents: nobody may see a difference.

``python -m xml_helpers.threads [READS]`` runs it on any interpreter, without a test runner; free-threaded ones too.
"""

from __future__ import annotations

import copy
import gc
import itertools
import pickle
import sys
import threading

from libvirtxml import Domain, diff
from libvirtxml._impl.base import child_items
from libvirtxml._impl.tables import info_of

COMMENTED = (
    "<domain type='kvm'><name>a<!-- half --></name><devices><!-- one --><emulator>/q</emulator></devices></domain>"
)
UNKNOWN = """<domain type='kvm' new='1'><name>a</name><metadata><a:b xmlns:a='urn:a'><a:c/></a:b></metadata>
<devices><disk type='file'><target dev='vda'/></disk><odd><part/></odd>
<disk type='block'><target dev='vdb'/></disk></devices></domain>"""
MANY_DISKS = (
    "<domain type='kvm'><name>web</name><devices><emulator>/usr/bin/qemu</emulator>"
    + "".join(f"<disk type='file'><source file='/i/{i}'/><target dev='vd{i}'/></disk>" for i in range(6))
    + "<interface type='user'/><memballoon model='virtio'/></devices></domain>"
)


def look_at_all(element):
    """Read every field of an element and of those below it, also those that it does not have."""
    for name in info_of(type(element)).fields:
        getattr(element, name)
    for _, _, child in child_items(element):
        look_at_all(child)


def documents():
    """Texts of domains: with some disks, with comments and instructions beside values, and with unknown content."""
    return [MANY_DISKS, COMMENTED, UNKNOWN]


READINGS = (
    look_at_all,
    lambda domain: domain.to_xml(),
    lambda domain: domain.to_dict(),
    copy.deepcopy,
    lambda domain: pickle.loads(pickle.dumps(domain)),
    lambda domain: domain.replace(name="b"),
    lambda domain: domain == domain.replace(),
    repr,
    lambda domain: list(diff(domain, domain)),
    lambda domain: domain.problems(),
    lambda domain: domain.unknown(),
)


def read_together(reads, threads=8):
    """Read shared documents so many times from some threads at once; return what went wrong, each thing once."""
    texts = documents()
    shared = [Domain.parse(text) for text in texts]
    expected = [domain.to_xml() for domain in map(Domain.parse, texts)]
    answers = [[reading(domain) for reading in READINGS] for domain in map(Domain.parse, texts)]
    failures = set()
    barrier = threading.Barrier(threads)

    def read(first):
        turns = itertools.islice(itertools.cycle(range(len(READINGS))), first, first + reads // threads)
        barrier.wait()
        for count, turn in enumerate(turns):
            number = count % len(shared)
            if count % 500 == 0:
                shared[number] = Domain.parse(texts[number])  # all others look at a new one from here on
            domain = shared[number]
            try:
                if READINGS[turn](domain) != answers[number][turn]:
                    failures.add(f"reading {turn} of document {number} gives another answer")
                if count % 10 == 0 and domain.to_xml() != expected[number]:
                    failures.add(f"document {number} is written differently")
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is what we look for
                failures.add(f"reading {turn} of document {number}: {type(error).__name__}: {error}")

    workers = [threading.Thread(target=read, args=(number,)) for number in range(threads)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    return sorted(failures)


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    collecting = gc.isenabled()
    found = read_together(total)
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    lock = "a global lock" if locked else "no global lock"
    print(f"Python {sys.version.split()[0]}, {lock}: {total} reads, {len(found)} failures")
    print(*found, sep="\n")
    sys.exit(bool(found) or gc.isenabled() != collecting)
