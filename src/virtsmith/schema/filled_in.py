"""What libvirt's schema demands and its parser does not: parts that libvirt makes up or has a default for.

The schema describes complete documents, which is what libvirt writes. What it reads may be less: of a device to create
it chooses the name, of a lease to delete from a network the MAC address is enough. Constructors do not demand these
parts. Each was left out of a document that libvirt 9.0 then accepted, with the element kept (``virsh -c test:///default``
with ``define``, ``net-define``, ``net-update``, ``pool-define``, ``vol-create`` and ``nodedev-create``), or is
documented.
"""

from __future__ import annotations

FILLED_IN = {
    ("/cpu/numa/cell/cache/line", "@unit"): "KiB",
    ("/cpu/numa/cell/cache/size", "@unit"): "KiB",
    ("/cpu/numa/interconnects/bandwidth", "@unit"): "KiB",
    ("/device", "name"): "of a device to create libvirt chooses the name",
    ("/device/capability[@type='scsi_host']", "host"): "of a host to create libvirt chooses the number",
    ("/device/capability[@type='usb_device']", "port"): "libvirt writes it since 12.2.0",
    ("/domain/cpu/feature", "@policy"): "require",
    ("/domain/devices/controller[@type='pci']", "@model"): "the root for index 0, else a bridge or root port",
    ("/domain/devices/controller[@type='usb']/master", "@startport"): "0",
    ("/domain/devices/disk[@type='block']/address[@type='ccid']", "@controller"): "0",
    ("/domain/devices/disk[@type='block']/address[@type='usb']", "@bus"): "0",
    ("/domain/devices/disk[@type='block']/address[@type='virtio-serial']", "@controller"): "0",
    ("/domain/devices/interface[@type='bridge']/target", "@dev"): "libvirt or the hypervisor chooses a name",
    ("/domain/devices/redirdev", "@bus"): "usb",
    ("/domain/features/capabilities", "@policy"): "default",
    ("/domain/numatune/memnode", "@mode"): "strict",
    ("/network/dns/host", "@ip"): "an update finds the host by one of its names",
    ("/network/dns/srv", "@protocol"): "an update finds the record by what is given",
    ("/network/dns/srv", "@service"): "an update finds the record by what is given",
    ("/network/dns/txt", "@value"): "an update finds the record by its name",
    ("/network/ip/dhcp/host", "@ip"): "an update finds the host by its MAC address or name",
    ("/pool[@type='logical']", "source"): "the volume group with the name of the pool",
    ("/pool[@type='logical']", "target"): "/dev and the name of the pool",
    ("/volume", "target"): "the pool chooses the path",
}
"""Type and slot key to what libvirt takes instead; what holds for a type holds for its variants."""
