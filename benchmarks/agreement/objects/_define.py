"""Definitions by libvirt, in a Python that has its bindings: documents in, what libvirt objects to out.

Each line of standard input is a document as JSON, each line of standard output what libvirt objects to, as JSON: an
empty string if it defines the document, null if it could not judge it. Nothing stays defined.
"""

import json
import sys

import libvirt

POOL = "<pool type='dir'><name>agreement</name><target><path>/agreement</path></target></pool>"
UNJUDGED = ("Not enough free space", "already exists", "already in use")
"""What libvirt says of its own state and not of the document."""


def volume(connection: libvirt.virConnect, text: str) -> libvirt.virStorageVol:
    pool = connection.listAllStoragePools()[0] if connection.numOfStoragePools() else None
    if pool is None:
        pool = connection.storagePoolDefineXML(POOL)
        pool.create()
    return pool.createXML(text)


DEFINE = {
    "network": lambda connection, text: connection.networkDefineXML(text).undefine(),
    "pool": lambda connection, text: connection.storagePoolDefineXML(text).undefine(),
    "secret": lambda connection, text: connection.secretDefineXML(text).undefine(),
    "filter": lambda connection, text: connection.nwfilterDefineXML(text).undefine(),
    "interface": lambda connection, text: connection.interfaceDefineXML(text).undefine(),
    "volume": lambda connection, text: volume(connection, text).delete(),
}


def main(uri: str, kind: str) -> None:
    libvirt.registerErrorHandler(lambda *_: None, None)
    connection = libvirt.open(uri)
    print(json.dumps(connection.getLibVersion()), flush=True)
    for line in sys.stdin:
        answer = ""
        try:
            DEFINE[kind](connection, json.loads(line))
        except libvirt.libvirtError as error:
            answer = str(error)
            if any(words in answer for words in UNJUDGED):
                answer = None
        if not connection.isAlive():
            return  # the daemon crashed: no answer
        print(json.dumps(answer), flush=True)


main(*sys.argv[1:])
