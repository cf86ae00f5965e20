#!/bin/sh
# Runs the quick tests, and all that drive foreign programs, where nothing is there: no QEMU, no libvirt, no gettext, no
# corpus, an empty ark, no network, an empty home. All must pass or be skipped, and the home must stay empty.
# Usage: test-bare.sh BIN-DIRECTORY DIRECTORY [ARGUMENT OF PYTEST...]
set -eu
bin=$(realpath --no-symlinks "$1")
rm -rf "$2"
mkdir -p "$2/bin" "$2/home"
place=$(realpath "$2")
shift 2
# What POSIX asks of every system, as far as tests and launchers use it, and git.
for program in git sh bash env \
    [ awk base64 basename cat chmod chown cksum cmp comm cp cut date dd df diff dirname du echo expr false find grep head \
    id install join kill ln ls md5sum mkdir mkfifo mktemp mv nohup nproc od paste printf ps pwd readlink realpath rm \
    rmdir sed seq sha256sum sleep sort split stat stty tac tail tee test timeout touch tr true tty uname uniq wc xargs \
    yes; do
    if found=$(command -v "$program") && [ "${found#/}" != "$found" ]; then
        ln -s "$found" "$place/bin/$program"
    elif [ -x "/usr/bin/$program" ]; then # what the shell has built in
        ln -s "/usr/bin/$program" "$place/bin/$program"
    fi
done
nowhere=http://127.0.0.1:9 # the port "discard", where nobody listens
status=0
env -i PATH="$bin:$place/bin" HOME="$place/home" LC_ALL=C.UTF-8 TERM=dumb \
    VIRTSMITH_TEST_CACHE="$place/cache" VIRTSMITH_DEBIAN_MIRROR="$nowhere/debian" \
    http_proxy="$nowhere" https_proxy="$nowhere" no_proxy=127.0.0.1,localhost ${PYTHONPATH:+PYTHONPATH="$PYTHONPATH"} \
    "$bin/python" -m pytest -p no:cacheprovider -m "not slow or real" "$@" || status=$?
left=$(find "$place/home" -mindepth 1)
if [ -n "$left" ]; then
    printf 'error: the tests wrote to the home directory:\n%s\n' "$left" >&2
    status=1
fi
exit "$status"
