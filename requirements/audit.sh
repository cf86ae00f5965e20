#!/bin/sh
# Looks the locked dependencies up in the database of known vulnerabilities. One that is known is a failure; a database
# that cannot be reached, or knows nothing of a package, is said and is none. Usage: audit.sh BIN-FOLDER
set -u
report=$(mktemp)
trap 'rm -f "$report"' EXIT
"$1/uv" tool run --quiet pip-audit==2.10.1 --disable-pip --require-hashes -r requirements/dev.txt --format json \
    --progress-spinner off > "$report" 2>/dev/null
exec "$1/python" - "$report" <<'PROGRAM'
import json
import sys
from pathlib import Path

try:
    packages = json.loads(Path(sys.argv[1]).read_text())["dependencies"]
except (ValueError, KeyError):
    print("not audited: the database of vulnerabilities cannot be reached")
    sys.exit(0)
known = [(package["name"], package["version"], each["id"]) for package in packages for each in package.get("vulns", [])]
skipped = sum("skip_reason" in package for package in packages)
print(f"{len(packages) - skipped} of {len(packages)} packages audited, {len(known)} known vulnerabilities")
for name, version, vulnerability in known:
    print(f"{name} {version}: {vulnerability}")
sys.exit(bool(known))
PROGRAM
