"""Names in Inspect's registry: the same however evalkit is installed.

Inspect puts the package's name before the names of a package it finds among the installed ones. It does not find one
that is installed from a checkout and whose distribution has another name than its package, as evalkit's has.
"""

from __future__ import annotations

PACKAGE = "evalkit"


def registered_name(function: object) -> str:
    """Return the name to give to one of Inspect's decorators so that `evalkit/NAME` finds the function."""
    from inspect_ai._util.registry import registry_name

    bare = str(getattr(function, "__name__", ""))
    return bare if registry_name(function, bare) != bare else f"{PACKAGE}/{bare}"
