"""Predictions and drawings of a plan."""

import pytest
from lxml import etree

from virtsmith.host.facts.parsers.lspci import parse_lspci_tree
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_facts
from virtsmith.host.views.boxes import show_dot, show_svg
from virtsmith.host.views.data import show_data
from virtsmith.host.views.text import controller_tree, lspci_tree, show_text


def test_the_reference_host_has_27_devices_in_15_groups_nine_of_them_port_and_card():
    expected = predict(plan(example_spec("numa3")))
    assert (len(expected.devices), len(expected.groups)) == (27, 15)
    pairs = {
        frozenset({f"0000:{b:02x}:{p:02x}.0", f"0000:{b + p + 1:02x}:00.0"})
        for b in (0xB4, 0xC8, 0xDC)
        for p in range(3)
    }
    assert pairs <= set(expected.groups)
    assert expected.root_buses == {0xB4: 0, 0xC8: 1, 0xDC: 2}


def test_ports_with_acs_leave_every_function_alone():
    expected = predict(plan(example_spec("numa3-sriov")))
    functions = [device for device in expected.devices if device.physical]
    assert [function.address for function in functions[:2]] == ["0000:21:10.0", "0000:21:10.2"]
    assert all(frozenset({function.address}) in expected.groups for function in functions)


def test_a_host_without_an_iommu_has_no_groups():
    assert predict(plan(example_spec("minimal"))).groups == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_drawn_lspci_tree_reads_back_as_the_design(name):
    numbered = plan(example_spec(name))
    facts = parse_lspci_tree(lspci_tree(predict(numbered)))
    assert len(facts.devices) == len(predict(numbered).devices)
    assert verify_facts(numbered, [facts]).verdict is HostVerdict.OK


def test_the_controller_tree_shows_indexes_nodes_and_cards():
    text = controller_tree(plan(example_spec("numa3")))
    assert "+- pcie-expander-bus (index 3, node 0, guest bus b4 (180)) at 00:02.0" in text
    assert "+- net8: e1000e 52:54:00:7e:6e:e8 at df:00.0" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_form_of_drawing_names_every_card(name):
    numbered = plan(example_spec(name))
    svg, dot, text = show_svg(numbered), show_dot(numbered), show_text(numbered)
    etree.fromstring(svg)
    for endpoint in numbered.endpoints:
        place = endpoint.guest[5:]
        assert place in svg
        assert place in dot
        assert place in text
    assert len(show_data(numbered)["devices"]) == len(predict(numbered).devices)
