"""Hosts that stay up, with a program that stands in for QEMU."""

import json
import re
from pathlib import Path

import pytest
from helpers import stand_in
from helpers.probe_boot import FRAME, PLAN, STARTED

from virtsmith.errors import InputError, UsageError
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.run.image import read_public_keys
from virtsmith.host.run.running import HostFailed, end_host, find_host, list_hosts, start_host
from virtsmith.qemu.guest import is_running


@pytest.fixture
def hosts(boot, tmp_path, monkeypatch):
    monkeypatch.setenv("VIRTSMITH_HOSTS", str(tmp_path / "hosts"))
    yield boot
    for host in list_hosts():
        end_host(host)


def options(boot, *writes, seconds=120.0, limit=20.0, **how):
    return BootOptions(
        qemu=stand_in.make(boot.directory, *writes, seconds=seconds, **how), kernel=boot.kernel, time_limit=limit
    )


def test_a_host_stays_up_is_listed_and_goes_down_without_leaving_anything(hosts):
    host = start_host(PLAN, options(hosts, STARTED, ("facts", FRAME)))
    assert find_host("minimal") == host
    assert host.is_up
    assert host.facts().nodes == ()
    end_host(host)
    assert not is_running(host.pid, host.directory)
    assert not Path(host.directory).exists()
    assert list_hosts() == []


def test_two_hosts_of_one_name_are_refused_and_of_two_names_share_nothing(hosts):
    first = start_host(PLAN, options(hosts, STARTED, ("facts", FRAME)))
    with pytest.raises(UsageError, match="is already running"):
        start_host(PLAN, options(hosts, STARTED, ("facts", FRAME)))
    second = start_host(PLAN, options(hosts, STARTED, ("facts", FRAME)), name="other")
    assert first.directory != second.directory
    assert [host.name for host in list_hosts()] == ["minimal", "other"]


def test_a_host_that_died_gives_its_name_away(hosts):
    host = start_host(PLAN, options(hosts, STARTED, ("facts", FRAME), seconds=0.5))
    while host.is_up:
        pass
    assert start_host(PLAN, options(hosts, STARTED, ("facts", FRAME))).pid != host.pid


@pytest.mark.slow
def test_a_start_that_fails_leaves_nothing_behind(hosts):
    with pytest.raises(HostFailed, match="ended with status 3: boom"):
        start_host(PLAN, options(hosts, ("error", b"boom\n"), seconds=0.0, status=3))
    with pytest.raises(HostFailed, match="hung; its last output: virtsmith-probe: started"):
        start_host(PLAN, options(hosts, STARTED, limit=1.0))
    assert list((hosts.directory / "hosts").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "", "a/b", "-x"])
def test_a_name_cannot_lead_out_of_the_directory(hosts, name):
    if name:
        with pytest.raises(UsageError, match="not a valid name"):
            start_host(PLAN, options(hosts), name=name)


def test_records_that_are_not_ours_are_passed_over(hosts):
    strange = hosts.directory / "hosts" / "strange"
    strange.mkdir(parents=True)
    (strange / "host.json").write_text(json.dumps({"name": 7}))
    assert list_hosts() == []


def test_an_unknown_host_is_named_with_those_there_are(hosts):
    start_host(PLAN, options(hosts, STARTED, ("facts", FRAME)))
    with pytest.raises(UsageError) as caught:
        find_host("nobody")
    assert caught.value.hint == "existing hosts: minimal"


@pytest.mark.slow
def test_a_disk_image_is_started_with_provisioning_and_a_port_of_its_own(hosts, tmp_path):
    image = tmp_path / "disk.img"
    image.write_bytes(b"\0" * 512)
    key = tmp_path / "key"
    key.with_suffix(".pub").write_text("ssh-ed25519 AAAA me@here\n")
    key.touch()
    host = start_host(PLAN, options(hosts), image=image, ssh_key=key.with_suffix(".pub"))
    assert (host.kind, host.ssh_identity) == ("image", str(key))
    assert "-no-reboot" not in host.command
    assert f"hostfwd=tcp:127.0.0.1:{host.ssh_port}-:22" in host.command
    assert "snapshot=on" in host.command
    seed = {path.name: path.read_text() for path in (Path(host.directory) / "seed").iterdir()}
    assert seed["user-data"].startswith("#cloud-config")
    assert '  - "ssh-ed25519 AAAA me@here"' in seed["user-data"]
    mac = re.search(r'macaddress: "([0-9a-f:]+)"', seed["network-config"])[1]
    assert f"netdev=primary,mac={mac}" in host.command
    assert mac not in {endpoint.mac for endpoint in PLAN.endpoints}


@pytest.mark.parametrize("text", ["-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n", "", "nonsense\n"])
def test_a_private_key_or_nonsense_is_no_public_key_and_is_not_repeated(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_public_keys(path)
    assert "c2VjcmV0" not in str(caught.value)
