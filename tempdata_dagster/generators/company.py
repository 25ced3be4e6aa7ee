"""Companies."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.job import Pooled


@KINDS.register("company")
class Company(Pooled):
    """The name of a company, or of a person's employer, as they are in the row's country.

    Example: {kind: company, country: FR}
    """

    provider = "company"
