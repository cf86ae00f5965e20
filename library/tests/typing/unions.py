"""What type checkers know of unions: ``match`` over the variants is exhaustive, and ``type`` narrows."""

from typing import assert_never, assert_type

from libvirtxml import (
    AnyDisk,
    AnyTPMBackend,
    DiskFile,
    DiskFileSource,
    Domain,
    TPMBackendEmulator,
    TPMBackendExternal,
    TPMBackendPassthrough,
)


def model(backend: AnyTPMBackend) -> str:
    """Nothing is left after all variants."""
    match backend:
        case TPMBackendEmulator():
            return backend.version or ""
        case TPMBackendPassthrough():
            return "passthrough"
        case TPMBackendExternal():
            return "external"
        case _:
            assert_never(backend)


def path(disk: AnyDisk) -> str | None:
    """The attribute of the union narrows."""
    if disk.type == "file":
        assert_type(disk, DiskFile)
        assert_type(disk.source, DiskFileSource | None)
        return disk.source.file if disk.source else None
    return None


def is_empty(disk: AnyDisk) -> bool:
    """What all variants have can be reached."""
    return disk.source is None


def paths(domain: Domain) -> list[str | None]:
    """Lists hold variants, and are there."""
    return [path(disk) for disk in domain.devices.disks if not is_empty(disk)]
