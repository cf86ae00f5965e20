"""Products that hosts are written for."""

import pytest

from virtsmith.cli.host.export import PRODUCTS as OFFERED
from virtsmith.errors import UsageError
from virtsmith.host import export_host, load_plan
from virtsmith.host.export.products import PRODUCTS


def test_the_command_line_offers_every_product():
    assert tuple(PRODUCTS) == OFFERED


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_document_begins_with_what_it_is(name):
    assert PRODUCTS[name].title in export_host(load_plan("minimal"), name).text.partition("\n")[0]


def test_an_unknown_product_is_refused():
    with pytest.raises(UsageError, match="unknown product: vagrant"):
        export_host(load_plan("minimal"), "vagrant")
