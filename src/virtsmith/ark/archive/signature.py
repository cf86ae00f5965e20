"""Signatures of archives: a release file is valid only if a key with a recorded fingerprint has signed it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import require_program, run
from virtsmith.errors import ExternalError

_KEYRING_DIRECTORIES = (Path("/usr/share/keyrings"), Path("/etc/apt/trusted.gpg.d"))


class SignatureError(ExternalError):
    """A signature is missing, bad, or made with a key that is not trusted."""


def host_keyrings(names: Iterable[str]) -> list[Path]:
    """Return the keyrings of this machine that may hold the archive's keys."""
    return [directory / name for name in names for directory in _KEYRING_DIRECTORIES if (directory / name).is_file()]


def verify_signed(document: bytes, keyring: Path, fingerprints: Collection[str], *, source: str) -> bytes:
    """Return the signed content of a clear-signed document.

    The keyring only supplies key material: trust comes from the list of primary ``fingerprints``, so the keyring
    itself may come from anywhere. Expired keys are accepted, because archives of old releases are signed with them;
    revoked ones are not.

    Raises:
        SignatureError: no trusted key has signed the document as it is.
        ProgramMissing: gpgv is not installed.
    """
    gpgv = require_program("gpgv", hint="install gpgv (Debian: apt-get install gpgv, Fedora: dnf install gnupg2)")
    with scratch_directory() as directory:
        path, content = directory / "signed", directory / "content"
        write_draft(path, document)
        done = run([gpgv, "--keyring", keyring.resolve(), "--status-fd", "1", "--output", content, path], allow=())
        lines = done.text.splitlines()
        data = content.read_bytes() if content.exists() else b""
    _judge([line.split()[1:] for line in lines if line.startswith("[GNUPG:] ")], fingerprints, source, done.stderr_text)
    return data


def _judge(events: list[list[str]], fingerprints: Collection[str], source: str, talk: str) -> None:
    bad = [event for event in events if event[0] in ("BADSIG", "REVKEYSIG")]
    valid = {event[-1] for event in events if event[0] == "VALIDSIG"}
    if bad:
        reason = "the content was changed" if bad[0][0] == "BADSIG" else "the key was revoked"
        raise SignatureError(f"{source}: bad signature: {reason}", hint="try again later, or use another mirror")
    if valid & set(fingerprints):
        return
    if valid:
        raise SignatureError(f"{source}: signed by {min(valid)}, which is not a trusted key of the archive")
    unknown = [event[1] for event in events if event[0] == "NO_PUBKEY"]
    if unknown:
        raise SignatureError(
            f"{source}: signed by an unknown key {unknown[0]}",
            hint="install the archive's current keyring, or give one with --keyring",
        )
    tail = talk.strip().splitlines()
    raise SignatureError(f"{source}: not a signed document" + (f" ({tail[-1]})" if tail else ""))
