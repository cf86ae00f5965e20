"""Conversion between storage profiles, with proof that programs see the same translations."""

from __future__ import annotations

from virtsmith.po.catalogue import Catalogue, parse_catalogue
from virtsmith.po.expand import Template, expand
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.proof import ConversionChanged, visible_part


def convert(catalogue: Catalogue, profile: StorageProfile, template: Catalogue | None = None) -> bytes:
    """The catalogue in the form of another profile; untranslated messages come from ``template`` if it is given.

    Raises:
        ConversionChanged: the compiled file would differ. This is always checked.
    """
    source = catalogue
    if template is not None and profile.untranslated:
        source = parse_catalogue(expand(catalogue, Template(template, wrap=profile.wrap)), catalogue.source)
    result = minimize(source, profile)
    if visible_part(parse_catalogue(result, catalogue.source)) != visible_part(catalogue):
        reason = "the conversion would change the compiled catalogue"
        raise ConversionChanged(reason, source=catalogue.source, hint="update the catalogue from its template first")
    return result
