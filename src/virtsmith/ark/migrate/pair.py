"""A libvirt with a QEMU, as users name it: ``libvirt@9.0/qemu@7.2``."""

from __future__ import annotations

from dataclasses import dataclass

from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.ark.requests import VersionRequest, require_installed
from virtsmith.errors import UsageError


@dataclass(frozen=True, slots=True)
class InstalledPair:
    """An installed libvirt and the QEMU that it uses."""

    libvirt: InstalledVersion
    qemu: InstalledVersion

    @property
    def name(self) -> str:
        """Its name in tables and messages."""
        return f"{self.libvirt.name}/{self.qemu.name}"

    @classmethod
    def find(cls, ark: Ark, text: str) -> InstalledPair:
        """Return the installed versions that ``libvirt@9.0/qemu@7.2`` or ``9.0/7.2`` means.

        Raises:
            UsageError: it is not of this form.
            NotInstalled: one of them is not installed.
        """
        words = text.split("/")
        if len(words) != 2 or not all(words):
            raise UsageError(f"not a pair of versions: {text!r}", hint="write libvirt@9.0/qemu@7.2")
        found = {}
        for app, word in zip(("libvirt", "qemu"), words, strict=True):
            request = VersionRequest.parse(word if "@" in word else f"{app}@{word}")
            if request.app != app:
                raise UsageError(f"not a pair of versions: {text!r}", hint="write libvirt@9.0/qemu@7.2")
            found[app] = require_installed(ark, request)
        return cls(found["libvirt"], found["qemu"])
