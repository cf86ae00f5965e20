"""TOML to specs: what is read, and how wrong input is refused."""

import ast
import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.core.config import ConfigError
from virtsmith.errors import InputError
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec import reader
from virtsmith.host.spec.examples import NAMES, example_spec, example_text
from virtsmith.host.spec.reader import load_spec, parse_spec

MINIMAL = 'name = "h"\n[[node]]\ncpus = 1\nmemory = "512 MiB"\n'


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_read(name):
    assert example_spec(name).nodes


def keys_that_are_read():
    """The first argument of each method of a table in the reader."""
    for node in ast.walk(ast.parse(inspect.getsource(reader))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="table" | "inner")), args=[ast.Constant(value=str(key)), *_]
            ):
                yield key


def test_the_annotated_example_explains_every_key():
    keys, text = set(keys_that_are_read()), example_text("annotated")
    assert {"mac-base", "vfs", "address-width"} <= keys
    assert {key for key in keys if not re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text)} == set()


def test_the_reference_host_has_the_nodes_and_cards_of_the_published_recipe():
    spec = example_spec("numa3")
    assert [node.cpus for node in spec.nodes] == [(0, 1, 2, 3), (4, 5), (6, 7)]
    assert [node.memory_kib for node in spec.nodes] == [4096000, 2048000, 2048000]
    assert [device.mac[-2:] for device in spec.iter_devices()] == ["c6", "c7", "c8", "d6", "d7", "d8", "e6", "e7", "e8"]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('cpuz = "host"', "x.toml:2:1: unknown key 'cpuz'", "did you mean cpu?"),
        ("cpu = 4", "x.toml:2:1: cpu must be text, not a whole number", None),
        ('iommu = "intle"', "x.toml:2:1: iommu cannot be 'intle'", "did you mean intel?"),
        ('iommu = { modle = "intel" }', "x.toml:2:11: unknown key 'modle'", "did you mean model?"),
        ('devices = ["e1000"]', "x.toml:2:12: model cannot be 'e1000'", "did you mean e1000e?"),
        ('devices = [{ model = "igb", vfs = 8 }]', "x.toml:2:29: igb can have at most 7 virtual functions", None),
        ('devices = [{ model = "e1000e", vfs = 1 }]', "e1000e can have no virtual functions, not 1", None),
        ('devices = [{ model = "nvme", mac = "52:54:00:00:00:01" }]', "nvme is not a network card", None),
        ('devices = [{ model = "igb", driver = "edu" }]', "belong to a generic device", None),
        ('memory = "4"', "x.toml:2:1: memory cannot be '4'", "write it like '4 GiB'"),
        ("spare-ports = 300", "must be between 0 and 256, not 300", None),
        ("spare-ports = true", "must be a whole number, not true or false", None),
        ('mac-base = "nonsense"', "mac-base cannot be 'nonsense'", None),
        ("devices = 3", "devices must be a list", None),
        ("devices = [3]", "an item of devices must be a table", None),
    ],
)  # fmt: skip
def test_wrong_input_names_file_line_and_the_likely_word(line, message, hint):
    text = MINIMAL.replace('name = "h"\n', f'name = "h"\n{line}\n')
    with pytest.raises(ConfigError) as caught:
        parse_spec(text, "x.toml")
    assert message in str(caught.value)
    if hint:
        assert caught.value.hint == hint


def test_a_host_without_nodes_is_refused():
    with pytest.raises(ConfigError, match="at least one"):
        parse_spec('name = "x"', "x.toml")


def test_a_missing_name_is_named():
    with pytest.raises(ConfigError, match="name is missing"):
        parse_spec(MINIMAL.replace('name = "h"\n', ""), "x.toml")


def test_cpus_may_be_counted_or_listed():
    spec = parse_spec(
        'name="x"\n[[node]]\ncpus=2\nmemory="1G"\n[[node]]\ncpus="4-5"\nmemory="1G"\n'
        '[[node]]\ncpus=1\nmemory="1G"\n[[node]]\nmemory="1G"\n'
    )
    assert [node.cpus for node in spec.nodes] == [(0, 1), (4, 5), (6,), ()]


def test_a_mac_counts_up_with_count():
    spec = parse_spec(MINIMAL + 'devices=[{model="e1000e", count=2, mac="52:54:00:00:00:ff"}]\n')
    assert [device.mac for device in spec.iter_devices()] == ["52:54:00:00:00:ff", "52:54:00:00:01:00"]


def test_a_node_may_have_several_root_complexes():
    spec = parse_spec(MINIMAL + 'spare-ports=1\n[[node.complex]]\nbus=100\ndevices=["nvme"]\n')
    assert [(root_complex.spare_ports, root_complex.bus) for _, root_complex in spec.iter_complexes()] == [
        (1, None),
        (0, 100),
    ]


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        load_spec(tmp_path / "absent.toml")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with pytest.raises(InputError):
        parse_spec(text + "\nname = 7\n", "x")


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ('nam = "h"\n[[node]]\ncpus=1\nmemory="1G"\n', "x:1:1: unknown key 'nam'", "did you mean name?"),
        ('name = "h"\n[[node]]\ncpus=1\nmemry="1G"\n', "x:4:1: unknown key 'memry'", "did you mean memory?"),
    ],
)
def test_a_slip_in_a_required_key_is_named_rather_than_called_missing(text, place, hint):
    with pytest.raises(ConfigError) as caught:
        parse_spec(text, "x")
    assert (str(caught.value), caught.value.hint) == (place, hint)


def test_files_that_are_not_absolute_lie_beside_the_spec(tmp_path):
    path = tmp_path / "host.toml"
    path.write_text('name="h"\n[[disk]]\npath="a.img"\n[[disk]]\npath="/b.img"\n[[node]]\ncpus=1\nmemory="1G"\n')
    assert [disk.path for disk in load_spec(path).disks] == [f"{tmp_path}/a.img", "/b.img"]
    path.write_text('name="h"\nimage="c.qcow2"\n[[node]]\ncpus=1\nmemory="1G"\n')
    assert load_spec(path).image == f"{tmp_path}/c.qcow2"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("topology = { sockets = 2 }", "topology makes 2 CPUs, but the nodes have 1"),
        ("topology = { cores = 1 }", "sockets is missing"),
        ("topology = { sockets = 1, clusters = 1 }", "unknown key 'clusters'"),
    ],
)
def test_a_topology_must_be_that_of_all_cpus(line, message):
    with pytest.raises(ConfigError, match=message):
        plan(parse_spec(MINIMAL.replace("[[node]]", f"{line}\n[[node]]"), "x.toml"))
