"""Value-added tax numbers of firms."""

from __future__ import annotations

from pydantic import Field

from tempdata_dagster.engine.codes.characters import bind_codes
from tempdata_dagster.engine.codes.tax_digits import PATTERN, TAX_WRITERS
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.choosing import draw_countries


@KINDS.register("vat")
class Vat(Kind):
    """The tax number of a firm in its country's form with right check digits: of the EU, GB, NO, CH, AU and RU.

    Rows in other countries have null. A number may be some firm's by chance. Where not every number has a check digit, two rows
    can have the same one, so a column cannot be `unique`.

    Example: {kind: vat, country: DE}
    """

    country: str | None = Field(default=None, description="a column, a code such as DE, or global; else the locale's")

    def bind(self, scope: Scope) -> Binding:
        """Digits by number, one rule for each country."""
        if self.unique:
            scope.fail(
                "TD2008", "a column of tax numbers cannot be unique", "unique", hint="take a key, or isin or iban"
            )
        draw = draw_countries(scope, self.country, TAX_WRITERS.keys())
        writers = [TAX_WRITERS[code] for code in draw.codes]
        return bind_codes(scope, writers, draw.index, nullable=not draw.sure, pattern=PATTERN)
