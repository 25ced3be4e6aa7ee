"""Codes with check digits, each judged by a library that knows nothing of ours."""

from __future__ import annotations

import ipaddress
import re

import pytest

ROWS = 10_000
NETWORK_EDGES = [
    0,
    1,
    9,
    10,
    11,
    99,
    100,
    126,
    127,
    128,
    168,
    169,
    170,
    171,
    172,
    173,
    191,
    192,
    193,
    197,
    198,
    199,
    203,
    223,
]
BRAND_FORMS = {
    "Visa": r"4\d{15}",
    "Mastercard": r"(5[1-5]\d{4}|222[1-9]\d\d|22[3-9]\d{3}|2[3-6]\d{4}|27[01]\d{3}|2720\d\d)\d{10}",
    "American Express": r"3[47]\d{13}",
    "Discover": r"(6011|64[4-9]\d|65\d\d)\d{12}",
    "Diners Club": r"(30[0-5]|36\d|3[89]\d)\d{11}",
    "JCB": r"35(2[89]|[3-8]\d)\d{12}",
    "UnionPay": r"62\d{14}",
}


@pytest.mark.parametrize("form", ["ean13", "ean8", "upc", "gtin14"])
def test_article_numbers_have_their_check_digit(build, form):
    from stdnum import ean

    codes = build(f"c: {{kind: ean, format: {form}}}", rows=ROWS)["c"].to_pylist()
    assert all(map(ean.is_valid, codes))
    assert {len(code) for code in codes} == {{"ean13": 13, "ean8": 8, "upc": 12, "gtin14": 14}[form]}


def test_securities_have_their_check_digits(build):
    from stdnum import cusip, isin
    from stdnum.de import wkn
    from stdnum.gb import sedol

    for country, inner in {"US": cusip.is_valid, "GB": lambda n: n[:2] == "00" and sedol.is_valid(n[2:]),
                           "DE": lambda n: n[:3] == "000" and wkn.is_valid(n[3:]), "JP": str.isdigit}.items():  # fmt: skip
        codes = build(f"c: {{kind: isin, country: {country}}}", rows=ROWS)["c"].to_pylist()
        assert all(code[:2] == country and isin.is_valid(code) and inner(code[2:-1]) for code in codes)
    world = build("c: {kind: isin, country: global}", rows=ROWS)["c"].to_pylist()
    assert all(map(isin.is_valid, world))
    assert len({code[:2] for code in world}) > 100


def test_accounts_of_every_country_are_valid(build, figure, torture):
    from stdnum import iban

    from tempdata_dagster.generators.iban import read_structures

    countries, rows = list(read_structures()), ROWS if torture else 400
    table = build("\n".join(f"c{country}: {{kind: iban, country: '{country}'}}" for country in countries), rows=rows)
    wrong = [text for column in table.columns for text in column.to_pylist() if not iban.is_valid(text)]
    assert wrong == []
    assert all(text[:2] == country for country in countries for text in table[f"c{country}"].to_pylist())
    world = build("c: {kind: iban, country: global}", rows=ROWS)["c"].to_pylist()
    assert all(map(iban.is_valid, world))
    figure(f"iban: {rows:,} rows in each of {len(countries)} countries, all valid by python-stdnum")


@pytest.mark.parametrize("country", ["BE", "ES", "FR", "IT", "ME", "NO", "PT", "DE", "GB", "CZ"])
def test_accounts_of_a_country_are_valid_and_can_be_distinct(build, country):
    from stdnum import iban

    codes = build(f"c: {{kind: iban, country: '{country}', unique: true}}", rows=ROWS)["c"].to_pylist()
    assert all(code[:2] == country and iban.is_valid(code) for code in codes)
    assert len(set(codes)) == ROWS


