"""A storage pool, a volume that grows on a base image, and the secret that would open an encrypted one."""

import libvirtxml as lx
from libvirtxml import paths


def build_pool(name: str, directory: str) -> lx.StoragePoolDir:
    """The pool of a directory."""
    return lx.StoragePoolDir(name=name, target=lx.StoragePoolTarget(path=directory))


def build_volume(name: str, gib: int, base: str | None = None) -> lx.StorageVolume:
    """A qcow2 volume, on a base image if one is given."""
    qcow2 = lx.StorageVolumeFormat(type="qcow2")
    volume = lx.StorageVolume(name=name, target=lx.StorageVolumeTarget(format=qcow2))
    paths.set(volume, "capacity", f"{gib}GiB")
    if base is not None:
        volume.backing_store = lx.StorageVolumeBackingStore(path=base, format=qcow2)
    return volume


def build_secret(volume: str) -> lx.Secret:
    """The secret of a volume; nobody can read its value back."""
    return lx.Secret(ephemeral=False, private=True, usage=lx.SecretUsageVolume(volume=volume))


def main() -> None:
    """Print the three documents."""
    print(build_pool("images", "/images").to_xml(), end="")
    print(build_volume("web.qcow2", 20, "/images/base.qcow2").to_xml(), end="")
    print(build_secret("/images/web.qcow2").to_xml(), end="")


if __name__ == "__main__":
    main()
