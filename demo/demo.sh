#!/bin/sh
# Shows the main features of each tool on the sample documents; needs no network, and QEMU for one part only.
set -eu
cd "$(dirname "$0")/.."
files=docs/files
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
if [ -t 1 ]; then bold='\033[1m' plain='\033[0m'; else bold='' plain=''; fi

say() { printf "\n$bold== %s$plain\n" "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
# Runs a command that is meant to find something: exit code 1.
finds() { printf '$ %s\n' "$*"; code=0; "$@" || code=$?; [ "$code" = 1 ] || { echo "exit code $code" >&2; exit 1; }; }

say "xml: a domain at a glance"
run virtsmith xml show $files/web.xml

say "xml: change one thing, leave every other byte alone, and compare by meaning"
run virtsmith xml edit $files/web.xml --set memory=8GiB -o "$new/web.xml"
finds virtsmith xml diff $files/web.xml "$new/web.xml"

say "xml: which libvirt releases accept it"
finds virtsmith xml check $files/web.xml --libvirt 3.0..12.8

say "xml: what is wrong with a document, and what would be right"
finds virtsmith xml validate $files/newer.xml

say "xml: reading and writing loses nothing, not even what no release knows"
run virtsmith xml roundtrip library/tests/xml_helpers/samples $files

say "xml: a document as the Python code that builds it"
run virtsmith xml convert library/tests/xml_helpers/samples/disk.xml --to python

say "schema: what a libvirt release added to its documents"
run virtsmith schema releases 7.8.0

say "host: a test host with two NUMA nodes, with every number computed"
run virtsmith host show minimal

say "host: the mistakes of a domain with an IOMMU and assigned devices"
finds virtsmith host lint $files/passthrough.xml

if command -v qemu-system-x86_64 >/dev/null; then
    say "host: the design, verified inside a guest that boots now"
    run virtsmith host verify minimal || true
else
    say "host: no qemu-system-x86_64 here; with it, 'virtsmith host verify minimal' verifies the design in a guest"
fi

say "ark: can versions of QEMU and libvirt be installed here side by side? ('virtsmith ark install qemu@7.2' does it)"
run virtsmith ark doctor || true

say "abi: what breaks migration between QEMUs, and why; one rule of $(virtsmith abi rules | grep -c '^ABI-')"
run virtsmith abi rules ABI-QUEUE-SIZE

say "po: a catalogue in the form for git"
run virtsmith po minimize $files/de.po

say "Next steps"
printf '%s\n' '. .venv/bin/activate    puts virtsmith on your PATH' \
    'virtsmith --help        lists the commands' \
    'docs/tutorials/         five minutes for each tool'
