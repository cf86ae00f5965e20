"""An external snapshot with virtinst, which has the names of a snapshot's disks and not their files: text again."""

import sys

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import DomainSnapshot, Guest, cli


def snapshot(connection, text, name):
    guest = Guest(connection, parsexml=text)
    made = DomainSnapshot(connection)
    made.name, made.memory_type = name, "no"
    disks = ""
    for disk in guest.devices.disk:
        if disk.device == "disk" and not disk.read_only and disk.get_source_path():
            source = f"<driver type='qcow2'/><source file='{disk.get_source_path()}.{name}'/>"
            disks += f"<disk name='{disk.target}' snapshot='external' type='file'>{source}</disk>"
        else:
            disks += f"<disk name='{disk.target}' snapshot='no'/>"
    return made.get_xml().replace("</domainsnapshot>", f"<disks>{disks}</disks></domainsnapshot>")


def main():
    print(snapshot(cli.getConnection("test:///default"), sys.stdin.read(), "monday"))


if __name__ == "__main__":
    main()
