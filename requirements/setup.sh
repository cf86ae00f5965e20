#!/bin/sh
# Makes the developer environment: virtual environment, locked dependencies, virtsmith itself in editable form.
# Installs the Debian or Fedora packages it needs when it may; otherwise names them.
set -eu
python=$1
venv=$2
here=$(dirname "$0")

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

# install_packages DEBIAN-NAMES FEDORA-NAMES
install_packages() {
    if command -v apt-get >/dev/null; then
        as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $1 >/dev/null && return 0
        say "error: these packages are missing: $1"
        say "hint: apt-get install $1"
    elif command -v dnf >/dev/null; then
        as_root dnf -q -y install $2 && return 0
        say "error: these packages are missing: $2"
        say "hint: dnf install $2"
    else
        say "error: install the equivalents of these Debian packages: $1"
    fi
    return 1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "error: virtsmith needs Python 3.11 or newer, $python is $("$python" --version)"
    say "hint: make PYTHON=python3.12 ..."
    exit 4
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages "python3-venv" "python3-pip" || exit 4
fi

say "setting up $venv"
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$here/dev.txt"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$here/../library" --editable "$here/.."
