"""The setup inside a full guest that makes it a virtual host: as a shell script, and as cloud-init user-data."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from textwrap import indent

from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.boot import hugepage_arguments, iommu_arguments

_PACKAGES = {
    "debian": "qemu-system-x86 libvirt-daemon-system libvirt-clients virtinst numactl pciutils",
    "fedora": "qemu-kvm libvirt-daemon-kvm libvirt-client virt-install numactl pciutils",
    "suse": "qemu-kvm libvirt-daemon-qemu libvirt-client virt-install numactl pciutils",
}
_INSTALL = {
    "debian": "apt-get install -y --no-install-recommends",
    "fedora": "dnf install -y",
    "suse": "zypper --non-interactive install",
}


def kernel_words(plan: Plan) -> list[str]:
    """What the guest's kernel command line needs: IOMMU on, and huge pages."""
    return [*iommu_arguments(plan), *hugepage_arguments(plan)]


def needs_unsafe_interrupts(plan: Plan) -> bool:
    """Whether vfio must allow unsafe interrupts: only if the spec asks for it, or turns interrupt remapping off."""
    iommu = plan.spec.iommu
    return plan.spec.unsafe_interrupts or (iommu is not None and iommu.intremap is False)


def provision_script(plan: Plan) -> str:
    """A shell script for Debian, Fedora and SUSE guests; it is idempotent."""
    words = kernel_words(plan)
    sections = [
        "#!/bin/sh",
        f"# Makes this guest the virtual host {plan.spec.name}. Run as root; reboot afterwards.",
        "set -eu",
        "",
        _install(),
    ]
    if words:
        sections.append(_kernel(words))
    if needs_unsafe_interrupts(plan):
        sections.append(
            "# There is no interrupt remapping: vfio must allow that.\n"
            "echo 'options vfio_iommu_type1 allow_unsafe_interrupts=1' > /etc/modprobe.d/vfio.conf\n"
        )
    if plan.spec.nested:
        sections.append(
            "# The default network would use the subnet that this guest is on.\n"
            "rm -f /etc/libvirt/qemu/networks/autostart/default.xml\n"
            "virsh -c qemu:///system net-destroy default 2> /dev/null || true\n"
        )
    if functions := _functions(plan):
        sections.append(functions)
    sections.append(_checks(plan))
    return "\n".join(sections)


def _install() -> str:
    cases = "\n".join(
        f"  {sign}) set -- {_INSTALL[family]} {_PACKAGES[family]} ;;"
        for sign, family in (("*debian*", "debian"), ("*fedora*|*rhel*", "fedora"), ("*suse*", "suse"))
    )
    return (
        "# A guest that already has all packages needs no network.\n"
        "export DEBIAN_FRONTEND=noninteractive\n"
        '. /etc/os-release\ncase " $ID ${ID_LIKE:-} " in\n'
        f"{cases}\n"
        '  *) echo "unknown distribution: $ID" >&2; exit 1 ;;\nesac\n'
        'if [ "$1" = apt-get ]; then\n'
        '  "$@" || { apt-get update && "$@"; }\n'
        "else\n"
        '  "$@"\n'
        "fi\n"
    )


def _kernel(words: list[str]) -> str:
    text = " ".join(words)
    return (
        f"words={shlex.quote(text)}\n"
        "if command -v grubby > /dev/null; then\n"
        '  grubby --update-kernel=ALL --args="$words"\n'
        "else\n"
        '  if ! grep -qF "$words" /etc/default/grub; then\n'
        '    sed -i "s|^GRUB_CMDLINE_LINUX=\\"|&$words |" /etc/default/grub\n'
        "  fi\n"
        "  if command -v update-grub > /dev/null; then update-grub\n"
        "  else grub2-mkconfig -o /boot/grub2/grub.cfg; fi\n"
        "fi\n"
    )


def _functions(plan: Plan) -> str:
    """A udev rule that creates the virtual functions; it matches cards by address.

    If the initramfs has bound the driver, before the rule exists, only the repeated "add" event arrives.
    """
    rules = [
        f'ACTION=="add|bind", SUBSYSTEM=="pci", KERNEL=="{endpoint.guest}", DRIVER=="?*", '
        f'ATTR{{sriov_numvfs}}="{endpoint.device.vfs}"'
        for endpoint in plan.endpoints
        if endpoint.device.vfs
    ]
    if not rules:
        return ""
    return "cat > /etc/udev/rules.d/80-virtual-functions.rules << 'END'\n" + "\n".join(rules) + "\nEND\n"


def _checks(plan: Plan) -> str:
    checks = ["numactl --hardware", "lspci -t -v", "virsh nodedev-list --tree", "virsh capabilities"]
    if plan.spec.iommu:
        checks.append("dmesg | grep -E 'DMAR|AMD-Vi|iommu'")
    if plan.spec.nested:
        checks.append("ls -l /dev/kvm")
    lines = "".join(f"#   {check}\n" for check in checks)
    return f"# After the reboot, `virtsmith host verify SPEC --facts FILE` reads the output of:\n{lines}"


def provision_cloud_init(plan: Plan, ssh_keys: Iterable[str] = ()) -> str:
    """The same as cloud-init user-data, with the reboot at the end.

    The owners of ``ssh_keys`` may log in as root and as the image's own user.
    """
    script = indent(provision_script(plan), "      ")
    keys = "".join(f"  - {json.dumps(key)}\n" for key in ssh_keys)  # JSON text is YAML text
    return (
        "#cloud-config\n"
        f"hostname: {plan.spec.name}\n"
        + (f"disable_root: false\nssh_authorized_keys:\n{keys}" if keys else "")
        + "write_files:\n"
        "  - path: /usr/local/sbin/virtual-host-setup\n"
        "    permissions: '0755'\n"
        "    content: |\n"
        f"{_without_blank_ends(script)}"
        "runcmd:\n"
        "  - [/usr/local/sbin/virtual-host-setup]\n"
        "power_state:\n"
        "  mode: reboot\n"
        "  condition: true\n"
    )


def _without_blank_ends(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"
