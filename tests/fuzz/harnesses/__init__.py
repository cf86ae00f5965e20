"""All harnesses. `fuzz.readers` finds what they must call in the source."""

from fuzz.harnesses import abi, ark, documents, host, po, values

HARNESSES = [
    *documents.HARNESSES,
    *values.HARNESSES,
    *host.HARNESSES,
    *ark.HARNESSES,
    *abi.HARNESSES,
    *po.HARNESSES,
]

NOT_FOREIGN = {
    "libvirtxml._impl.schema_validation:load_schema": "reads the schemas that libvirt installs, through lxml alone",
    "libvirtxml.live:load": "takes objects of libvirt-python; their documents go through parse",
    "virtsmith.abi.migrate.transfer:load_state": "gives a state to a QEMU, and reads none itself",
    "virtsmith.schema.lock:Lock.load": "reads a file that the project itself has written",
    "virtsmith.schema.facts:load": "reads a file that the project itself has written",
    "virtsmith.schema.pipeline:load_facts": "reads a file that the project itself has written",
    "virtsmith.schema.pipeline:load_order": "reads a file that the project itself has written",
    "virtsmith.qemu.machines:parse_types": "takes what QMP has decoded, as the harness of recordings does",
    "libvirtxml._impl.read:read_rest": "takes an element that parse has read",
}
"""Functions that are named like readers of foreign bytes and are none, with the reason."""
