"""Which keys a model takes at a place within it: found by walking its annotations."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def field_names(model: type[BaseModel]) -> list[str]:
    """The keys of a model, as they are written in a file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at a pydantic error's place, which is relative to `model`."""
    reached: list[Any] = [model]
    for part in loc:
        stepped = [inner for annotation in reached for inner in _step(annotation, part)]
        # A part that leads nowhere is the name of a union's alternative.
        reached = stepped or reached
    models = [one for annotation in reached for one in _alternatives(annotation)]
    return [name for one in models if _is_model(one) for name in field_names(one)]


def _step(annotation: Any, part: int | str) -> Iterator[Any]:
    for one in _alternatives(annotation):
        if _is_model(one):
            for name, field in one.model_fields.items():
                if part in (name, field.alias):
                    yield field.annotation
        elif get_origin(one) is dict:
            yield get_args(one)[1]
        elif get_origin(one) in (list, tuple, set, frozenset) and isinstance(part, int):
            yield get_args(one)[0]


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
