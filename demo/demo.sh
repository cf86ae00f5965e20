#!/bin/sh
# Shows the main jobs on the sample documents of the test suite.
set -eu
cd "$(dirname "$0")/.."
samples=tests/samples

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
# Runs a command that is meant to find something: exit code 1.
finds() { printf '$ %s\n' "$*"; code=0; "$@" || code=$?; [ "$code" = 1 ] || { echo "exit code $code" >&2; exit 1; }; }

say "What a domain is, at a glance"
run virtsmith xml show $samples/domain.xml

say "A document as YAML, and as Python that builds it"
run virtsmith xml convert $samples/volume.xml --to yaml
run virtsmith xml convert $samples/disk.xml --to python

say "Through JSON and back: not a byte of difference"
printf '$ %s\n' "virtsmith xml convert $samples/domain.xml --to json | virtsmith xml convert - --to xml | diff $samples/domain.xml -"
virtsmith xml convert $samples/domain.xml --to json | virtsmith xml convert - --to xml | diff $samples/domain.xml - && echo identical

say "What is wrong with a document, and what would be right"
finds virtsmith xml validate $samples/future.xml

say "Proof that reading and writing loses nothing, not even what no release knows"
run virtsmith xml roundtrip $samples

say "What libvirt 11.3.0 added to its documents"
run virtsmith schema releases 11.3.0
