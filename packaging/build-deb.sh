#!/bin/sh
# Builds the Debian package in a fresh Debian of its own, checks it with lintian, installs it and runs each tool once.
# Usage: build-deb.sh SOURCE.tar.gz RESULT-DIRECTORY [SUITE]; needs root and mmdebstrap.
set -eu
source=$(realpath "$1")
mkdir -p "$2"
result=$(realpath "$2")
suite=${3:-trixie}
here=$(dirname "$(realpath "$0")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

tools=build-essential,debhelper,lintian,man-db
mmdebstrap --quiet --skip=cleanup/apt/lists --variant=apt --include="$tools" "$suite" "$root/debian"

name=$(basename "$source" .tar.gz)
version=${name#virtsmith-}
mkdir "$root/debian/build"
cp "$source" "$root/debian/build/virtsmith_$version.orig.tar.gz"
tar -C "$root/debian/build" -xf "$source"
cp -r "$here/debian" "$root/debian/build/$name/debian"
cat > "$root/debian/build/steps" <<'STEPS'
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
cd "/build/$1"
apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends build-dep . >/dev/null
dpkg-buildpackage -us -uc
lintian --fail-on error,warning --info ../virtsmith_*.changes
apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends ../*.deb >/dev/null
cd /
python3 -c "import libvirtxml; print(libvirtxml.parse(open('/sample.xml').read()).name)"
for command in "xml show /sample.xml" "schema releases 11.3.0" "host show minimal" "ark catalogue qemu" "abi rules" "po rules"; do
    virtsmith $command >/dev/null
    echo "virtsmith $command: ok"
done
man -w virtsmith-xml 2>/dev/null || ls /usr/share/man/man1/virtsmith*
STEPS
cp "$root/debian/build/$name/library/tests/xml_helpers/samples/domain.xml" "$root/debian/sample.xml"
chroot "$root/debian" sh /build/steps "$name"
cp "$root/debian/build/"*_*.* "$result"
