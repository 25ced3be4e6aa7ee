"""What a modifier is: its settings, and how it changes a bound column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NoReturn

import pyarrow as pa

from tempdata_dagster.core.registry import Registry
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.spec.models import ModifierSettings


@dataclass
class ModifierScope(Scope):
    """The plan as a modifier of a column sees it; its streams and the places of its problems are its own.

    Attributes:
        place: Which of the column's modifiers it is, from 0 on.
    """

    place: int = 0

    def stream(self, lane: str = "") -> Stream:
        """The modifier's random bits, keyed by the column and the place in its list."""
        names = (self.dataset.seed, self.dataset.dataset, self.table, self.name, "modifier", self.place, lane)
        return Stream.of(*names)

    def fail(self, code: str, message: str, *path: str | int, hint: str = "") -> NoReturn:
        """Note a problem of this modifier and stop binding its column."""
        super().fail(code, message, "modifiers", self.place, *path, hint=hint)


class Modifier(ModifierSettings):
    """Base of every modifier: its parameters are fields, and `bind` wraps a column's function.

    Attributes:
        version: Raised when it gives other cells for the same settings; part of the fingerprint.
    """

    version: ClassVar[int] = 1

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """The column with changed cells, and what is still true of it.

        Raises:
            UnboundError: The settings do not make sense there; the problem is noted in the scope.
        """
        raise TypeError(
            f"modifier {type(self).__name__} has no bind of its own; {scope.name}, {column.type}, cannot be bound"
        )


def change(column: Binding, fill: Callable[[Frame], pa.Array], **promises: Any) -> Binding:
    """A column with other cells: it promises nothing of the old ones but whether it can be null, and what is given."""
    dropped = {"minimum": None, "maximum": None, "values": None, "pattern": None, "distinct": False}
    unlike = {"copies": None, "reach": None, "as_of": False}
    return replace(column, fill=fill, **{**dropped, **unlike, **promises})


def modify(scope: Scope, column: Binding) -> Binding:
    """A column with all modifiers of its settings, one after another.

    Raises:
        UnboundError: One of them does not make sense there; the problem is noted.
    """
    for place, settings in enumerate(scope.settings.modifiers):
        if not isinstance(settings, Modifier):
            raise TypeError(f"{type(settings).__name__} of {scope.table}.{scope.name} is no modifier")
        own = ModifierScope(scope.binder, scope.table, scope.name, scope.settings, scope.needs, scope.facts, place)
        column = settings.bind(own, column)
    return column


MODIFIERS: Registry[Modifier] = Registry("modifier", "tempdata_dagster.modifiers")
