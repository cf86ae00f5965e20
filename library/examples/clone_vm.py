"""Clone a virtual machine: a new identity, and a list of what is left to do.

Give `made.domain.to_xml()` to ``virsh define`` after the files were copied.
"""

from libvirtxml import Domain
from libvirtxml.identity import Clone, clone


def clone_files(domain: Domain, name: str) -> Clone:
    """A clone with files of its own, named for it; it shares the devices of the host."""
    old = domain.name
    return clone(domain, name, disk=lambda disk, image: image.replace(old, name) if disk.type == "file" else None)


def main() -> None:
    """Clone a machine and its files, not the device that it has on a volume group."""
    web = Domain.parse("""
        <domain type='kvm'>
          <name>web</name>
          <uuid>6fbd2a5c-58a3-4f24-9fb1-4d2a4a9a4b50</uuid>
          <os><type>hvm</type><nvram>/var/lib/libvirt/qemu/nvram/web_VARS.fd</nvram></os>
          <devices>
            <disk type='file'><source file='/images/web.qcow2'/><target dev='vda'/></disk>
            <disk type='block'><source dev='/dev/vg/shared'/><target dev='vdb'/></disk>
            <interface type='network'><mac address='52:54:00:12:34:56'/><source network='default'/></interface>
          </devices>
        </domain>""")
    made = clone_files(web, "db")
    for old, new in made.files:
        print(f"cp --reflink=auto {old} {new}")
    for part in made.shared:
        print(f"# still shared: {part.value} ({part.path})")


if __name__ == "__main__":
    main()
