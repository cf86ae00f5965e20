"""Clone a machine with virtinst, which asks a connection for the original, and its disks for their sizes."""

import sys

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import Cloner, cli


def clone_files(connection, text, name):
    cloner = Cloner(connection, src_xml=text)
    cloner.set_clone_name(name)
    for info in cloner.get_nonshare_diskinfos():
        path = info.disk.get_source_path()
        info.set_new_path(path.replace(cloner.src_name, name), sparse=True)
    cloner.prepare()
    return cloner.new_guest.get_xml()


def main():
    print(clone_files(cli.getConnection("test:///default"), sys.stdin.read(), "db"))


if __name__ == "__main__":
    main()
