"""Column kinds: one file each, its parameters and its vectorised function together."""

from __future__ import annotations

from tempdata_dagster.core.registry import Registry
from tempdata_dagster.engine.kind import Kind
from tempdata_dagster.engine.modifier import MODIFIERS, Modifier


class KindRegistry(Registry[Kind]):
    """The kinds, and the modifiers that columns of any kind take."""

    @property
    def modifiers(self) -> Registry[Modifier]:
        """The modifiers."""
        return MODIFIERS


KINDS = KindRegistry("kind", "tempdata_dagster.generators")
