"""Parts of a document that QEMU is known not to migrate, where the trial cannot ask it.

What is in the trial is asked of QEMU itself. Sources: QEMU's ``target/i386/sev.c`` and ``target/i386/kvm/tdx.c``, which
register a migration blocker, and ``hw/vfio/migration.c``.
"""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain, LaunchSecuritySEV, LaunchSecuritySEVSNP, LaunchSecurityTDX

_NAMES = {LaunchSecuritySEV: "SEV", LaunchSecuritySEVSNP: "SEV-SNP", LaunchSecurityTDX: "TDX"}


def find_blockers(domain: Domain) -> Iterator[str]:
    """Yield what prevents the migration of a document to any QEMU, and why."""
    security = domain.launch_security
    for kind, name in _NAMES.items():
        if isinstance(security, kind):
            yield f"launchSecurity: QEMU does not migrate guests with {name}, whose memory only the processor can read"
