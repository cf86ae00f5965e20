"""What `host build` writes is what runs: unchanged, on pairs of libvirt and QEMU that distributions have shipped."""

import os
from dataclasses import replace

import pytest
from helpers.suite_ark import provide

from virtsmith.ark import daemon
from virtsmith.core.run import run
from virtsmith.host.build.domain import build_domain
from virtsmith.host.plan.devices import MODELS, ROOT_PORT_MODELS
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot

FULL = os.environ.get("VIRTSMITH_HOST_TESTS") == "full"
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not FULL, reason="boots all models on three pairs: make test-host"),
]
PAIRS = {"9.0 and 7.2": ("9.0", "7.2"), "11.3 and 10.0": ("11.3", "10.0.13"), "12.8 and 11.1": ("12.8", "11.1")}


def of_model(name, port):
    """A host with a device of a model, free ports beside it, and the same on another node."""
    return parse_spec(
        f'name = "{name}-{port}"\naccel = "tcg"\nroot-port = "{port}"\nspare-ports = 1\n'
        'iommu = { model = "intel", intremap = true, caching-mode = true }\n'
        f'[[node]]\ncpus = 1\nmemory = "512 MiB"\ndevices = ["{name}"]\nspare-ports = 2\n'
        f'[[node]]\ncpus = 1\nmemory = "512 MiB"\ndevices = [{{ model = "{name}", count = 2 }}]\nspare-ports = 1\n'
    )


HOSTS = [*(replace(example_spec(name), accel="tcg", installer=None) for name in NAMES)]
HOSTS += [of_model(name, port) for name in MODELS for port in ROOT_PORT_MODELS]
HOSTS.append(parse_spec(
    'name = "foreign"\naccel = "tcg"\n[[node]]\ncpus = 1\nmemory = "512 MiB"\nspare-ports = 1\n'
    'devices = [{ model = "generic", driver = "edu", id = "1234:11e8" }]\n'
))  # fmt: skip


@pytest.fixture(scope="module", params=PAIRS.values(), ids=PAIRS)
def pair(request, tmp_path_factory):
    """A daemon of a libvirt with a QEMU, and that QEMU's release."""
    libvirt, qemu = request.param
    versions = provide(f"libvirt@{libvirt}", f"qemu@{qemu}")
    made = daemon.make(*versions, tmp_path_factory.mktemp("d"))
    made.up()
    yield made, qemu
    made.down()


@pytest.mark.parametrize("spec", HOSTS, ids=lambda spec: spec.name)
def test_a_host_is_defined_started_unchanged_and_as_designed(options, pair, tmp_path, spec):
    made, qemu = pair
    path = tmp_path / "domain.xml"
    path.write_text(build_domain(plan(spec)).to_xml())
    run(["virsh", "-c", made.uri, "define", path, "--validate"], timeout=60)
    run(["virsh", "-c", made.uri, "undefine", spec.name], timeout=60)
    result = verify_boot(plan(spec), replace(options, libvirt=made.uri, time_limit=400))
    lacks = [device.model for device in spec.iter_devices() if qemu == "7.2" and device.kind.min_qemu]
    expected = HostVerdict.UNSUPPORTED if lacks else HostVerdict.OK
    print(f"| {spec.name} | {qemu} | {result.verdict.word} | {result.boot.reason or f'{result.boot.seconds:.0f} s'} |")
    assert (result.verdict, result.findings) == (expected, ()), result.boot.reason
