"""Files that hold a document of libvirt, and are none themselves.

libvirtd keeps running domains in ``<domstatus>`` files below ``/run/libvirt``, sends one in the cookie of a migration,
and puts one at the head of the images that ``virsh save`` and ``virsh managedsave`` make. Snapshots and checkpoints
are documents of their own and hold a domain as well; and people have domains in whatever else: in elements of their
own, or in a log.

All that reads documents reads such files too, and means what is inside. This module is for those who write them.

Example:
    >>> from libvirtxml.containers import open_container
    >>> held = open_container("<domstatus state='running'><domain type='kvm'><name>web</name></domain></domstatus>")
    >>> held.path
    '/domstatus/domain'
    >>> held.text
    "<domain type='kvm'><name>web</name></domain>"
    >>> held.holding("<domain type='qemu'/>")
    "<domstatus state='running'><domain type='qemu'/></domstatus>"
"""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.containers import Container, SaveImage, TextContainer, container_of
from libvirtxml._impl.sources import read_source
from libvirtxml.errors import XMLError

__all__ = ["Container", "SaveImage", "TextContainer", "document_in", "open_container"]


def open_container(source: Any, tag: str = "") -> Container | None:
    """Find the document that a file holds; None if the file is itself a document, or a part of one, or holds none.

    Args:
        source: whatever `libvirtxml.parse` takes; images of saved domains are read whole.
        tag: the root element of the document that is wanted, if only one kind is: ``domain`` is then also found in
            snapshots and checkpoints.

    Raises:
        XMLError: it cannot be read, or holds several domains.
    """
    data, name = read_source(source, with_memory=True)
    try:
        return container_of(data, tag)
    except XMLError as error:
        raise error.with_source(name) from error


def document_in(data: bytes, tag: str = "") -> bytes:
    """The document that a file holds, or the file as it is, if it is one itself or holds none.

    Args:
        data: the content of the file.
        tag: as for `open_container`.

    Raises:
        XMLError: it holds several documents.
    """
    held = container_of(data, tag)
    return held.text.encode() if held else data
