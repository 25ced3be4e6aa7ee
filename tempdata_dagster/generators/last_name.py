"""Last names."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.full_name import Name


@KINDS.register("last_name")
class LastName(Name):
    """A last name of the locale, or of each row's country.

    Example: {kind: last_name, locale: es_MX}
    """

    part = "last"
