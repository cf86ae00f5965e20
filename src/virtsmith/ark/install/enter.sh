# enter.sh BUSYBOX ROOT STATE PROGRAM ARGUMENT... : the second half of launch.sh, inside the new mount namespace.
#
# QEMU only gets its own /usr put over the host's, where the host's /bin and /lib are links into that. A libvirt gets
# an empty tmpfs as its /, onto which everything of the old one is mounted at the same place, but for /usr and /etc,
# which are those of the version; it is made at /sys, where no ark can be. STATE, if not empty, holds a libvirt's
# private run, var and etc/libvirt directories. VIRTSMITH_ARK_EMULATORS names the launchers of the QEMU that goes with
# it: that QEMU is found where distributions have theirs, whatever its version, so that documents written elsewhere name
# it, and a guest that migrates finds the other one at the same path.
busybox=$1 root=$2 state=$3 program=$4
shift 4

fail() {
    echo "error: cannot start $program: $1" >&2
    exit 125
}

is_merged() {
    for name in bin sbin lib; do
        if [ ! -L "/$name" ]; then return 1; fi
    done
    [ ! -d "$root/usr/lib64" ] || [ -L /lib64 ]
}

if [ -z "$state" ] && is_merged; then
    if [ -s /etc/ld.so.cache ]; then "$busybox" mount -o bind /dev/null /etc/ld.so.cache; fi # it names other libraries
    "$busybox" mount -o bind "$root/usr" /usr || fail "cannot mount its files"
    exec "$program" "$@"
fi

directory=$(pwd -P)
"$busybox" mount -t tmpfs -o mode=755 ark /sys || fail "no mount namespace"
cd /sys && "$busybox" mkdir .old usr etc || fail "no room for a new root"
"$busybox" pivot_root . .old || fail "cannot change the root"
b=/.old$busybox
mounted() { "$b" mount "$@" || fail "cannot mount $4"; }

lay_out_usr() {
    # Its bin and libexec are directories of links, because nothing can be added to those of the version itself.
    "$b" mkdir -p /.programs/bin /.programs/libexec /usr/bin /usr/libexec
    for path in "/.old$root"/usr/*; do
        name=${path##*/}
        case $name in
            bin | libexec) mounted -o bind "$path" "/.programs/$name" && continue ;;
        esac
        "$b" mkdir "/usr/$name" && mounted -o bind "$path" "/usr/$name"
        "$b" ln -s "/usr/$name" "/.programs/$name" # where relative links from bin lead
    done
    for name in bin libexec; do
        for path in "/.programs/$name"/*; do
            if [ -e "$path" ]; then "$b" ln -s "/.programs/$name"/* "/usr/$name"; fi
            break
        done
    done
    "$b" rm -f /usr/bin/qemu-* /usr/bin/kvm /usr/libexec/qemu-kvm
    for path in "/.old$emulators"/qemu-*; do
        "$b" ln -s "${path#/.old}" /usr/bin
    done
    for path in /usr/bin/kvm /usr/libexec/qemu-kvm; do
        "$b" ln -s "$emulators/qemu-system-$("$b" uname -m)" "$path"
    done
}

emulators=${VIRTSMITH_ARK_EMULATORS:-}
if [ -n "$state" ] && [ -n "$emulators" ]; then
    lay_out_usr
else
    mounted -o bind "/.old$root/usr" /usr
fi
mounted -o bind "/.old$root/etc" /etc
for path in /.old/* /.old/.[!.]*; do
    name=${path#/.old/}
    case $name in
        usr | etc | bin | sbin | lib | lib32 | lib64 | libx32 | .old | .ark-tree | lost+found | '*' | '.[!.]*') continue ;;
        run | var) if [ -n "$state" ]; then path=/.old$state/$name; fi ;;
    esac
    if [ -L "$path" ]; then
        "$b" cp -P "$path" "/$name"
    elif [ -d "$path" ]; then
        "$b" mkdir "/$name" && mounted -o rbind "$path" "/$name"
    fi
done
for name in bin sbin lib lib64; do
    "$b" ln -s "usr/$name" "/$name"
done
for name in passwd group hosts resolv.conf; do
    if [ -e "/.old/etc/$name" ]; then mounted -o bind "/.old/etc/$name" "/etc/$name"; fi
done
if [ -n "$state" ]; then
    for path in etc/libvirt etc/passwd etc/group; do
        mounted -o bind "/.old$state/$path" "/$path"
    done
    for path in var/tmp var/lib/libvirt/images run/user; do
        if [ -d "/.old/$path" ]; then mounted -o rbind "/.old/$path" "/$path"; fi
    done
    # at a short path too, because names of sockets may not be long
    "$b" mkdir -p /.state && mounted -o bind "/.old$state" /.state
fi
: >/.ark-tree
"$b" umount -l /.old || fail "cannot leave the old root"
cd "$directory" 2>/dev/null || cd /
if [ "${ark_user:-0}" != 0 ]; then
    # An ordinary user's libvirt: root in this namespace would make it a system daemon, which must change groups and
    # may not. So it becomes that user again, and keeps all that it has in the state directory.
    export XDG_RUNTIME_DIR=/.state/run/session XDG_CONFIG_HOME=/.state/config
    export XDG_CACHE_HOME=/.state/cache XDG_DATA_HOME=/.state/data
    set -- --map-user="$ark_user" --map-group="$ark_group" -- "$program" "$@"
    unset ark_user ark_group
    exec /usr/bin/unshare --user "$@"
fi
unset ark_user ark_group
exec "$program" "$@"
