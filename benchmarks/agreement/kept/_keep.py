"""Definitions by libvirt, in a Python that has its bindings: documents in, what libvirt keeps of them out.

Each line of standard input is a ``<domain>`` as JSON, each line of standard output the definition that libvirt stored,
as JSON: null if it refuses the domain. Nothing stays defined.
"""

import json
import sys

import libvirt


def main(uri: str) -> None:
    libvirt.registerErrorHandler(lambda *_: None, None)
    connection = libvirt.open(uri)
    for domain in connection.listAllDomains():  # the test driver has one from the beginning
        domain.destroy()
        domain.undefine()
    print(json.dumps(connection.getLibVersion()), flush=True)
    for line in sys.stdin:
        answer = None
        try:
            domain = connection.defineXML(json.loads(line))
            answer = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE)
            domain.undefine()
        except libvirt.libvirtError:
            pass
        if not connection.isAlive():
            return  # the daemon crashed: no answer
        print(json.dumps(answer), flush=True)


main(*sys.argv[1:])
