"""First names."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.full_name import Name


@KINDS.register("first_name")
class FirstName(Name):
    """A first name of the locale, or of each row's country.

    Example: {kind: first_name, locale: fr_FR}
    """

    part = "first"
