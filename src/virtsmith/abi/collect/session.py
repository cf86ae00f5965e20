"""The input of machine sections: a guest, and facts about its QEMU."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from virtsmith.abi.collect.firmware import Firmware
from virtsmith.abi.dump.model import Dump, Section, SectionStatus
from virtsmith.abi.machine.guest import StoppedMachine
from virtsmith.qemu.process import QemuDied


@dataclass(frozen=True, slots=True)
class BinaryFacts:
    """Facts from the dump of a binary that the dumps of its machine types need; they are sent with the jobs."""

    packed: bytes

    @classmethod
    def of(cls, dump: Dump) -> BinaryFacts:
        """Return the facts in the dump of a binary."""
        state = dump.sections["vmstate"]
        data = {
            "types": sorted(dump.sections["devices"].data),
            "vmstate": {"status": state.status.value, "detail": state.detail, "data": state.data},
        }
        return cls(zlib.compress(json.dumps(data).encode(), 1))

    @property
    def device_types(self) -> frozenset[str]:
        """The device types of this QEMU; empty if unknown."""
        return frozenset(_unpack(self.packed)["types"])

    @property
    def vmstate(self) -> Section:
        """The migrated state of all device types."""
        part = _unpack(self.packed)["vmstate"]
        return Section(SectionStatus(part["status"]), part["data"], part["detail"])


class Session:
    """A guest that is started on first use, and again after a crash."""

    def __init__(self, start: Callable[[], StoppedMachine], known: BinaryFacts) -> None:
        self._start = start
        self._guest: StoppedMachine | None = None
        self._firmware: Firmware | None = None
        self.known = known

    @property
    def guest(self) -> StoppedMachine:
        """The running guest."""
        if self._guest is None:
            self._guest = self._start()
        return self._guest

    @property
    def firmware(self) -> Firmware:
        """The guest's fw_cfg device."""
        if self._firmware is None:
            self._firmware = Firmware(self.guest.qtest)
        return self._firmware

    def crashed(self) -> QemuDied:
        """Discard a dead guest and return the error with its last output."""
        error = self.guest.qemu.died("QEMU ended")
        self.stop()
        return error

    def stop(self) -> None:
        """Stop the guest, if one is running."""
        if self._guest is not None:
            self._guest.qemu.stop()
        self._guest = self._firmware = None


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(zlib.decompress(packed))
    return data
