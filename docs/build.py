"""`make docs`: writes docs/reference/ from the classes of the kinds and modifiers; each example is played on docs/stage.yaml.

A class says what it is in its docstring, what its parameters mean in their descriptions, and shows itself in one line,
`Example: {...}`. The line becomes a column of the first table of the stage that it fits; its cells make the sample and the picture.
"""

from __future__ import annotations

import inspect
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from pydantic_core import PydanticUndefined

from docs.picture import draw, draw_path
from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.modifiers import MODIFIERS
from tempdata_dagster.spec.json_schema import read_attributes
from tempdata_dagster.spec.load import load_dataset
from tempdata_dagster.spec.models import ColumnSettings

HERE = Path(__file__).parent
REFERENCE = HERE / "reference"
COUNTRIES = HERE.parent / "configs" / "datasets" / "reference" / "countries.csv"
TABLES = ("orders", "order_items", "products", "customers", "readings", "countries", "employees", "clicks", "parcels")
MODIFIED = (("orders", "amount"), ("orders", "ordered_at"), ("orders", "country"), ("products", "title"))
DAY = "2026-01-14"
SHOWN, DRAWN = 6, 20_000
STEPS = 144
_CELL, _DEFAULT, _BOUNDLESS = 240, 40, 1e15
_EXAMPLE = re.compile(r"^\s*Example: (\{.*\})$", re.MULTILINE)


class ExampleError(Exception):
    """An example fits no table of the stage."""


def find_example(model: type[Any]) -> str:
    """The settings after `Example:` in a class's docstring, as YAML.

    Raises:
        ExampleError: There is none.
    """
    found = _EXAMPLE.search(inspect.getdoc(model) or "")
    if found is None:
        raise ExampleError(f"{model.__name__} has no line 'Example: {{...}}'")
    return found[1]


@dataclass(frozen=True)
class Played:
    """An example as a column of the stage.

    Attributes:
        shown: The lines of the column in a dataset file.
        table: The table that it was added to.
        known: The columns that it is computed from, to be shown beside it.
        rows: Up to `DRAWN` rows of that table, with the column `example`.
        picture: How the cells spread, SVG; None where that says nothing.
    """

    shown: str
    table: str
    known: list[str]
    rows: pa.Table
    picture: str | None


def play_kind(name: str, example: str) -> Played:
    """The example of a kind as a column of the first table of the stage that it fits.

    Raises:
        ExampleError: It fits none.
    """
    settings = yaml.safe_load(example)
    return _play(name, f"example: {example}", settings, [(table, settings) for table in TABLES])


def play_modifier(name: str, example: str) -> Played:
    """The example of a modifier on a copy of the first column of the stage that it fits.

    Raises:
        ExampleError: It fits none.
    """
    settings = yaml.safe_load(example)
    columns = [(table, {"kind": "expression", "sql": base, "modifiers": [settings]}) for table, base in MODIFIED]
    return _play(name, f"modifiers: [{example}]", settings, columns)


def _play(name: str, shown: str, settings: Any, columns: list[tuple[str, dict[str, Any]]]) -> Played:
    said = []
    for table, column in columns:
        tree = yaml.safe_load((HERE / "stage.yaml").read_text(encoding="utf-8"))
        tree["tables"][table]["columns"]["example"] = column
        try:
            plan = _compile(tree)
        except SpecError as error:
            said.append(f"{table}: {error}")
            continue
        rows = _rows(plan, table)
        mentioned = [settings, column.get("sql", "")]
        known = [one for one in rows.column_names if one != "example" and _mentions(mentioned, one)]
        return Played(shown, table, known, rows, _draw(table, rows["example"]))
    raise ExampleError(f"the example of {name} fits no table of docs/stage.yaml:\n" + "\n".join(said))


def _draw(table: str, cells: pa.ChunkedArray) -> str | None:
    """A line where the rows are one series, else how the cells spread."""
    path = draw_path(cells.slice(0, STEPS)) if table == "readings" else None
    return path or draw(cells)


