"""The kinds of component: one file each, found by itself; a file with a KIND is one."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from snowmaker.components.base import Component, Kind, Place, Property, Row

__all__ = ["Component", "Kind", "Place", "Property", "Row", "kinds"]


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its section in YAML, as its file's name says it; in the order of the files' names."""
    found: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        kind = getattr(import_module(f"{__name__}.{module.name}"), "KIND", None)
        if kind is not None:
            found[kind.section] = kind
    return found
