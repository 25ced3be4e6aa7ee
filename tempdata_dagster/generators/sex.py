"""The sex of a person, and what all columns of a person have in common."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.name_table import PATTERN_BITS, is_woman
from tempdata_dagster.locales.people import count_women, find_columns, name_stream
from tempdata_dagster.spec.values import Share

Label = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^([A-Za-z]\w*)?$",
        description="which person of the row, where it has several; columns of one label are of one person",
    ),
]


class Personal(Kind):
    """What is drawn for a person: columns of one table with the same `person` agree."""

    person: Label = ""

    def find_women(self, scope: Scope) -> int:
        """How many of the 4,096 values of a name's top bits are women's: as the `sex` columns of the person say, else half."""
        columns = find_columns(scope, self.person, Sex)
        shares = {column.share for column in columns.values() if column.share is not None}
        if len(shares) > 1:
            names = ", ".join(f"'{name}'" for name in columns)
            message = f"columns {names} say different shares of women for one person"
            scope.fail("TD2055", message, hint="write the share once, or give each a `person` of its own")
        women = count_women(shares.pop() if shares else 0.5)
        scope.add_fact("women", str(women))
        return women


class Resident(Personal):
    """What depends on the country that a person is of."""

    country: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="a column with ISO codes or English names of countries, one of these, or `global` (by population); "
        "by default that of the person's other columns, or the country of the dataset's locale",
    )

    def find_country(self, scope: Scope) -> str | None:
        """This column's `country`, or the one that the other columns of the person say."""
        if self.country is not None:
            return self.country
        columns = find_columns(scope, self.person, Resident)
        said = {column.country: name for name, column in columns.items() if column.country is not None}
        if len(said) > 1:
            message = f"other columns of this person have country {' and '.join(repr(one) for one in sorted(said))}"
            hint = "say which one is meant, or give each person a `person` of its own"
            scope.fail("TD2058", message, hint=hint)
        setting = next(iter(said), None)
        if setting is not None:
            scope.add_fact("country of the person", setting)
        return setting


@KINDS.register("sex")
class Sex(Personal):
    """The sex that the names, the number and the day of birth of the same person agree with.

    Example: {kind: sex, as: {F: female, M: male}}
    """

    words: dict[Literal["F", "M"], str] = Field(
        default={"F": "F", "M": "M"}, alias="as", description="the words for both, such as {F: woman, M: man}"
    )
    share: Share | None = Field(
        default=None, description="of women; half by default. The person's other columns follow"
    )

    @field_validator("words")
    @classmethod
    def _both(cls, words: dict[str, str]) -> dict[str, str]:
        if len(words) != 2:
            raise ValueError("'as' has a word for F and one for M")
        return words

    def bind(self, scope: Scope) -> Binding:
        """By the top bits of the number that chooses the name."""
        women, stream = self.find_women(scope), name_stream(scope, self.person)
        values = [self.words["M"], self.words["F"]]
        dictionary = pa.array(list(dict.fromkeys(values)))
        place = np.array([0, len(dictionary) - 1], dtype=np.int32)

        def fill(frame: Frame) -> pa.Array:
            index = place[is_woman(stream.bits(frame.rows), women).astype(np.int8)]
            return pa.DictionaryArray.from_arrays(wrap(index, pa.int32()), dictionary)

        possible = values[1:] if women == 1 << PATTERN_BITS else values[: 1 + bool(women)]
        return Binding(pa.dictionary(pa.int32(), pa.string()), fill, values=tuple(sorted(set(possible))))


__all__ = ["Label", "Personal", "Resident", "Sex"]
