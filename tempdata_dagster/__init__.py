"""A staging lake that refreshes itself: YAML datasets become partitioned, audited, published tables and Dagster assets.

    from tempdata_dagster import generate, read_table
    generate("shop.yaml", "./lake", first="2025-01-01", last="2025-01-14")
    read_table("./lake", "shop", "orders")

Everything is imported when it is first touched: a process that only asks for the version pays for nothing else.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tempdata_dagster.core.errors import (
        AuditError,
        ConflictError,
        DataError,
        GenerationError,
        InputError,
        OutsideError,
        SpecError,
        TempDataError,
        TerminalError,
        TransientError,
    )
    from tempdata_dagster.generate import generate, open_plan
    from tempdata_dagster.generators import KINDS
    from tempdata_dagster.modifiers import MODIFIERS
    from tempdata_dagster.orchestration.assets import build_tempdata_asset_specs
    from tempdata_dagster.orchestration.component import TempDataComponent
    from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
    from tempdata_dagster.orchestration.io_managers import TempDataIOManager
    from tempdata_dagster.orchestration.resources import TempDataDestination, TempDataResource
    from tempdata_dagster.orchestration.translator import TempDataTranslator
    from tempdata_dagster.publish.copy import copy
    from tempdata_dagster.publish.gc import gc
    from tempdata_dagster.publish.purge import purge
    from tempdata_dagster.publish.read import read_table
    from tempdata_dagster.publish.route import Routes, open_place
    from tempdata_dagster.publish.target import Target
    from tempdata_dagster.publish.verify import verify
    from tempdata_dagster.refresh import RefreshOptions, RefreshResult
    from tempdata_dagster.spec.load import load_dataset

__version__ = "0.1.0"

__all__ = [
    "KINDS",
    "MODIFIERS",
    "AuditError",
    "ConflictError",
    "DataError",
    "GenerationError",
    "InputError",
    "OutsideError",
    "RefreshOptions",
    "RefreshResult",
    "Routes",
    "SpecError",
    "Target",
    "TempDataComponent",
    "TempDataDestination",
    "TempDataError",
    "TempDataIOManager",
    "TempDataResource",
    "TempDataTranslator",
    "TerminalError",
    "TransientError",
    "__version__",
    "build_tempdata_asset_specs",
    "build_tempdata_definitions",
    "copy",
    "gc",
    "generate",
    "load_dataset",
    "open_place",
    "open_plan",
    "purge",
    "read_table",
    "verify",
]

_ERRORS = "tempdata_dagster.core.errors"
_HOMES = {
    "AuditError": _ERRORS,
    "ConflictError": _ERRORS,
    "DataError": _ERRORS,
    "GenerationError": _ERRORS,
    "InputError": _ERRORS,
    "KINDS": "tempdata_dagster.generators",
    "MODIFIERS": "tempdata_dagster.modifiers",
    "OutsideError": _ERRORS,
    "RefreshOptions": "tempdata_dagster.refresh",
    "RefreshResult": "tempdata_dagster.refresh",
    "Routes": "tempdata_dagster.publish.route",
    "SpecError": _ERRORS,
    "Target": "tempdata_dagster.publish.target",
    "TempDataComponent": "tempdata_dagster.orchestration.component",
    "TempDataDestination": "tempdata_dagster.orchestration.resources",
    "TempDataError": _ERRORS,
    "TempDataIOManager": "tempdata_dagster.orchestration.io_managers",
    "TempDataResource": "tempdata_dagster.orchestration.resources",
    "TempDataTranslator": "tempdata_dagster.orchestration.translator",
    "TerminalError": _ERRORS,
    "TransientError": _ERRORS,
    "build_tempdata_asset_specs": "tempdata_dagster.orchestration.assets",
    "build_tempdata_definitions": "tempdata_dagster.orchestration.definitions",
    "copy": "tempdata_dagster.publish.copy",
    "gc": "tempdata_dagster.publish.gc",
    "generate": "tempdata_dagster.generate",
    "load_dataset": "tempdata_dagster.spec.load",
    "open_place": "tempdata_dagster.publish.route",
    "open_plan": "tempdata_dagster.generate",
    "purge": "tempdata_dagster.publish.purge",
    "read_table": "tempdata_dagster.publish.read",
    "verify": "tempdata_dagster.publish.verify",
}


def __getattr__(name: str) -> Any:
    """The public name, imported now."""
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, and what a module has anyway."""
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `generate` the function: importing the module of that name would put the module in its place."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
