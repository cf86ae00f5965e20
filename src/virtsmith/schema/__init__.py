"""From libvirt's RELAX NG schemas to facts, and from facts to the typed model.

The steps, in order, one file each: `rng` reads a folder of schemas into patterns, `pattern` is the algebra on them,
`world` finds which element types are the same, `build` makes facts of one release, `merge` dates them by other
releases, `naming` gives classes and fields their names, `plan` their Python types, `placement` a module to each class,
`classes` and `tables` write what modules hold, `emit` the files. `pipeline` is the order of steps. The functions
of this package do what the commands of ``virtsmith schema`` do.
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

if not TYPE_CHECKING:  # checkers know the names above, and so notice one that is wrong
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "order": ("write_order",),
            "pipeline": ("find_drift", "generate", "import_releases", "load_facts"),
            "summary": ("describe_release", "release_additions"),
        },
    )
