"""Prices that end as prices do, and amounts in other currencies."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel.numbers import get_currency_precision


def test_prices_end_as_they_should_and_stay_within_their_bounds(build, figure):
    columns = "p: {kind: price, min: 1, max: 900, distribution: lognormal, median: 24, sigma: 0.9}"
    prices = build(columns, rows=50_000)["p"].to_pylist()
    assert min(prices) >= 1
    assert max(prices) <= 900
    ends = {
        ending: sum(str(p).endswith(ending) for p in prices) / len(prices)
        for ending in (".99", ".95", ".49", ".50", ".00")
    }
    assert sum(ends.values()) == pytest.approx(1)
    assert ends[".99"] == pytest.approx(0.55, abs=0.01)
    assert ends[".95"] == pytest.approx(0.12, abs=0.01)
    assert sorted(prices)[25_000] == pytest.approx(Decimal(24), rel=Decimal("0.05"))
    figure(f"price: {ends['.99']:.1%} of 50,000 end in .99, 55 % were asked for")


def test_an_ending_before_the_point_is_for_prices_that_are_longer(build):
    prices = build("p: {kind: price, min: 2, max: 300, endings: ['9.00']}", rows=5000)["p"].to_pylist()
    assert all(p % 10 == 9 for p in prices if p > 20)
    assert all(p % 1 == 0 for p in prices)
    assert all(2 <= p <= 300 for p in prices)


def test_prices_stay_near_what_was_drawn(build):
    prices = build("p: {kind: price, min: 100, max: 101, endings: ['.90', '.10']}", rows=2000)["p"].to_pylist()
    assert set(map(str, prices)) == {"100.90", "100.10"}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("min: 1, max: 2, endings: ['x']", "TD1024"),
        ("min: 1, max: 1.5, endings: ['.99']", "TD1024"),
        ("min: 1, max: 5, endings: {'.99': 0}", "TD1024"),
        ("min: 1", "TD1021"),
        ("min: 1, max: 9, unique: true", "TD2008"),
    ],
)
def test_prices_that_cannot_be_are_errors(problems, settings, code):
    assert [found[0] for found in problems(f"p: {{kind: price, {settings}}}")] == [code]


def test_amounts_are_converted_and_rounded_as_the_currency_has_it(build):
    from tempdata_dagster.locales.exchange_rates import PER_DOLLAR

    columns = """
    a: {kind: number, min: -500, max: 900, decimals: 2, nulls: 10%}
    c: {kind: choice, values: [EUR, jpy, KWD, USD, XXX], nulls: 10%}
    e: {kind: exchange, amount: a, from: GBP, to: c, decimals: 3}
    r: {kind: exchange, from: c, to: GBP}
    """
    for row in build(columns, rows=5000).to_pylist():
        code = (row["c"] or "XXX").upper()
        if code == "XXX":
            assert row["e"] is None
            assert row["r"] is None
            continue
        assert row["r"] == pytest.approx(PER_DOLLAR["GBP"] / PER_DOLLAR[code], rel=1e-12)
        if row["a"] is None:
            assert row["e"] is None
            continue
        exact = float(row["a"]) * PER_DOLLAR[code] / PER_DOLLAR["GBP"]
        step = Decimal(1).scaleb(-min(get_currency_precision(code), 3))
        assert abs(Decimal(exact) - row["e"]) <= step / 2 + Decimal("1e-9")
        assert row["e"] == row["e"].quantize(step, ROUND_HALF_UP)


def test_there_and_back_is_nearly_the_same(build):
    columns = "a: {kind: number, min: 1, max: 900, decimals: 2}\ne: {kind: exchange, amount: a, to: EUR, decimals: 6}\n"
    rows = build(columns + "b: {kind: exchange, amount: e, from: EUR, to: USD}", rows=2000).to_pylist()
    assert all(abs(row["a"] - row["b"]) <= Decimal("0.01") for row in rows)


def test_the_table_has_the_currencies_of_iso_4217():
    import pycountry

    from tempdata_dagster.locales.exchange_rates import PER_DOLLAR

    assert all(pycountry.currencies.get(alpha_3=code) for code in PER_DOLLAR)
    assert all(rate > 0 for rate in PER_DOLLAR.values())
    assert len(PER_DOLLAR) > 150


@pytest.mark.parametrize(
    ("settings", "code"),
    [("amount: t, to: EUR", "TD2060"), ("amount: n, to: EURO", "TD2061"), ("amount: n, from: n, to: EUR", "TD2060"),
     ("amount: x, to: EUR", "TD2002")],
)  # fmt: skip
def test_what_cannot_be_converted_is_an_error(problems, settings, code):
    columns = f"t: {{kind: text}}\nn: {{kind: integer, min: 1, max: 9}}\ne: {{kind: exchange, {settings}}}"
    assert [found[0] for found in problems(columns)] == [code]
