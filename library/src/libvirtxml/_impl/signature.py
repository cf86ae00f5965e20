"""The signature of a constructor, for `inspect`, ``help`` and interactive shells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libvirtxml._impl.tables import info_of
from libvirtxml.errors import ModelError

if TYPE_CHECKING:
    from inspect import Signature


class ConstructorSignature:
    """Gives a class the signature that type checkers see: a keyword for each field, in the order of the document."""

    def __get__(self, obj: Any, owner: type) -> Signature:
        from inspect import Parameter, Signature, get_annotations  # noqa: PLC0415 - slow to import, rarely needed

        try:
            info = info_of(owner)
        except ModelError as error:  # the base classes have no fields
            raise AttributeError("__signature__") from error
        notes: dict[str, Any] = {}
        for cls in reversed(owner.__mro__):
            notes |= get_annotations(cls)
        parameters = [
            Parameter(
                field.name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if field.required else None,
                annotation=notes.get(field.name, Parameter.empty),
            )
            for field in info.fields.values()
            if not field.kind.is_discriminant
        ]
        parameters.append(Parameter("extra", Parameter.KEYWORD_ONLY, default=None, annotation="Extra | None"))
        return Signature(parameters)
