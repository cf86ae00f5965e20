#!/bin/sh
# Builds the wheel and unpacks it into a folder that can be put on PYTHONPATH. Usage: wheel.sh BIN-FOLDER TREE
set -eu
rm -rf "$2" "$2.dist"
"$1/uv" build --quiet --wheel --out-dir "$2.dist"
"$1/uv" pip install --quiet --no-deps --target "$2" "$2.dist"/*.whl
