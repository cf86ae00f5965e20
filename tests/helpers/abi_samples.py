"""Comparisons made by hand, for tests and benchmarks of reports."""

from libvirtxml.findings import Rule

from virtsmith.abi.dump.model import (
    Binary,
    Comparison,
    Difference,
    Dump,
    Impact,
    Load,
    LoadResult,
    Section,
    SectionStatus,
)

RULES = [
    Rule("ABI-TEST-QUEUE", "Queues shrink", "saved state does not fit", "keep the old queue size"),
    Rule("ABI-TEST-PROPERTY", "A property changed", "the guest sees it", "set it"),
    Rule("ABI-TEST-NOISE", "Another representation", "nobody sees it", ""),
]
IMPACT_OF = {"ABI-TEST-QUEUE": Impact.BREAK, "ABI-TEST-PROPERTY": Impact.GUEST, "ABI-TEST-NOISE": Impact.NOISE}
EVIL = "</script><img src=x onerror=alert(1)>"


def make_binary(version, source="live"):
    digest = "".join(f"{ord(char):02x}" for char in version + source)
    return Binary(version, f"sample {version}", digest.ljust(64, "0"), source)


def make_difference(rule, place="net0/queues/0", old=1024, new=256):
    section, *path = f"virtio/{place}".split("/")
    return Difference(section, tuple(path), old, new, IMPACT_OF[rule], rule, f"because {rule}")


def make_load(a, b, machine, result=LoadResult.OK, **more):
    return Load(machine, "probe", "tcg", a.key, b.key, booted=False, result=result, **more)


def make_comparison(machine, a, b, differences=(), **more):
    return Comparison(machine, "probe", "tcg", a, b, list(differences), **more)


def make_list(binary, machines):
    """A dump of a binary itself that lists machine types: name to reason of deprecation, or None."""
    data = {name: ({"deprecated": True, "deprecation-reason": why} if why else {}) for name, why in machines.items()}
    return Dump(binary, None, "", "tcg", {"machines": Section(SectionStatus.OK, data)})


def make_story():
    """Three binaries, three machine types: a break, a visible change that nothing hides, and nothing at all."""
    old, middle, new = (make_binary(version) for version in ("7.2.0", "10.0.13", "11.1.3"))
    broken = make_load(middle, new, "pc-q35-7.2", LoadResult.FAILED, device="net0", error=f"VQ 0 {EVIL}")
    comparisons = [
        make_comparison("pc-q35-7.2", old, middle, [make_difference("ABI-TEST-PROPERTY", "pvpanic/events", 3, 7)]),
        make_comparison(
            "pc-q35-7.2",
            middle,
            new,
            [make_difference("ABI-TEST-QUEUE"), make_difference("ABI-TEST-NOISE", EVIL)],
            loads=[broken, make_load(new, middle, "pc-q35-7.2")],
        ),
        make_comparison("pc-q35-7.2", old, new),
        make_comparison("pc-i440fx-7.2", old, middle, unjudged={"vmstate": "crashed in 7.2.0"}),
        make_comparison("pc-q35-10.0", middle, new, [make_difference("ABI-TEST-NOISE", "rng/rombar", "1", "-1")]),
    ]
    lists = [
        make_list(make_binary("2.5.0", "replies"), {"pc-q35-2.4": None}),
        make_list(old, {"pc-q35-7.2": None, "pc-i440fx-7.2": None}),
        make_list(new, {"pc-q35-7.2": "too old", "pc-q35-10.0": None}),
    ]
    return comparisons, lists