def test_accounts_have_their_countrys_own_check_digits(build):
    from stdnum.es import ccc
    from stdnum.no import kontonr

    spain = build("c: {kind: iban, country: ES}", rows=1000)["c"].to_pylist()
    assert all(ccc.is_valid(code[4:]) for code in spain)
    norway = build("c: {kind: iban, country: 'NO'}", rows=1000)["c"].to_pylist()
    assert all(kontonr.is_valid(code[4:]) for code in norway)
    portugal = build("c: {kind: iban, country: PT}", rows=1000)["c"].to_pylist()
    assert all(int(code[4:]) % 97 == 1 for code in portugal)
    france = build("c: {kind: iban, country: FR}", rows=1000)["c"].to_pylist()
    assert all((89 * int(c[4:9]) + 15 * int(c[9:14]) + 3 * int(c[14:25]) + int(c[25:27])) % 97 == 0 for c in france)
    # The examples of the IBAN registry.
    from tempdata_dagster.generators.iban import IbanWriter, read_structures

    for example in (
        "IT60X0542811101000000123456",
        "FI2112345600000785",
        "EE382200221020145685",
        "HR1210010051863000160",
        "HU42117730161111101800000000",
        "PL61109010140000071219812874",
        "SI56263300012039086",
        "RS35260005601001611379",
        "MK07250120000058984",
        "BA391290079401028494",
        "XK051212012345678906",
    ):
        assert rewrite(IbanWriter(example[:2], read_structures()[example[:2]]), example) == example


def rewrite(writer, example: str) -> str:
    """The example with its check digits computed anew."""
    import numpy as np

    target = np.frombuffer(example.encode(), dtype=np.uint8).reshape(1, -1).copy()
    if writer.rule is not None:
        writer.rule(target[:, 4:])
    writer.sign(target)
    return target.tobytes().decode()


def test_rows_in_countries_without_accounts_have_none(build):
    columns = "a: {kind: choice, values: {DE: 1, US: 1}, nulls: 20%}\nc: {kind: iban, country: a}"
    rows = build(columns, rows=1000).to_pylist()
    assert all((row["c"] or "--")[:2] == ("DE" if row["a"] == "DE" else "--") for row in rows)


def test_bank_codes_have_their_form(build):
    from stdnum import bic

    codes = build("c: {kind: bic, country: global}", rows=ROWS)["c"].to_pylist()
    assert all(map(bic.is_valid, codes))
    assert {len(code) for code in codes} == {8, 11}


def test_cards_are_of_their_brand_and_pass_luhn(build):
    from stdnum import luhn

    columns = "b: {kind: card_brand}\nn: {kind: credit_card}\nc: {kind: card_cvv}\ne: {kind: card_expiry}"
    rows = build(columns, rows=ROWS).to_pylist()
    assert {row["b"] for row in rows} == set(BRAND_FORMS)
    for row in rows:
        assert luhn.is_valid(row["n"])
        assert re.fullmatch(BRAND_FORMS[row["b"]], row["n"])
        assert len(row["c"]) == (4 if row["b"] == "American Express" else 3)


def test_a_card_agrees_with_the_brand_of_a_column(build):
    columns = "b: {kind: choice, values: [visa, AMEX, JCB, shop], nulls: 10%}\n"
    rows = build(columns + "n: {kind: credit_card, brand: b}\nc: {kind: card_cvv, brand: b}", rows=2000).to_pylist()
    forms = {"visa": "Visa", "AMEX": "American Express", "JCB": "JCB"}
    for row in rows:
        if row["b"] in forms:
            assert re.fullmatch(BRAND_FORMS[forms[row["b"]]], row["n"])
            assert len(row["c"]) == (4 if row["b"] == "AMEX" else 3)
        else:
            assert row["n"] is None
            assert row["c"] is None


def test_two_cards_of_a_row_differ_and_columns_of_one_agree_alone(build):
    both = build("n: {kind: credit_card}\nb: {kind: card_brand}\no: {kind: card_brand, card: other}", rows=1000)
    alone = build("b: {kind: card_brand}", rows=1000)
    assert both["b"].to_pylist() == alone["b"].to_pylist()
    assert both["b"].to_pylist() != both["o"].to_pylist()


def test_columns_of_one_card_are_equal(build):
    for kind in ("credit_card", "card_cvv", "card_expiry", "card_brand"):
        table = build(f"a: {{kind: {kind}}}\nb: {{kind: {kind}}}\nc: {{kind: {kind}, card: other}}", rows=500)
        assert table["a"].to_pylist() == table["b"].to_pylist()
        assert table["a"].to_pylist() != table["c"].to_pylist()


