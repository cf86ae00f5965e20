"""Answers for ``judge.py``, in a Python that has libvirt's bindings: pairs of domains in, what libvirt objects to out.

Each line of standard input is a JSON list of two ``<domain>`` documents, each line of standard output the JSON of the
answer: null if libvirt cannot read one of them, an empty string if the second may replace the first, or the objection.
The check is ``virDomainDefCheckABIStability``, which libvirt runs before it restores, migrates or reverts a guest;
its test driver runs it when a snapshot is defined again with another domain, without any hypervisor.
"""

import json
import sys
from typing import Any

import libvirt

_SUBJECT = """<domain type='test'><name>subject</name><uuid>{}</uuid><memory>8192</memory><vcpu>1</vcpu>
<os><type arch='i686'>hvm</type></os></domain>"""
_SNAPSHOT = "<domainsnapshot><name>{}</name><creationTime>1</creationTime><state>shutoff</state>{}</domainsnapshot>"


def main(uri: str, uuid: str) -> None:
    libvirt.registerErrorHandler(lambda *_: None, None)
    connection = libvirt.open(uri)
    subject = connection.defineXML(_SUBJECT.format(uuid))
    print(json.dumps(connection.getLibVersion()), flush=True)
    last = None
    for line in sys.stdin:
        first, second = json.loads(line)
        if first != last:
            last = first if _error(subject, "first", first) is None else None
        answer = None
        if last is not None and _error(subject, "second", second) is None:
            answer = _error(subject, "first", second) or ""
            if not answer:
                last = None  # it has replaced the first
        if not connection.isAlive():
            return  # the daemon crashed: no answer
        for snapshot in subject.listAllSnapshots():
            if last is None or snapshot.getName() != "first":
                snapshot.delete()
        print(json.dumps(answer), flush=True)


def _error(subject: Any, name: str, document: str) -> str | None:
    try:
        subject.snapshotCreateXML(_SNAPSHOT.format(name, document), libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)
    except libvirt.libvirtError as error:
        return str(error)
    return None


main(*sys.argv[1:])
