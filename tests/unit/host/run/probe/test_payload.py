"""Frames, archives, kernels and the shell probe."""

import lzma
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.core.run import find_program, run
from virtsmith.errors import InputError
from virtsmith.host.facts.collect import probe_script
from virtsmith.host.facts.model import parse_facts
from virtsmith.host.run.probe.cpio import directory, pack, regular, symlink
from virtsmith.host.run.probe.frame import FrameError, has_end, unwrap, wrap
from virtsmith.host.run.probe.kernel import Kernel, find_kernel, is_static


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_a_frame_gives_back_its_payload_whatever_stands_around_it(payload, noise):
    noise = noise.replace(b"BEGIN", b"")
    assert unwrap(noise + wrap(payload) + noise) == payload


@given(st.binary(max_size=200))
def test_no_noise_is_taken_for_a_frame(noise):
    with pytest.raises(FrameError):
        unwrap(noise)


def test_the_end_of_a_frame_is_seen_only_when_it_is_there():
    frame = wrap(b"x" * 100)
    assert has_end(frame)
    assert not any(has_end(frame[:size]) for size in range(len(frame) - 1))


@pytest.mark.skipif(find_program("cpio") is None, reason="cpio is not installed")
def test_an_archive_is_one_that_cpio_unpacks(tmp_path):
    archive = pack(
        [regular("a/b/run", b"#!/bin/sh\n", executable=True), symlink("a/link", "b/run"), directory("empty")]
    )
    run(["cpio", "--quiet", "-idm", "--no-absolute-filenames"], stdin=archive, cwd=tmp_path)
    assert (tmp_path / "a/b/run").read_bytes() == b"#!/bin/sh\n"
    assert os.access(tmp_path / "a/b/run", os.X_OK)
    assert (tmp_path / "a/link").readlink().name == "run"
    assert (tmp_path / "empty").is_dir()


def test_equal_archives_are_equal_bytes():
    assert pack([regular("x", b"1")]) == pack([regular("x", b"1")])


def module(path, name, depends=""):
    path.mkdir(parents=True, exist_ok=True)
    data = b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0name=" + name.encode() + b"\0"
    (path / f"{name}.ko").write_bytes(data)
    return data


def test_modules_come_after_those_they_depend_on_packed_or_not(tmp_path):
    base = tmp_path / "6.1"
    first = module(base / "kernel", "i2c-core")
    module(base / "kernel/net", "igb", "dca,i2c_core")
    (base / "kernel/dca.ko.xz").write_bytes(lzma.compress(module(tmp_path / "other", "dca")))
    order = Kernel(tmp_path / "vmlinuz", base).load_order(["igb", "built_in", "igb"])
    assert [name for name, _ in order] == ["dca", "i2c_core", "igb"]
    assert order[1][1] == first


def test_modules_in_a_circle_are_no_endless_loop(tmp_path):
    module(tmp_path / "6.1", "a", "b")
    module(tmp_path / "6.1", "b", "a")
    assert {name for name, _ in Kernel(tmp_path / "k", tmp_path / "6.1").load_order(["a"])} == {"a", "b"}


def test_a_given_kernel_needs_its_modules(tmp_path):
    image = tmp_path / "vmlinuz-9.9.9-none"
    image.write_bytes(b"x")
    with pytest.raises(InputError, match="no such directory of kernel modules"):
        find_kernel(image)
    (tmp_path / "9.9.9-none").mkdir()
    assert find_kernel(image, tmp_path / "9.9.9-none").version == "9.9.9-none"


def test_a_script_is_no_static_program(tmp_path):
    (tmp_path / "busybox").write_text("#!/bin/sh\n")
    assert not is_static(tmp_path / "busybox")
    assert not is_static(tmp_path / "absent")


def test_the_shell_probe_reports_the_facts_of_this_machine():
    done = subprocess.run(["sh", "-s"], input=probe_script(), capture_output=True, check=True, timeout=60)
    facts = parse_facts(done.stdout, "here")
    assert facts.data["kernel"] == os.uname().release
    assert facts.nodes is not None
