"""Makes a disk image as clouds have them, from Debian's packages: boots by itself, sets itself up with cloud-init.

It holds all packages that a virtual host needs, since installing them in an emulated guest would take an hour. Needs
root, for the file system's owners, and mmdebstrap and mkfs.ext4.
"""

import hashlib
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = """
linux-image-amd64 initramfs-tools systemd-sysv dbus udev cloud-init netplan.io openssh-server grub-pc iproute2
qemu-system-x86 libvirt-daemon-system libvirt-clients virtinst numactl pciutils
"""
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
SIZE_MIB = 2600
GRUB = """GRUB_TIMEOUT=0
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console=ttyS0"
GRUB_TERMINAL=serial
"""
FIRST_BOOT = """set timeout=0
linux /boot/{kernel} root=/dev/vda1 ro console=ttyS0
initrd /boot/{initrd}
boot
"""
START_SECTOR = 2048


def image(directory):
    """The path of the image in a directory; made only if it is not there, or this recipe has changed."""
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    path = directory / f"debian-{SUITE}-{digest}.img"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory, prefix=".making-") as scratch:
            made = make(Path(scratch))
            for old in directory.glob("debian-*.img"):
                old.unlink()
            made.rename(path)
    return path


def make(scratch):
    """Make the image in a directory of its own."""
    root = scratch / "root"
    options = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    options += ["--aptopt=APT::Install-Recommends false", f"--include={','.join(PACKAGES.split())}"]
    # in a mount namespace of its own: what it mounts is gone even if it is killed
    run("unshare", "-m", "mmdebstrap", "--variant=minbase", *options, SUITE, root, f"deb {MIRROR} {SUITE} main")
    prepare_boot(root)
    disk = scratch / "disk.img"
    with disk.open("wb") as file:
        file.truncate((SIZE_MIB << 20) + START_SECTOR * 512)
    run("mkfs.ext4", "-q", "-F", "-E", f"offset={START_SECTOR * 512}", "-d", root, disk, f"{SIZE_MIB}M")
    write_boot_record(disk, root)
    return disk


def prepare_boot(root):
    """Give the system a file system table, GRUB's modules, and a first boot menu; update-grub writes the next."""
    (root / "etc/fstab").write_text("/dev/vda1 / ext4 defaults 0 1\n")
    (root / "etc/default/grub").write_text(GRUB)
    modules = root / "boot/grub/i386-pc"
    modules.mkdir(parents=True, exist_ok=True)
    for pattern in ("*.mod", "*.lst"):
        for path in (root / "usr/lib/grub/i386-pc").glob(pattern):
            shutil.copy(path, modules)
    kernel, initrd = (next((root / "boot").glob(pattern)).name for pattern in ("vmlinuz-*", "initrd.img-*"))
    (root / "boot/grub/grub.cfg").write_text(FIRST_BOOT.format(kernel=kernel, initrd=initrd))
    words = ["-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub", "-o", "/boot/grub/core.img"]
    run("chroot", root, "grub-mkimage", *words, "biosdisk", "part_msdos", "ext2", "linux", "normal")


def write_boot_record(disk, root):
    """One bootable partition, with GRUB in front of it."""
    entry = struct.pack("<BBBBBBBBII", 0x80, 0, 0, 0, 0x83, 0, 0, 0, START_SECTOR, SIZE_MIB << 11)
    core = (root / "boot/grub/core.img").read_bytes()
    assert len(core) < (START_SECTOR - 1) * 512
    with disk.open("r+b") as file:
        file.write((root / "usr/lib/grub/i386-pc/boot.img").read_bytes()[:440])
        file.seek(446)
        file.write(entry)
        file.seek(510)
        file.write(b"\x55\xaa" + core)


def run(*argv):
    """Run a program; what it says is shown only if it fails."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv[0]} ended with status {done.returncode}: {done.stderr[-2000:]}")


if __name__ == "__main__":
    print(image(Path(sys.argv[1])))
