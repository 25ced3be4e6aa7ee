"""Tax numbers, judged by python-stdnum country by country."""

from __future__ import annotations

import pytest
from stdnum.eu.vat import MEMBER_STATES
from stdnum.util import get_cc_module

from tempdata_dagster.engine.codes.tax_digits import TAX_WRITERS


@pytest.mark.parametrize("country", TAX_WRITERS)
def test_numbers_of_a_country_are_valid(build, country, torture):
    rows = 10_000 if torture else 2_000
    numbers = build(f"n: {{kind: vat, country: '{country}'}}", rows=rows)["n"].to_pylist()
    judge = get_cc_module(country.lower(), "vat")
    assert [number for number in numbers if not judge.is_valid(number)] == []
    assert len(set(numbers)) > 0.95 * rows


def test_every_member_state_has_numbers(figure):
    states = {state.upper() for state in MEMBER_STATES} - {"XI"}
    assert states <= set(TAX_WRITERS)
    figure(
        f"vat: {len(states)} of the EU's states and {len(set(TAX_WRITERS) - states)} others, all valid by python-stdnum"
    )


def test_each_row_has_the_number_of_its_country(build):
    columns = "c: {kind: choice, values: [DE, GR, Norway, US], nulls: 10%}\nn: {kind: vat, country: c}"
    starts = {"DE": "DE", "GR": "EL", "Norway": "8", "US": None, None: None}
    for row in build(columns, rows=1000).to_pylist():
        if starts[row["c"]] is None:
            assert row["n"] is None
        elif row["c"] == "Norway":
            assert row["n"].endswith("MVA")
        else:
            assert row["n"].startswith(starts[row["c"]])


def test_a_number_cannot_be_unique(problems):
    assert [found[0] for found in problems("n: {kind: vat, country: DE, unique: true}")] == ["TD2008"]


def test_a_country_without_numbers_is_an_error(problems):
    assert [found[0] for found in problems("n: {kind: vat, country: US}")] == ["TD2043"]
