"""Files with which a project's build handles its catalogues: targets, installation, what archives have."""

from __future__ import annotations
