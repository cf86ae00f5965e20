import pytest

from virtsmith.ark.layout import Ark, InstalledVersion, dump_installed
from virtsmith.ark.migrate.pair import InstalledPair
from virtsmith.errors import UsageError


@pytest.fixture
def ark(tmp_path):
    for app, version in (("libvirt", "9.0.0"), ("qemu", "7.2.22")):
        directory = tmp_path / app / version
        directory.mkdir(parents=True)
        (directory / "version.json").write_text(
            dump_installed(InstalledVersion(app, version, directory, version, "source", "x", ""))
        )
    return Ark(tmp_path)


@pytest.mark.parametrize("text", ["libvirt@9.0/qemu@7.2", "9.0/7.2", "9.0.0/qemu@7.2.22"])
def test_a_pair_is_a_libvirt_and_a_qemu(ark, text):
    assert InstalledPair.find(ark, text).name == "libvirt@9.0.0/qemu@7.2.22"


@pytest.mark.parametrize("text", ["9.0", "qemu@7.2/libvirt@9.0", "9.0/7.2/1", "/7.2"])
def test_anything_else_is_no_pair(ark, text):
    with pytest.raises(UsageError, match="not a pair of versions"):
        InstalledPair.find(ark, text)