def test_an_unknown_brand_is_an_error(problems):
    ((code, _, hint),) = problems("n: {kind: credit_card, brand: vissa}")
    assert code == "TD2061"
    assert "visa" in hint
    ((code, _, _),) = problems("a: {kind: position}\nn: {kind: credit_card, brand: a}")
    assert code == "TD2060"


def test_public_addresses_of_version_4_are_global_hosts(build, figure):
    texts = build("i: {kind: ip}", rows=10 * ROWS)["i"].to_pylist()
    addresses = [ipaddress.ip_address(text) for text in texts]
    assert all(a.is_global and not a.is_multicast and not a.is_reserved for a in addresses)
    assert {int(a) & 255 for a in addresses} == set(range(1, 255))
    assert len({int(a) >> 24 for a in addresses}) == 223 - 2  # all first octets but 10 and 127
    figure(f"ip: {len(addresses):,} of version 4, all global")


def test_every_network_of_version_4_is_public_or_skipped():
    from tempdata_dagster.generators.ip import _public_networks

    gaps, skipped = _public_networks()
    import numpy as np

    number = np.arange(int(gaps[-1]))
    network = number + skipped[np.searchsorted(gaps, number, side="right") - 1]
    assert (np.diff(network) > 0).all()
    is_public = np.zeros(1 << 24, dtype=bool)
    is_public[network] = True
    for at in (int(n) for n in np.flatnonzero(np.diff(is_public.astype(np.int8)))):
        for one in (at, at + 1):
            address = ipaddress.ip_address((one << 8) + 7)
            if is_public[one]:
                assert address.is_global, address


def test_addresses_of_version_6_are_global_and_in_shortest_form(build):
    for extra in ("", ", unique: true"):
        texts = build(f"i: {{kind: ip, version: 6{extra}}}", rows=ROWS)["i"].to_pylist()
        addresses = [ipaddress.ip_address(text) for text in texts]
        assert all(a.version == 6 and a.is_global for a in addresses)
        assert [str(a) for a in addresses] == texts


def test_cards_of_the_network_belong_to_vendors(build):
    from stdnum import mac

    texts = build("m: {kind: mac}\nl: {kind: mac, local: true, separator: '-'}", rows=200)
    assert all(mac.is_valid(text, validate_manufacturer=True) for text in texts["m"].to_pylist())
    local = [mac.compact(text) for text in texts["l"].to_pylist()]
    assert all(mac.is_unicast(text) and mac.is_locally_administered(text) for text in local)


@pytest.mark.parametrize(
    "column",
    ["ean", "credit_card", "iban, country: DE", "isin", "ip", "ip, version: 6", "mac", "sku", "mac, local: true"],
)
def test_codes_are_distinct_on_demand(build, column):
    values = build(f"c: {{kind: {column}, unique: true}}", rows=200_000)["c"].to_pylist()
    assert len(set(values)) == 200_000


def test_too_few_codes_are_an_error_of_the_plan(problems):
    ((code, _, _),) = problems("c: {kind: ean, format: ean8, prefix: '20123', unique: true}", rows=200)
    assert code == "TD2004"
    ((code, _, _),) = problems("c: {kind: bic, unique: true}", rows=200)
    assert code == "TD2008"


def test_a_sku_begins_with_its_category(build):
    columns = "a: {kind: choice, values: [Garden, Küche, Öl], nulls: 10%}\ns: {kind: sku, category: a}"
    starts = {"Garden": "GAR", "Küche": "KUC", "Öl": "OL", None: None}
    for row in build(columns, rows=500).to_pylist():
        assert (row["s"] or "").partition("-")[0] == (starts[row["a"]] or "")


def test_expiries_lie_in_their_range(build):
    columns = "a: {kind: date, start: 2024-11-01, end: 2025-02-28, nulls: 10%}\n"
    columns += "e: {kind: card_expiry, start: 2026-11, end: 2027-02}\nf: {kind: card_expiry, after: a, months: 2}"
    rows = build(columns, rows=2000).to_pylist()
    assert {row["e"] for row in rows} == {"11/26", "12/26", "01/27", "02/27"}
    for row in rows:
        if row["a"] is None:
            assert row["f"] is None
        else:
            month, year = map(int, row["f"].split("/"))
            assert 1 <= (2000 + year) * 12 + month - row["a"].year * 12 - row["a"].month <= 2
