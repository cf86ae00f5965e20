#!/bin/sh
# Builds the RPM package with the Python that is named (for one that has hatchling, click, lxml), and checks it with
# rpmlint where that is installed. Usage: build-rpm.sh SOURCE.tar.gz RESULT-FOLDER [PYTHON]
set -eu
here=$(dirname "$(realpath "$0")")
mkdir -p "$2"
result=$(realpath "$2")
# rpmbuild works in directories of its own. The link itself is kept: it is what makes a virtual environment one.
python=$(command -v "${3:-python3}")
python=$(realpath --no-symlinks "$python")
# Where there is no RPM database (Debian), what the build needs cannot be looked up there.
rpm -q python3-devel >/dev/null 2>&1 && lookup= || lookup=--nodeps
mkdir -p "$result/SOURCES"
cp "$1" "$result/SOURCES/"
# shellcheck disable=SC2086 - one option or none
rpmbuild --quiet -ba $lookup --define "_topdir $result" --define "__python3 $python" --define "__python $python" \
    --define "_vendor virtsmith" "$here/virtsmith.spec"
if command -v rpmlint >/dev/null; then
    rpmlint --config "$here/rpmlint.toml" "$here/virtsmith.spec" "$result"/RPMS/noarch/*.rpm "$result"/SRPMS/*.rpm
fi
