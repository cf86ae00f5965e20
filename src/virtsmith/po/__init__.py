"""Gettext catalogues that stay small: read, minimised, expanded, compiled, checked, merged, shared with translators.

The functions of this package do what the commands of ``virtsmith po`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtsmith.core.lazy import lazy_exports

if TYPE_CHECKING:
    from virtsmith.po.builds import write_build_file as write_build_file
    from virtsmith.po.catalogue import Catalogue as Catalogue
    from virtsmith.po.catalogue import load_catalogue as load_catalogue
    from virtsmith.po.catalogue import parse_catalogue as parse_catalogue
    from virtsmith.po.check.project import check_files as check_files
    from virtsmith.po.check.project import check_project as check_project
    from virtsmith.po.check.project import find_errors as find_errors
    from virtsmith.po.conflicts import merge_in_project as merge_in_project
    from virtsmith.po.conflicts import resolve_conflict as resolve_conflict
    from virtsmith.po.desktop import merge_desktop as merge_desktop
    from virtsmith.po.diff import readable as readable
    from virtsmith.po.entry import Entry as Entry
    from virtsmith.po.errors import CatalogueError as CatalogueError
    from virtsmith.po.extract import extract_project as extract_project
    from virtsmith.po.inputs import choose_profile as choose_profile
    from virtsmith.po.inputs import find_catalogues as find_catalogues
    from virtsmith.po.inputs import find_project as find_project
    from virtsmith.po.inputs import find_projects as find_projects
    from virtsmith.po.install import install_catalogues as install_catalogues
    from virtsmith.po.install import install_domains as install_domains
    from virtsmith.po.mo import compile_catalogue as compile_catalogue
    from virtsmith.po.platforms.select import select_platform as select_platform
    from virtsmith.po.savings import measure_noise as measure_noise
    from virtsmith.po.savings import measure_sizes as measure_sizes
    from virtsmith.po.stats import measure_project as measure_project
    from virtsmith.po.sync import pull as pull
    from virtsmith.po.sync import push as push
    from virtsmith.po.sync import write_pulled as write_pulled
    from virtsmith.po.versions import compare_versions as compare_versions
    from virtsmith.po.work import compile_files as compile_files
    from virtsmith.po.work import convert_files as convert_files
    from virtsmith.po.work import expand_files as expand_files
    from virtsmith.po.work import minimize_files as minimize_files
    from virtsmith.po.work import plan_jobs as plan_jobs
    from virtsmith.po.work import write_all as write_all

if not TYPE_CHECKING:  # checkers know the names above, and so notice one that is wrong
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "builds": ("write_build_file",),
            "catalogue": ("Catalogue", "load_catalogue", "parse_catalogue"),
            "check.project": ("check_files", "check_project", "find_errors"),
            "conflicts": ("merge_in_project", "resolve_conflict"),
            "diff": ("readable",),
            "entry": ("Entry",),
            "errors": ("CatalogueError",),
            "extract": ("extract_project",),
            "inputs": ("choose_profile", "find_catalogues", "find_project", "find_projects"),
            "desktop": ("merge_desktop",),
            "install": ("install_catalogues", "install_domains"),
            "mo": ("compile_catalogue",),
            "platforms.select": ("select_platform",),
            "savings": ("measure_noise", "measure_sizes"),
            "stats": ("measure_project",),
            "sync": ("pull", "push", "write_pulled"),
            "versions": ("compare_versions",),
            "work": ("compile_files", "convert_files", "expand_files", "minimize_files", "plan_jobs", "write_all"),
        },
    )
