"""First names."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.full_name import Name


@KINDS.register("first_name")
class FirstName(Name):
    """The first name of a person: of the locale, or of each row's country.

    It is the one in the person's `full_name`, also when it is of several words.

    Example: {kind: first_name, locale: fr_FR}
    """

    part = "first"
