#!/bin/sh
# Builds the wheel with what is installed, without a network, and unpacks it into a folder that can be put on
# PYTHONPATH. Usage: wheel.sh BIN-FOLDER TREE
set -eu
rm -rf "$2" "$2.dist"
mkdir -p "$2.dist"
"$1/python" -m hatchling build -t wheel -d "$2.dist" > "$2.log" 2>&1 || { cat "$2.log" >&2; exit 1; }
"$1/uv" pip install --quiet --no-deps --target "$2" "$2.dist"/*.whl
