"""A storage pool and a volume with virtinst, which has no secrets: theirs is put in as text."""

import sys

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import StoragePool, StorageVolume, cli


def build_pool(connection, name, directory):
    pool = StoragePool(connection)
    pool.type, pool.name, pool.target_path = "dir", name, directory
    return pool.get_xml()


def build_volume(connection, name, gib, base=None):
    volume = StorageVolume(connection)
    volume.name, volume.format, volume.capacity, volume.allocation = name, "qcow2", gib << 30, 0
    if base is not None:
        volume.backing_store, volume.backing_format = base, "qcow2"
    return volume.get_xml()


def build_secret(volume):
    return f"<secret ephemeral='no' private='yes'><usage type='volume'><volume>{volume}</volume></usage></secret>"


def main():
    connection = cli.getConnection("test:///default")
    print(build_pool(connection, "images", "/images"))
    print(build_volume(connection, "web.qcow2", 20, "/images/base.qcow2"))
    print(build_secret("/images/web.qcow2"))


if __name__ == "__main__":
    main()
