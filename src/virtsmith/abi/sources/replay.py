"""Reading and writing recordings of QMP sessions: libvirt's ``*.replies`` files.

A recording is a sequence of JSON documents, each request followed by its reply. libvirt queries a QEMU twice: first
with the recorder's accelerator, then emulated, with ids starting again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from libvirtxml.files import read_bytes

from virtsmith.abi.dump.model import Binary
from virtsmith.abi.sources.source import Crashed, NotRecorded, QemuSource, Refused, required, result_or_reason
from virtsmith.errors import InputError
from virtsmith.qemu.qmp import QmpRefusal, Request

_SPACE = re.compile(r"\s*")
_MAX_BYTES = 1 << 28
_FIRST = "qmp_capabilities"
"""The command that starts a session."""


class Recording:
    """The replies in a recording. The last of several sessions counts: it ran emulated, as live dumps do."""

    def __init__(self, binary: Binary, answers: Mapping[str, Any]) -> None:
        self.binary = binary
        self._answers = answers

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Look up a reply."""
        return required(self._look_up(command, arguments or {}))

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Look up many replies."""
        return (self._look_up(command, arguments) for command, arguments in requests)

    def vmstate(self) -> Any:
        """Raise: recordings of QMP do not contain descriptions of state."""
        raise NotRecorded

    def cpu(self, model: str) -> Any:  # noqa: ARG002 - the interface
        """Raise: recordings are of QEMU without a machine."""
        raise NotRecorded

    def _look_up(self, command: str, arguments: Mapping[str, Any]) -> Any:
        return self._answers.get(_key(command, arguments), NotRecorded())


def load_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        InputError: it cannot be read or is damaged; the error has the line.
    """
    data = read_bytes(path)
    if len(data) > _MAX_BYTES:
        raise InputError("too large for a recording", source=str(path))
    return parse_recording(data, str(path))


def parse_recording(data: bytes, name: str) -> Recording:
    """Parse the bytes of a recording; ``name`` is for error messages.

    Raises:
        InputError: as `load_recording`.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError("not valid UTF-8", source=name, line=data.count(b"\n", 0, error.start) + 1) from error
    answers: dict[str, Any] = {}
    for command, arguments, answer in _iter_pairs(text, name):
        answers[_key(command, arguments)] = answer
    version = _version(answers.get(_key("query-version", {})), name)
    digest = hashlib.sha256(data).hexdigest()
    return Recording(Binary(version[0], version[1], digest, "replies"), answers)


class Recorder:
    """A source that records requests and replies of another source."""

    def __init__(self, source: QemuSource) -> None:
        self._source = source
        self._documents: list[dict[str, Any]] = []
        self._note(_FIRST, {}, {})
        self._note("query-version", {}, result_or_reason(lambda: source.ask("query-version")))

    @property
    def binary(self) -> Binary:
        """The QEMU."""
        return self._source.binary

    @property
    def text(self) -> str:
        """Return the recording so far; requests that crashed QEMU are omitted."""
        return "\n".join(json.dumps(document, indent=2) + "\n" for document in self._documents)

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Forward and record."""
        return required(next(self.ask_all([(command, arguments or {})])))

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Forward and record."""
        asked = list(requests)
        for (command, arguments), answer in zip(asked, self._source.ask_all(asked), strict=True):
            self._note(command, arguments, answer)
            yield answer

    def vmstate(self) -> Any:
        """Forward only; the format cannot store it."""
        return self._source.vmstate()

    def cpu(self, model: str) -> Any:
        """Forward only; the format cannot store it."""
        return self._source.cpu(model)

    def _note(self, command: str, arguments: Mapping[str, Any], answer: Any) -> None:
        if isinstance(answer, (NotRecorded, Crashed)):
            return
        number = f"virtsmith-{len(self._documents) // 2 + 1}"
        request = {"execute": command, **({"arguments": dict(arguments)} if arguments else {}), "id": number}
        refusal = answer.refusal if isinstance(answer, Refused) else None
        reply = {"error": {"class": refusal.kind, "desc": refusal.description}} if refusal else {"return": answer}
        self._documents += [request, {"id": number, **reply}]


def _iter_pairs(text: str, name: str) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    request: tuple[str, Mapping[str, Any], Any] | None = None
    place = 0
    for place, document in _iter_documents(text, name):
        match document:
            case {"execute": str(command)} if isinstance(document.get("arguments", {}), dict):
                if request is not None:
                    raise _damaged("a request before the last one was answered", text, place, name)
                request = command, document.get("arguments", {}), document.get("id")
            case {"return": _} | {"error": _}:
                if request is None or document.get("id") != request[2]:
                    raise _damaged("a reply that does not belong to the request before it", text, place, name)
                yield request[0], request[1], _answer(document, text, place, name)
                request = None
            case {"event": _} | {"QMP": _}:
                continue
            case _:
                raise _damaged("neither a request nor a reply", text, place, name)
    if request is not None:
        raise _damaged("the last request has no reply", text, place, name)


def _answer(document: Mapping[str, Any], text: str, place: int, name: str) -> Any:
    if "return" in document:
        return document["return"]
    match document["error"]:
        case {"class": str(kind), "desc": str(description)}:
            return Refused(QmpRefusal(kind, description))
    raise _damaged("an error without class and description", text, place, name)


def _iter_documents(text: str, name: str) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    place = _after_space(text, 0)
    while place < len(text):
        try:
            document, end = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise InputError(
                f"not JSON: {error.msg.lower()}", source=name, line=error.lineno, column=error.colno
            ) from None
        except RecursionError:
            raise _damaged("nested too deeply", text, place, name) from None
        except ValueError:
            raise _damaged("a number with thousands of digits", text, place, name) from None
        yield place, document
        place = _after_space(text, end)


def _after_space(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _damaged(reason: str, text: str, place: int, name: str) -> InputError:
    return InputError(reason, source=name, line=text.count("\n", 0, place) + 1)


def _version(answer: Any, name: str) -> tuple[str, str]:
    match answer:
        case {"qemu": {"major": int(major), "minor": int(minor), "micro": int(micro)}}:
            return f"{major}.{minor}.{micro}", str(answer.get("package", "")).strip().strip("()")
    raise InputError("no reply to query-version: not a recording of QEMU", source=name)


def _key(command: str, arguments: Mapping[str, Any]) -> str:
    """Return the same text for equal requests."""
    return f"{command} {json.dumps(arguments, sort_keys=True)}"
