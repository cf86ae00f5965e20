"""From libvirt's RELAX NG schemas to facts, and from facts to the typed model.

The steps, in order, one module each: `rng` reads a directory of schemas into patterns, `pattern` is the algebra on
them, `world` finds equal element types, `build` makes the facts of one release, `merge` dates them by other releases,
`naming` names classes and fields, `plan` gives them Python types, `placement` assigns classes to modules, `classes` and
`tables` write the contents of modules, and `emit` the files. `pipeline` runs the steps. The functions of this package
do what the commands of ``virtsmith schema`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtsmith.core.lazy import lazy_exports

if TYPE_CHECKING:
    from virtsmith.schema.order import write_order as write_order
    from virtsmith.schema.pipeline import find_drift as find_drift
    from virtsmith.schema.pipeline import generate as generate
    from virtsmith.schema.pipeline import import_releases as import_releases
    from virtsmith.schema.pipeline import load_facts as load_facts
    from virtsmith.schema.summary import describe_release as describe_release
    from virtsmith.schema.summary import release_additions as release_additions

if not TYPE_CHECKING:  # type checkers see the names above, and so notice wrong ones
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "order": ("write_order",),
            "pipeline": ("find_drift", "generate", "import_releases", "load_facts"),
            "summary": ("describe_release", "release_additions"),
        },
    )
