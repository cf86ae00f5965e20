"""Clone a virtual machine: a new identity, and a list of what is left to do.

Give `made.domain.to_xml()` to ``virsh define`` after the files were copied.
"""

from libvirtxml import Domain
from libvirtxml.identity import clone

WEB = """
<domain type='kvm'>
  <name>web</name>
  <uuid>6fbd2a5c-58a3-4f24-9fb1-4d2a4a9a4b50</uuid>
  <os><type>hvm</type><nvram>/var/lib/libvirt/qemu/nvram/web_VARS.fd</nvram></os>
  <devices>
    <disk type='file'><source file='/images/web.qcow2'/><target dev='vda'/></disk>
    <disk type='block'><source dev='/dev/vg/shared'/><target dev='vdb'/></disk>
    <interface type='network'><mac address='52:54:00:12:34:56'/><source network='default'/></interface>
  </devices>
</domain>"""


def main() -> None:
    """Clone a machine and its files, not the device that it has on a volume group."""
    made = clone(
        Domain.parse(WEB),
        "db",
        disk=lambda disk, image: image.replace("web", "db") if disk.type == "file" else None,
    )
    for old, new in made.files:
        print(f"cp --reflink=auto {old} {new}")
    for part in made.shared:
        print(f"# still shared: {part.value} ({part.path})")


if __name__ == "__main__":
    main()
