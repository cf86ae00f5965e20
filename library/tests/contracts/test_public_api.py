"""The public API changes only where somebody means it: `make api` writes the listing, and its diff is reviewed."""

from pathlib import Path

import libvirtxml
from xml_helpers.api_listing import api_listing

LISTING = Path(__file__).with_name("api.txt")


def test_the_public_api_is_what_the_listing_says():
    assert api_listing(Path(libvirtxml.__file__).parent) == LISTING.read_text(encoding="utf-8")
