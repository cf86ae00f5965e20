"""QEMU and libvirt versions side by side: catalogue, packages, installation, use, and the check matrix.

``layout`` knows where things are, ``archive`` reads distribution archives, ``install`` lays versions out, ``catalogue``
and ``packaging`` are for builds from source, ``daemon`` and ``check`` use installed versions. The functions of this
package do what the commands of ``virtsmith ark`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtsmith.core.lazy import lazy_exports

if TYPE_CHECKING:
    from virtsmith.ark.bisect.run import bisect_versions as bisect_versions
    from virtsmith.ark.catalogue.minimum import current_step as current_step
    from virtsmith.ark.catalogue.minimum import plan_minimum as plan_minimum
    from virtsmith.ark.catalogue.refresh import refresh_catalogue as refresh_catalogue
    from virtsmith.ark.catalogue.table import ReleaseCatalogue as ReleaseCatalogue
    from virtsmith.ark.catalogue.target_refresh import refresh_targets as refresh_targets
    from virtsmith.ark.catalogue.targets import Targets as Targets
    from virtsmith.ark.check.run import check_domain as check_domain
    from virtsmith.ark.doctor import examine as examine
    from virtsmith.ark.install.maintain import clean_ark as clean_ark
    from virtsmith.ark.install.maintain import remove_version as remove_version
    from virtsmith.ark.install.maintain import verify_versions as verify_versions
    from virtsmith.ark.install.versions import InstallOptions as InstallOptions
    from virtsmith.ark.install.versions import install_versions as install_versions
    from virtsmith.ark.install.versions import plan_installs as plan_installs
    from virtsmith.ark.layout import Ark as Ark
    from virtsmith.ark.layout import InstalledVersion as InstalledVersion
    from virtsmith.ark.migrate.run import migrate_domain as migrate_domain
    from virtsmith.ark.packaging.build import BuildOptions as BuildOptions
    from virtsmith.ark.packaging.build import build_on_copr as build_on_copr
    from virtsmith.ark.packaging.build import build_packages as build_packages
    from virtsmith.ark.packaging.build import build_version as build_version
    from virtsmith.ark.packaging.build import make_source_package as make_source_package
    from virtsmith.ark.packaging.build import make_spec as make_spec
    from virtsmith.ark.requests import VersionRequest as VersionRequest
    from virtsmith.ark.requests import find_versions as find_versions
    from virtsmith.ark.use import command_line as command_line
    from virtsmith.ark.use import variables as variables

if not TYPE_CHECKING:  # checkers know the names above, and so notice one that is wrong
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "bisect.run": ("bisect_versions",),
            "catalogue.minimum": ("current_step", "plan_minimum"),
            "catalogue.refresh": ("refresh_catalogue",),
            "catalogue.table": ("ReleaseCatalogue",),
            "catalogue.target_refresh": ("refresh_targets",),
            "catalogue.targets": ("Targets",),
            "check.run": ("check_domain",),
            "doctor": ("examine",),
            "install.maintain": ("clean_ark", "remove_version", "verify_versions"),
            "install.versions": ("InstallOptions", "install_versions", "plan_installs"),
            "layout": ("Ark", "InstalledVersion"),
            "migrate.run": ("migrate_domain",),
            "packaging.build": (
                "BuildOptions",
                "build_on_copr",
                "build_packages",
                "build_version",
                "make_source_package",
                "make_spec",
            ),
            "use": ("command_line", "variables"),
            "requests": ("VersionRequest", "find_versions"),
        },
    )
