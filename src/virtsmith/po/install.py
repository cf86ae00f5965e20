"""Installation of compiled catalogues in the directory where programs look for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError
from virtsmith.po.forms import DEFAULT_FORM
from virtsmith.po.work import CatalogueJob, compile_files, refuse_clashes, write_all


def install_path(language: str, domain: str, *, localedir: str, destdir: str = "") -> Path:
    """``DESTDIR/LOCALEDIR/LANGUAGE/LC_MESSAGES/DOMAIN.mo``, as GNU gettext expects it.

    Raises:
        UsageError: the domain is not a file name.

    Example:
        >>> install_path("de", "app", localedir="/usr/share/locale", destdir="/tmp/stage").as_posix()
        '/tmp/stage/usr/share/locale/de/LC_MESSAGES/app.mo'
    """
    if not all(part.strip(".") for part in domain.split("/")):
        raise UsageError(f"not a message domain: {domain!r}")
    base = Path(destdir) / localedir.lstrip("/") if destdir else Path(localedir)
    return base / language / "LC_MESSAGES" / f"{domain}.mo"


def install_catalogues(
    catalogues: Mapping[str, Path],
    domain: str,
    *,
    localedir: str,
    destdir: str = "",
    form: str = DEFAULT_FORM,
    progress: Progress = SILENT,
) -> list[Path]:
    """Compile and install the catalogues of languages, reproducibly; return the paths."""
    return install_domains([(domain, catalogues)], localedir=localedir, destdir=destdir, form=form, progress=progress)


def install_domains(
    domains: Sequence[tuple[str, Mapping[str, Path]]],
    *,
    localedir: str,
    destdir: str = "",
    form: str = DEFAULT_FORM,
    progress: Progress = SILENT,
) -> list[Path]:
    """The same for several message domains.

    Raises:
        UsageError: two of them have the same name, so that one would replace the other.
    """
    jobs = [
        CatalogueJob(path, install_path(language, domain, localedir=localedir, destdir=destdir))
        for domain, catalogues in domains
        for language, path in catalogues.items()
    ]
    refuse_clashes(jobs)
    done = compile_files(jobs, form=form, progress=progress)
    write_all(done)
    return [result.job.target for result in done]
