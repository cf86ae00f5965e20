"""Virtual test hosts: designed from a spec, linted, booted, and verified inside the guest.

The order of work: ``spec`` (what is requested), ``plan`` (every number), ``build`` (domain XML and command lines),
``run`` (a guest that reports its facts), ``verify`` (the verdict). The functions of this package do what the commands
of ``virtsmith host`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtsmith.core.lazy import lazy_exports

if TYPE_CHECKING:
    from virtsmith.host.build.argv import qemu_argv as qemu_argv
    from virtsmith.host.build.domain import build_domain as build_domain
    from virtsmith.host.build.onto import add_topology as add_topology
    from virtsmith.host.build.provision import provision_cloud_init as provision_cloud_init
    from virtsmith.host.build.provision import provision_script as provision_script
    from virtsmith.host.build.virtinstall import virt_install_argv as virt_install_argv
    from virtsmith.host.export.products import export_host as export_host
    from virtsmith.host.facts.collect import collect_here as collect_here
    from virtsmith.host.facts.gather import gather_facts as gather_facts
    from virtsmith.host.lint.run import lint_domain as lint_domain
    from virtsmith.host.plan.load import load_plan as load_plan
    from virtsmith.host.plan.load import parse_plan as parse_plan
    from virtsmith.host.run.boot import BootOptions as BootOptions
    from virtsmith.host.run.options import find_boot_options as find_boot_options
    from virtsmith.host.run.running import end_host as end_host
    from virtsmith.host.run.running import find_host as find_host
    from virtsmith.host.run.running import list_hosts as list_hosts
    from virtsmith.host.run.running import start_host as start_host
    from virtsmith.host.spec.examples import example_text as example_text
    from virtsmith.host.spec.reader import load_spec as load_spec
    from virtsmith.host.spec.reader import parse_spec as parse_spec
    from virtsmith.host.twin.make import TwinOptions as TwinOptions
    from virtsmith.host.twin.make import make_twin as make_twin
    from virtsmith.host.verify.run import verify_host as verify_host
    from virtsmith.host.views.boxes import show_dot as show_dot
    from virtsmith.host.views.boxes import show_svg as show_svg
    from virtsmith.host.views.data import show_data as show_data
    from virtsmith.host.views.text import show_text as show_text

if not TYPE_CHECKING:  # checkers know the names above, and so notice one that is wrong
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "build.argv": ("qemu_argv",),
            "build.domain": ("build_domain",),
            "build.onto": ("add_topology",),
            "build.provision": ("provision_cloud_init", "provision_script"),
            "build.virtinstall": ("virt_install_argv",),
            "export.products": ("export_host",),
            "facts.collect": ("collect_here",),
            "facts.gather": ("gather_facts",),
            "lint.run": ("lint_domain",),
            "plan.load": ("load_plan", "parse_plan"),
            "run.boot": ("BootOptions",),
            "run.options": ("find_boot_options",),
            "run.running": ("end_host", "find_host", "list_hosts", "start_host"),
            "spec.examples": ("example_text",),
            "spec.reader": ("load_spec", "parse_spec"),
            "twin.make": ("TwinOptions", "make_twin"),
            "verify.run": ("verify_host",),
            "views.boxes": ("show_dot", "show_svg"),
            "views.data": ("show_data",),
            "views.text": ("show_text",),
        },
    )
