#!/bin/sh
# Builds the wheels with what is installed, without a network, and unpacks them into a directory that can be put on
# PYTHONPATH. Usage: wheel.sh BIN-DIRECTORY TREE
set -eu
rm -rf "$2" "$2.dist"
mkdir -p "$2.dist"
wheels=$(realpath "$2.dist")
python=$(realpath --no-symlinks "$1/python")
for source in library .; do
    (cd "$source" && "$python" -m hatchling build -t wheel -d "$wheels") > "$2.log" 2>&1 || { cat "$2.log" >&2; exit 1; }
done
"$1/uv" pip install --quiet --no-deps --target "$2" "$2.dist"/*.whl
