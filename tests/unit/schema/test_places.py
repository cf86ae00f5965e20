"""The order of fields where libvirt's is known but cannot be learned from documents."""

import re

from libvirtxml import Domain, Metadata, Perf

from virtsmith.schema.places import complete


def test_a_new_domain_has_its_head_in_libvirts_order() -> None:
    domain = Domain(
        type="qemu",
        perf=Perf(),
        title="t",
        metadata=Metadata(),
        description="d",
        on_crash="destroy",
        genid="",
        name="n",
    )
    tags = re.findall(r"<(\w+)", domain.to_xml())
    assert tags == ["domain", "name", "genid", "title", "description", "metadata", "on_crash", "perf"]


def test_what_was_learned_stays_around_known_places() -> None:
    assert complete({"/domain": ["name", "uuid", "pm", "devices"]})["/domain"] == [
        "name",
        "uuid",
        "hwuuid",
        "genid",
        "title",
        "description",
        "metadata",
        "pm",
        "perf",
        "devices",
    ]
