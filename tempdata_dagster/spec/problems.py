"""What a model's complaints mean in plain words, and where in the file they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.core.limits import DEFAULT_LIMITS
from tempdata_dagster.core.registry import closest
from tempdata_dagster.spec.fields import fields_at
from tempdata_dagster.spec.yaml_tree import DocumentPath, Tree

Model = TypeVar("Model", bound=BaseModel)
_TYPE, _BOUND, _VALUE = "TD1022", "TD1023", "TD1024"
# By pydantic's error type: our code, the message and the hint, with the error's own context filled in.
_SENTENCES: dict[str, tuple[str, str, str]] = {
    "string_type": (_TYPE, "{name} is text, not {got}", "put it in quotes"),
    "int_type": (_TYPE, "{name} is a whole number, not {got}", "write it without quotes and decimals, such as 42"),
    "int_from_float": (
        _TYPE,
        "{name} is a whole number, not {got}",
        "write it without quotes and decimals, such as 42",
    ),
    "int_parsing": (_TYPE, "{name} is a whole number, not {got}", "write it without quotes and decimals, such as 42"),
    "float_type": (_TYPE, "{name} is a number, not {got}", "write it without quotes, such as 1.5"),
    "float_parsing": (_TYPE, "{name} is a number, not {got}", "write it without quotes, such as 1.5"),
    "finite_number": (_BOUND, "{name} is a finite number, not {got}", ""),
    "bool_type": (_TYPE, "{name} is true or false, not {got}", "write true or false, without quotes"),
    "bool_parsing": (_TYPE, "{name} is true or false, not {got}", "write true or false, without quotes"),
    "date_type": (_TYPE, "{name} is a date, not {got}", "write it as 2024-01-31, without quotes"),
    "date_from_datetime_parsing": (_TYPE, "{name} is a date, not {got}", "write it as 2024-01-31"),
    "date_parsing": (_TYPE, "{name} is a date, not {got}", "write it as 2024-01-31"),
    "datetime_type": (_TYPE, "{name} is a moment, not {got}", "write it as '2024-01-31T12:30:00Z'"),
    "datetime_parsing": (_TYPE, "{name} is a moment, not {got}", "write it as '2024-01-31T12:30:00Z'"),
    "datetime_from_date_parsing": (_TYPE, "{name} is a moment, not {got}", "write it as '2024-01-31T12:30:00Z'"),
    "decimal_type": (_TYPE, "{name} is a number, not {got}", "write it without quotes, such as 1.5"),
    "decimal_parsing": (_TYPE, "{name} is a number, not {got}", "write it without quotes, such as 1.5"),
    "dict_type": (_TYPE, "{name} is a mapping, not {got}", "write 'key: value' lines below it"),
    "mapping_type": (_TYPE, "{name} is a mapping, not {got}", "write 'key: value' lines below it"),
    "model_type": (_TYPE, "{name} is a mapping, not {got}", "write 'key: value' lines below it"),
    "model_attributes_type": (_TYPE, "{name} is a mapping, not {got}", "write 'key: value' lines below it"),
    "list_type": (_TYPE, "{name} is a list, not {got}", "write it as [a, b]"),
    "tuple_type": (_TYPE, "{name} is a list, not {got}", "write it as [a, b]"),
    "set_type": (_TYPE, "{name} is a list, not {got}", "write it as [a, b]"),
    "frozen_set_type": (_TYPE, "{name} is a list, not {got}", "write it as [a, b]"),
    "none_required": (_TYPE, "{name} stays empty, and has {got}", ""),
    "greater_than": (_BOUND, "{name} is more than {gt}, not {got}", "choose a number above {gt}"),
    "greater_than_equal": (_BOUND, "{name} is at least {ge}, not {got}", "choose {ge} or more"),
    "less_than": (_BOUND, "{name} is less than {lt}, not {got}", "choose a number below {lt}"),
    "less_than_equal": (_BOUND, "{name} is at most {le}, not {got}", "choose {le} or less"),
    "multiple_of": (_BOUND, "{name} is a multiple of {multiple_of}, not {got}", ""),
    "decimal_max_digits": (_BOUND, "{name} has at most {max_digits} digits", ""),
    "decimal_max_places": (_BOUND, "{name} has at most {decimal_places} decimals", ""),
    "too_short": (_BOUND, "{name} has at least {min_length} entries, not {actual_length}", ""),
    "too_long": (_BOUND, "{name} has at most {max_length} entries, not {actual_length}", ""),
    "string_too_short": (_BOUND, "{name} has at least {min_length} characters", ""),
    "string_too_long": (_BOUND, "{name} has at most {max_length} characters", ""),
    "string_pattern_mismatch": (_VALUE, "{name} does not have the form {pattern}: {got}", ""),
    "value_error": (_VALUE, "{error}", ""),
    "assertion_error": (_VALUE, "{error}", ""),
}


def validate(model: type[Model], raw: Any, path: DocumentPath, tree: Tree, problems: list[Problem]) -> Model | None:
    """`raw` as a model; None when it is not one, with every reason added to `problems` and placed.

    Args:
        model: The class to validate with.
        raw: The value at `path` of the document, with parts of it already models, perhaps.
        path: Where in the document `raw` stands.
        tree: The places of the document.
        problems: The list that is added to.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems.extend(explain(error, model, raw, path, tree))
    except RecursionError:
        problems.append(Problem("TD1011", "the settings are nested too deeply", path).at(tree.where(path)))
    return None


