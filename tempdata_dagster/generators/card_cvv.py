"""Security codes of payment cards."""

from __future__ import annotations

from tempdata_dagster.engine.codes.characters import DIGITS, Layout, bind_codes
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.credit_card import BRANDS, Card


@KINDS.register("card_cvv")
class CardCvv(Card):
    """The security code of the row's payment card as text: three digits, four for American Express.

    Example: {kind: card_cvv}
    """

    def bind(self, scope: Scope) -> Binding:
        """Digits, as many as the card's brand has."""
        choose, sure = self.choose_brand(scope)
        writers = [Layout.of((DIGITS, brand.code_digits)) for brand in BRANDS.values()]
        return bind_codes(
            scope, writers, choose, nullable=not sure, pattern="[0-9]{3,4}", draw=f"card code {self.card}"
        )