def _choose_shown(played: Played) -> pa.Table:
    """The first rows; of a modifier that changes few, half of them rows that it changes."""
    rows = played.rows.select([*played.known, "example"])
    if played.shown.startswith("modifiers"):
        before, after = (list(map(str, rows[name].to_pylist())) for name in (played.known[-1], "example"))
        changed = [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
        rows = rows.take(sorted({*range(SHOWN // 2), *changed[: SHOWN // 2]}))
    return rows.slice(0, SHOWN)


def _compile(tree: dict[str, Any]) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(COUNTRIES, folder)
        path = Path(folder) / "stage.yaml"
        path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        return compile_plan(load_dataset(path, KINDS))


def _rows(plan: Plan, table: str) -> pa.Table:
    parts = plan.parts(table, DAY if plan.period(table) else None)
    schema = plan.contract(table).schema
    batches = [batch for part in parts for batch in plan.batches(part)]
    return pa.Table.from_batches(batches, schema).slice(0, DRAWN)


def describe(name: str, model: type[Any], played: Played) -> Iterator[str]:
    """The page of one kind, line by line."""
    text = _EXAMPLE.sub("", inspect.getdoc(model) or "").split("Attributes:\n")[0]
    yield from (f"# {name.rpartition('/')[2]}", "", text.strip(), "", "```yaml", played.shown, "```", "")
    yield from _parameters(model)
    rows = played.rows
    kind = rows.schema.field("example").type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    yield from (f"As a column of the table `{played.table}` of [the stage](../../stage.yaml), `{kind}`:", "")
    yield from _sample(_choose_shown(played))
    if played.picture:
        yield from ("", f"![{_says(played)}](../images/{name}.svg)")


def _says(played: Played) -> str:
    return "one series, step by step" if "<polyline" in (played.picture or "") else "how the cells spread"


def _mentions(settings: Any, column: str) -> bool:
    if isinstance(settings, dict):
        return any(key == column or _mentions(value, column) for key, value in settings.items())
    if isinstance(settings, list):
        return any(_mentions(value, column) for value in settings)
    return isinstance(settings, str) and column in re.findall(r"\w+", settings)


def _parameters(model: type[Any]) -> Iterator[str]:
    shared, described = {*ColumnSettings.model_fields}, read_attributes(model)
    own = {name: field for name, field in model.model_fields.items() if name not in shared}
    if not own:
        return
    schema = model.model_json_schema()
    types = schema["properties"]
    yield from ("| parameter | takes | default | meaning |", "|---|---|---|---|")
    for name, field in own.items():
        given = "required" if field.is_required() else _value(field.get_default(call_default_factory=True))
        meaning = field.description or described.get(name, "")
        yield f"| `{field.alias or name}` | {_takes(types.get(field.alias or name, {}))} | {given} | {_cell(meaning)} |"
        yield from _inner_parameters(field.alias or name, types.get(field.alias or name, {}), schema.get("$defs", {}))
    yield ""


def _inner_parameters(name: str, schema: dict[str, Any], models: dict[str, Any]) -> Iterator[str]:
    """The settings of a parameter that is a mapping of known settings."""
    for one in (schema, *schema.get("anyOf", ())):
        model = models.get(str(one.get("$ref", "")).rpartition("/")[2], {})
        for inner, setting in model.get("properties", {}).items():
            given = "required" if inner in model.get("required", ()) else _value(setting.get("default"))
            yield f"| `{name}.{inner}` | {_takes(setting)} | {given} | {_cell(setting.get('description', ''))} |"


def _value(value: Any) -> str:
    if value is None or value is PydanticUndefined or value in ((), {}):
        return ""
    shown = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(
        shown if isinstance(shown, (str, int, float, bool, list, dict)) else str(shown), default_flow_style=True
    )
    shown = " ".join(text.removesuffix("...\n").split())
    return f"`{shown}`" if len(shown) <= _DEFAULT else ""


def _takes(schema: dict[str, Any]) -> str:
    """A type in a few words."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_takes(one) for one in schema["anyOf"] if one.get("type") != "null"))
    words = {
        "string": "text",
        "integer": "whole number",
        "boolean": "true or false",
        "array": "list",
        "object": "mapping",
    }
    kind = str(schema.get("type", "mapping" if "$ref" in schema else "value"))
    bounds = [
        f"{word} {schema[key]:g}"
        for key, word in (
            ("minimum", "from"),
            ("exclusiveMinimum", "above"),
            ("maximum", "to"),
            ("exclusiveMaximum", "below"),
        )
        if key in schema and abs(schema[key]) < _BOUNDLESS
    ]
    return " ".join([words.get(kind, kind), *bounds])


def _sample(rows: pa.Table) -> Iterator[str]:
    yield f"| {' | '.join(f'`{name}`' for name in rows.column_names)} |"
    yield f"|{'---|' * rows.num_columns}"
    for row in rows.to_pylist():
        yield f"| {' | '.join('*null*' if value is None else _cell(str(value)) for value in row.values())} |"


def _cell(text: str) -> str:
    flat = " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
    return flat if len(flat) <= _CELL else flat[:_CELL] + " ..."


def write_pages() -> dict[str, str]:
    """The text of every file of the reference, by its path within it."""
    index, pages = ["# Reference", "", "Written by `make docs` from the classes themselves."], {}
    for folder, title, registry, play in (
        ("kinds", "Kinds of columns", KINDS, play_kind),
        ("modifiers", "Modifiers of columns", MODIFIERS, play_modifier),
    ):
        index += ["", f"## {title}", "", "| name | what it is |", "|---|---|"]
        for name in registry:
            model = registry.get(name)
            played = play(name, find_example(model))
            page = "\n".join(describe(f"{folder}/{name}", model, played)).rstrip() + "\n"
            pages[f"{folder}/{name}.md"] = page
            if played.picture:
                pages[f"images/{folder}/{name}.svg"] = played.picture
            index.append(
                f"| [{name}]({folder}/{name}.md) | {_cell((inspect.getdoc(model) or '').split(chr(10) * 2)[0])} |"
            )
    return {"README.md": "\n".join(index) + "\n", **pages}


def main() -> None:
    """Writes the whole reference anew."""
    pages = write_pages()
    shutil.rmtree(REFERENCE, ignore_errors=True)
    for path, text in pages.items():
        (REFERENCE / path).parent.mkdir(parents=True, exist_ok=True)
        (REFERENCE / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