def explain(error: ValidationError, model: type[BaseModel], raw: Any, path: DocumentPath, tree: Tree) -> list[Problem]:
    """The problems of a validation error, one for each place in the document."""
    by_union: dict[DocumentPath, list[tuple[DocumentPath, Any]]] = {}
    found: list[Problem] = []
    # Twice what is shown: a union's alternatives are an error each, and become one problem.
    for one in error.errors(include_url=False)[: DEFAULT_LIMITS.spec_problems * 2]:
        known, union = _follow(raw, one)
        if union is None:
            found.append(_explain_one(one, model, known, path, tree))
        else:
            by_union.setdefault(union, []).append((known, one))
    for union, errors in by_union.items():
        found.extend(_explain_union(union, errors, model, path, tree))
    return found


def _follow(raw: Any, error: Any) -> tuple[DocumentPath, DocumentPath | None]:
    """The document path of an error's place, and the path of the union it lies in, if it lies in one.

    pydantic puts the names of a union's alternatives into the place; the document knows no such steps.
    """
    loc = error["loc"]
    names_setting = error["type"] in {"missing", "extra_forbidden"}
    known: list[int | str] = []
    union: DocumentPath | None = None
    for index, part in enumerate(loc):
        inside = isinstance(raw, dict) and part in raw
        if inside or (isinstance(raw, (list, tuple)) and isinstance(part, int) and part < len(raw)):
            known.append(part)
            raw = raw[part]
        elif part == "[key]" or (index == len(loc) - 1 and isinstance(raw, dict) and names_setting):
            known.append(part)
        elif union is None:
            union = tuple(known)
    return tuple(known), union


def _explain_union(
    union: DocumentPath,
    errors: list[tuple[DocumentPath, Any]],
    model: type[BaseModel],
    path: DocumentPath,
    tree: Tree,
) -> list[Problem]:
    """The errors of the alternative that was meant, or one problem that names what each would take."""
    explained = [_explain_one(one, model, known, path, tree) for known, one in errors]
    wrong_type = {one["loc"][len(union)] for known, one in errors if known == union and _is_type(one)}
    meant = [p for p, (_, one) in zip(explained, errors, strict=True) if one["loc"][len(union)] not in wrong_type]
    if meant:
        chosen = next(one["loc"][len(union)] for _, one in errors if one["loc"][len(union)] not in wrong_type)
        return [p for p, (_, one) in zip(explained, errors, strict=True) if one["loc"][len(union)] == chosen]
    got = describe(errors[0][1]["input"])
    takes = [p.message.split(" is ", 1)[-1].removesuffix(f", not {got}") for p in explained]
    name = _name_of((*path, *union))
    message = f"{name} is {' or '.join(dict.fromkeys(takes))}, not {got}"
    hint = " or ".join(dict.fromkeys(p.hint for p in explained if p.hint))
    return [Problem(_TYPE, message, (*path, *union), hint, tree.where((*path, *union)))]


def _is_type(error: Any) -> bool:
    return _SENTENCES.get(error["type"], ("",))[0] == _TYPE or error["type"] in {"literal_error", "enum"}


def _explain_one(error: Any, model: type[BaseModel], known: DocumentPath, path: DocumentPath, tree: Tree) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    full = (*path, *known)
    if kind == "extra_forbidden":
        return unknown_key(str(known[-1]), fields_at(model, error["loc"][:-1]), full, tree)
    if kind == "missing":
        return Problem("TD1021", f"'{known[-1]}' is missing", full, f"add '{known[-1]}: ...'", tree.where(full))
    if known and known[-1] == "[key]":
        key_path = (*path, *error["loc"][: len(known) - 1])
        said = str(context.get("error") or f"'{error['input']}' is no key of {_name_of(key_path[:-1])}")
        said, _, advice = said.partition(": ")
        hint = advice or closest(str(error["input"]), _quoted(str(context.get("expected", ""))))
        return Problem("TD1025", said, key_path, hint, tree.where_key(key_path))
    name, got = _name_of(full), describe(error["input"])
    if kind in ("literal_error", "enum"):
        allowed = _quoted(str(context["expected"]))
        hint = closest(str(error["input"]), allowed)
        return Problem(_VALUE, f"{name} cannot be {got}", full, hint, tree.where(full))
    code, sentence, hint = _SENTENCES.get(kind, (_VALUE, "{name}: {said}", ""))
    said = error["msg"].replace("Input should be", "it should be").removeprefix("Value error, ")
    figures = {key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()}
    words = {**figures, "name": name, "got": got, "said": said}
    message, hint = sentence.format_map(words), hint.format_map(words)
    if kind == "value_error":
        # A validator says what is wrong and, after a colon, what to write.
        message, _, hint = message.partition(": ")
    return Problem(code, message, full, hint, tree.where(full))


def unknown_key(key: str, known: Iterable[str], path: DocumentPath, tree: Tree, elsewhere: str = "") -> Problem:
    """The problem of a key that no setting has; `elsewhere` says where it would belong."""
    hint = elsewhere or closest(key, list(known))
    return Problem("TD1020", f"unknown key '{key[:60]}'", path, hint, tree.where_key(path))


def describe(value: Any) -> str:
    """A value as a person would name it: `text '10'`, `the number 1.5`, `a list`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text '{value[:40]}'"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, date):
        return f"the date {value}"
    return "a mapping" if isinstance(value, dict) else "a list"


def _name_of(path: DocumentPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    if path and isinstance(path[-1], int) and names:
        return f"entry {path[-1] + 1} of '{names[-1]}'"
    return f"'{names[-1][:60]}'" if names else "the file"


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)
