"""Which of a few known texts each cell of a column is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame

Index = Callable[[Frame], np.ndarray]


def index_cells(cells: pa.Array, known: pa.Array, places: np.ndarray) -> np.ndarray:
    """The item of `places` for each cell by its place in `known`; -1 for nulls and for cells that are not in it."""
    if isinstance(cells, pa.DictionaryArray):
        of_value = np.append(index_cells(cells.dictionary, known, places), -1)
        return np.asarray(of_value[cells.indices.fill_null(len(cells.dictionary)).to_numpy(zero_copy_only=False)])
    found = pc.index_in(cells, value_set=known).fill_null(len(known)).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(places, -1)[found])


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text, dictionary-encoded or not."""
    return bool(pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind))


def bind_text(scope: Scope, name: str, parameter: str, code: str = "TD2060") -> Binding:
    """Another column of the table that holds text.

    Args:
        scope: The column that is computed from it.
        name: The other column.
        parameter: The setting that names it.
        code: Of the problem when it holds something else.

    Raises:
        UnboundError: There is none, or it holds no text.
    """
    column = scope.column(name, parameter)
    if not is_text(column.type):
        scope.fail(code, f"'{name}' is a {column.type} and holds no text", parameter, hint="name a column of text")
    return column


def choose_term(scope: Scope, setting: str, parameter: str, terms: Mapping[str, int], what: str) -> tuple[Index, bool]:
    """The meaning of a setting that is a column of texts, or one text for all rows.

    Args:
        scope: The column's.
        setting: A column of the same table, else a text.
        parameter: Its name.
        terms: The number that each known text stands for, by the text in lower case.
        what: What the texts are, for messages.

    Returns:
        The number of each row, -1 where its text is not known; and whether every row has one.

    Raises:
        UnboundError: The setting is neither; the problem is noted.
    """
    if setting in scope.binder.columns_of(scope.table) and setting != scope.name:
        column = bind_text(scope, setting, parameter)
        spelled = {text: number for term, number in terms.items() for text in (term, term.upper(), term.title())}
        if column.values is not None:
            given = {text: terms[str(text).lower()] for text in column.values if str(text).lower() in terms}
            if not given:
                hint = closest(str(column.values[0]), list(terms))
                scope.fail("TD2061", f"'{setting}' holds no {what} that is known", parameter, hint=hint)
            spelled |= given
        known, places = pa.array(list(spelled)), np.array(list(spelled.values()))
        sure = column.values is not None and not column.nullable and set(column.values) <= spelled.keys()
        return lambda frame: index_cells(frame.column(setting), known, places), sure
    if setting.lower() not in terms:
        hint = closest(setting, [*terms, *scope.binder.columns_of(scope.table)])
        scope.fail("TD2061", f"'{setting}' is no column and no {what} that is known", parameter, hint=hint)
    number = terms[setting.lower()]
    return lambda frame: np.full(len(frame), number, dtype=np.int64), True
