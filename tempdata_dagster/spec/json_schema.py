"""The JSON Schema (draft 2020-12) of a dataset file, for editors."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel

from tempdata_dagster.spec.draft import Kinds, Modifiers, modifiers_of
from tempdata_dagster.spec.models import MAX_SEED, Dataset, Table
from tempdata_dagster.spec.rows import MAX_ROWS, ChildRows, FileRows, GridRows, PeriodRows
from tempdata_dagster.spec.values import IDENTIFIER

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)
_ROWS_HELP = (
    "Where rows come from: a number; 'per: <period>' for a rate; 'per: <table>' for children of each parent row; "
    "'every:' for a regular grid for each parent; 'file:' for a stored reference table."
)


def build_json_schema(kinds: Kinds) -> dict[str, Any]:
    """The schema of a dataset file with the short forms that the loader takes.

    Args:
        kinds: The column kinds; each adds its parameters under its own `kind`.
    """
    definitions: dict[str, Any] = {}
    dataset = _schema_of(Dataset, definitions, "")
    table = _schema_of(Table, definitions, "")
    name = {"pattern": f"^{IDENTIFIER.pattern}$"}
    table["properties"]["rows"] = _rows(definitions)
    table["properties"]["columns"] |= {"additionalProperties": {"$ref": "#/$defs/column"}, "propertyNames": name}
    table["properties"]["rules"]["items"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Rule"}]}
    dataset["properties"]["tables"] |= {"additionalProperties": {"$ref": "#/$defs/table"}, "propertyNames": name}
    dataset["properties"]["seed"] |= {"minimum": 0, "maximum": MAX_SEED}
    definitions["table"] = table
    definitions["column"] = _column(kinds, definitions)
    modifiers = modifiers_of(kinds)
    if modifiers is not None:
        definitions["modifier"] = _modifier(modifiers, definitions)
    for unused in ("Table", "ColumnSettings", "StaticRows", "ModifierSettings"):
        definitions.pop(unused, None)
    return {"$schema": _DRAFT, **dataset, "title": "tempdata dataset", "$defs": dict(sorted(definitions.items()))}


def _schema_of(model: type[BaseModel], definitions: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A model's schema; what it refers to is added to `definitions`, under names that begin with `prefix`."""
    schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    definitions.update({f"{prefix}{name}": inner for name, inner in schema.pop("$defs", {}).items()})
    schema.pop("title", None)
    described = read_attributes(model)
    for name, setting in schema.get("properties", {}).items():
        setting.pop("title", None)
        if name in described:
            setting.setdefault("description", described[name])
    if "description" in schema:
        schema["description"] = schema["description"].split("\n\n")[0]
    return schema


def read_attributes(model: type[BaseModel]) -> dict[str, str]:
    """What the `Attributes:` sections of a model's docstring and of its bases' say of each setting."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        _, _, section = (inspect.getdoc(one) or "").partition("Attributes:\n")
        for name, text in _ATTRIBUTE.findall(section.split("\n\n")[0]):
            found[name] = " ".join(text.split())
    return found


def _rows(definitions: dict[str, Any]) -> dict[str, Any]:
    for model in (PeriodRows, ChildRows, GridRows, FileRows):
        definitions[model.__name__] = _schema_of(model, definitions, "")
    period = {"enum": ["hour", "day", "week", "month"]}
    definitions["PeriodRows"]["properties"]["per"] = period
    # A country alone is the short form of its holidays.
    holidays = {"anyOf": [{"type": "string", "pattern": "^[A-Z]{2}$"}, {"$ref": "#/$defs/Holidays"}]}
    definitions["PeriodRows"]["properties"]["holidays"] = holidays
    chosen = {
        "if": {"required": ["file"]},
        "then": {"$ref": "#/$defs/FileRows"},
        "else": {
            "if": {"properties": {"per": period}, "required": ["per"]},
            "then": {"$ref": "#/$defs/PeriodRows"},
            "else": {
                "if": {"required": ["every"]},
                "then": {"$ref": "#/$defs/GridRows"},
                "else": {"$ref": "#/$defs/ChildRows"},
            },
        },
    }
    number = {"type": "integer", "minimum": 0, "maximum": MAX_ROWS}
    return {"description": _ROWS_HELP, "if": {"type": "object"}, "then": chosen, "else": number}


def _column(kinds: Kinds, definitions: dict[str, Any]) -> dict[str, Any]:
    choices = []
    for kind in kinds:
        model = kinds.get(kind)
        schema = _schema_of(model, definitions, f"{kind}.")
        schema["properties"]["kind"] = {"const": kind}
        if modifiers_of(kinds) is not None:
            changes = schema["properties"]["modifiers"].get("description", "")
            items = {"$ref": "#/$defs/modifier"}
            schema["properties"]["modifiers"] = {"type": "array", "items": items, "description": changes}
            definitions.pop(f"{kind}.ModifierSettings", None)
        definitions[f"kind.{kind}"] = schema
        is_kind = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        choices.append({"if": is_kind, "then": {"$ref": f"#/$defs/kind.{kind}"}})
    # With if/then an editor completes the parameters of the kind that is written, and reports no other's errors.
    known: dict[str, Any] = {"enum": list(kinds), "description": "How the column's values are made."}
    return {"type": "object", "required": ["kind"], "properties": {"kind": known}, "allOf": choices}


def _modifier(modifiers: Modifiers, definitions: dict[str, Any]) -> dict[str, Any]:
    choices = []
    for kind in modifiers:
        schema = _schema_of(modifiers.get(kind), definitions, f"modifier.{kind}.")
        schema["properties"]["kind"] = {"const": kind}
        definitions[f"modifier.{kind}"] = schema
        is_kind = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        choices.append({"if": is_kind, "then": {"$ref": f"#/$defs/modifier.{kind}"}})
    known: dict[str, Any] = {"enum": list(modifiers), "description": "How the cells are changed."}
    return {"type": "object", "required": ["kind"], "properties": {"kind": known}, "allOf": choices}
