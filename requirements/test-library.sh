#!/bin/sh
# Tests the library where nothing else of the project is: its wheel in an empty environment, its tests copied elsewhere.
# Usage: test-library.sh BIN-DIRECTORY DIRECTORY PYTHON [ARGUMENT OF PYTEST...]
set -eu
bin=$(realpath --no-symlinks "$1")
rm -rf "$2"
mkdir -p "$2"
place=$(realpath "$2")
python=$3
shift 3
(cd library && "$bin/python" -m hatchling build -t wheel -d "$place") >"$place/log" 2>&1 || { cat "$place/log" >&2; exit 1; }
"$bin/uv" venv --quiet --python "$python" "$place/venv"
wheel=$(echo "$place"/libvirtxml-*.whl)
"$bin/uv" pip install --quiet --python "$place/venv/bin/python" "$wheel"
"$bin/uv" pip list --quiet --python "$place/venv/bin/python" --format freeze | grep -v '^libvirtxml==' && {
    echo "error: the wheel alone brings other packages" >&2
    exit 1
}
# The versions of the test tools are those that are locked for the whole project.
"$bin/uv" pip install --quiet --python "$place/venv/bin/python" --constraint requirements/dev.txt \
    "$wheel[test,validate,yaml]" jedi jsonschema mypy pyrefly "pyright[nodejs]" pytest-xdist ty
cp -r library/tests library/examples library/pyproject.toml "$place"
cd "$place"
"$place/venv/bin/python" -c 'import virtsmith' 2>/dev/null && { echo "error: virtsmith is importable" >&2; exit 1; }
exec "$place/venv/bin/python" -m pytest "$@"
