"""Change a domain that has arguments for QEMU of its own, and keep them; add one more."""

from libvirtxml import VCPU, Domain, QEMUArg, QEMUCommandline


def add_arguments(domain: Domain, *arguments: str) -> None:
    """Add arguments to QEMU's command line; those that are there stay."""
    if domain.qemu_commandline is None:
        domain.qemu_commandline = QEMUCommandline()
    domain.qemu_commandline.qemu_args.extend(QEMUArg(value=argument) for argument in arguments)


def main() -> None:
    """Change the CPUs of a domain with ``qemu:commandline``, then add a device."""
    domain = Domain.parse(
        "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<name>web</name><vcpu>1</vcpu>"
        "<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='pvpanic'/>"
        "<qemu:env name='A' value='1'/></qemu:commandline></domain>"
    )
    domain.vcpu = VCPU(value=4)
    add_arguments(domain, "-device", "edu")
    print(domain.to_xml(), end="")


if __name__ == "__main__":
    main()
