# state.sh BUSYBOX ROOT STATE : makes the private directories of a libvirt; its configuration starts as the version's own.
busybox=$1 root=$2 state=$3
umask 077
draft=$state.$$

fail() {
    echo "error: cannot make the directory $state" >&2
    echo "hint: set VIRTSMITH_ARK_STATE to a directory that can be written" >&2
    "$busybox" rm -rf "$draft"
    exit 125
}

"$busybox" mkdir -p "$draft/etc/libvirt" "$draft/run/user" "$draft/run/lock" "$draft/run/session" "$draft/config" "$draft/var/tmp" \
    "$draft/var/lib/libvirt/images" "$draft/var/log/libvirt" "$draft/var/cache/libvirt" 2>/dev/null || fail
"$busybox" ln -s ../run "$draft/var/run" && "$busybox" ln -s ../run/lock "$draft/var/lock" || fail
if [ -d "$root/etc/libvirt" ]; then
    "$busybox" cp -R "$root/etc/libvirt/." "$draft/etc/libvirt/" && "$busybox" chmod -R u+w "$draft/etc/libvirt" || fail
fi
# Debian's libvirt looks for these users when it starts, whatever its configuration says.
"$busybox" cat /etc/passwd >"$draft/etc/passwd" && "$busybox" cat /etc/group >"$draft/etc/group" || fail
for name in kvm libvirt libvirt-qemu; do
    "$busybox" grep -q "^$name:" "$draft/etc/group" || echo "$name:x:64055:" >>"$draft/etc/group"
done
"$busybox" grep -q "^libvirt-qemu:" "$draft/etc/passwd" ||
    echo "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/bin/false" >>"$draft/etc/passwd"
[ -d "$state" ] && "$busybox" rmdir "$state" 2>/dev/null
"$busybox" mv "$draft" "$state" || fail
