# load.sh, read by launch.sh: starts a program of ROOT with its own dynamic loader and no mounts, as a last resort.
#
# Only inside the tree of another version. On a host this would not do, because QEMU may take modules from the host's
# own QEMU; in the tree of a libvirt there is none.
root=$1 program=$3
shift 3
for loader in "$root"/usr/lib/*/ld-linux*.so.* "$root"/usr/lib/*/ld64.so.*; do
    if [ -e "$loader" ]; then break; fi
done
[ -e "$loader" ] || fail "cannot start $program: its tree has no dynamic loader"
libraries=${loader%/*}
export QEMU_MODULE_DIR="$libraries/qemu"
case $program in
    */qemu-system-*) set -- -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" -L "$root/usr/lib/ipxe/qemu" "$@" ;;
esac
exec "$loader" --inhibit-cache --library-path "$libraries" "$root$program" "$@"
