# launch.sh ROOT STATE PROGRAM ARGUMENT... : starts a program of an installed version with that version's own /usr.
#
# Runs under the ark's static busybox, because inside another version's tree there is no other shell. Whoever may
# mount does so directly; everybody else gets a user namespace first. Some libvirts leave a root without capabilities
# to the emulators they start, which may do neither (verify_root_map in Linux' kernel/user_namespace.c); see load.sh.
here=${ark_scripts:-${BUSYBOX%/*}}

fail() {
    echo "error: $1" >&2
    echo "hint: virtsmith ark doctor says what is missing" >&2
    exit 125
}

unset ark_scripts ark_user LD_LIBRARY_PATH LD_PRELOAD # the host's libraries do not go with this version's
export LC_ALL=C                  # no other locale is sure to be in the tree
while read -r key value; do
    if [ "$key" = CapEff: ]; then capabilities=$value; fi
done </proc/self/status
if [ $((0x$capabilities >> 21 & 1)) = 1 ]; then
    exec "$BUSYBOX" unshare -m "$BUSYBOX" sh "$here/enter.sh" "$BUSYBOX" "$@"
fi
if "$BUSYBOX" unshare -U -r -m "$BUSYBOX" true 2>/dev/null; then
    if [ -n "$2" ]; then
        export ark_user="$("$BUSYBOX" id -u)" ark_group="$("$BUSYBOX" id -g)"
    fi
    exec "$BUSYBOX" unshare -U -r -m "$BUSYBOX" sh "$here/enter.sh" "$BUSYBOX" "$@"
fi
if [ -e /.ark-tree ]; then . "$here/load.sh"; fi
fail "cannot start $3: this machine allows no user namespaces"
