"""A domain such as KubeVirt makes for a virtual machine that `host export` described, before libvirt sees it."""


def kubevirt_domain(manifest):
    """The document for a VirtualMachine: interfaces have aliases and no addresses, and the root bus is libvirt's."""
    domain = manifest["spec"]["template"]["spec"]["domain"]
    cpu, memory = domain["cpu"], int(domain["memory"]["guest"].removesuffix("Ki"))
    cards = "".join(
        f"<interface type='user'><mac address='{entry['macAddress']}'/><model type='{entry['model']}'/>"
        f"<alias name='ua-{entry['name']}'/><rom enabled='no'/></interface>"
        for entry in domain["devices"]["interfaces"]
    )
    count = cpu["sockets"] * cpu["cores"] * cpu["threads"]
    return (
        "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>default_vm</name>"
        f"<memory unit='KiB'>{memory}</memory><vcpu placement='static'>{count}</vcpu>"
        f"<os><type arch='x86_64' machine='{domain['machine']['type']}'>hvm</type></os>"
        "<features><acpi/></features>"
        f"<cpu mode='host-passthrough'><topology sockets='{cpu['sockets']}' dies='1' cores='{cpu['cores']}' "
        f"threads='{cpu['threads']}'/></cpu><clock offset='utc'/>"
        f"<devices><controller type='usb' index='0' model='none'/>{cards}"
        "<controller type='virtio-serial' index='0' model='virtio-non-transitional'/>"
        "<memballoon model='virtio-non-transitional'/>"
        "<rng model='virtio-non-transitional'><backend model='random'>/dev/urandom</backend></rng></devices>"
        "<metadata><kubevirt xmlns='http://kubevirt.io'><uid/></kubevirt></metadata></domain>"
    )
