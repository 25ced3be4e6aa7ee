"""Templates, and slugs of texts."""

from __future__ import annotations

import re

import duckdb
import pytest


def test_writes_cells_as_python_does(build):
    columns = """
    id: {kind: position}
    name: {kind: choice, values: [Ann, Zoë], nulls: 10%}
    price: {kind: number, min: 0, max: 9, decimals: 2}
    day: {kind: date, start: 2023-12-01, end: 2024-03-31}
    at: {kind: timestamp, start: 1969-11-01, end: 2024-03-31}
    t: {kind: template, text: "{{{id:05}}} {name:upper}={price}; {day} {day:%d.%m.%Y} {at:%Y-%m-%d %H:%M:%S.%f} {at}"}
    """
    for row in build(columns, rows=2000).to_pylist():
        if row["name"] is None:
            assert row["t"] is None
            continue
        expected = (
            f"{{{row['id']:05}}} {row['name'].upper()}={row['price']}; {row['day']} {row['day']:%d.%m.%Y} "
            f"{row['at']:%Y-%m-%d %H:%M:%S.%f} {row['at']:%Y-%m-%dT%H:%M:%SZ}"
        )
        assert row["t"] == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [("{nobody}", "TD2002"), ("{a:upper}", "TD2062"), ("{b:%q}", "TD2062"), ("{c:07}", "TD2062"), ("{c:%Y}", "TD2062")],
)
def test_a_template_that_cannot_be_written_is_an_error(problems, text, code):
    columns = "a: {kind: position}\nb: {kind: date, start: 2024-01-01, end: 2024-02-01}\nc: {kind: choice, values: [x]}"
    found = problems(f"{columns}\nt: {{kind: template, text: '{text}'}}")
    assert [problem[0] for problem in found] == [code]


@pytest.mark.parametrize("text", ["{", "a}", "{}", "{a b}", "{a{b}}", "{1a}"])
def test_a_broken_template_is_an_error(problems, text):
    ((code, message, _),) = problems(f"a: {{kind: position}}\nt: {{kind: template, text: '{text}'}}")
    assert code == "TD1024"
    assert "brace" in message or "names no column" in message


SPELLED = {
    "Garden chair": "garden-chair",
    "Select": "select",
    "3 things": "3-things",
    "Zoë's Café & Öl": "zoes-cafe-ol",
}


def test_a_slug_is_the_text_in_plain_letters(build):
    names = '[Garden chair, Select, 3 things, "Zoë\'s Café & Öl"]'
    columns = f"n: {{kind: choice, values: {names}, nulls: 10%}}\ns: {{kind: slug, of: n}}"
    rows = build(columns, rows=500).to_pylist()
    assert all(row["s"] == (SPELLED[row["n"]] if row["n"] else None) for row in rows)


def test_a_slug_for_sql_needs_no_quotes(build):
    names = "[Order, Select, 3 things, user, Straße, table]"
    columns = f"n: {{kind: choice, values: {names}}}\ns: {{kind: slug, of: n, style: sql}}"
    slugs = set(build(columns, rows=500)["s"].to_pylist())
    assert len(slugs) == 6
    for slug in slugs:
        duckdb.sql(f"CREATE OR REPLACE TABLE {slug} ({slug} INTEGER)")


def test_slugs_are_distinct_on_demand(build):
    slugs = build("n: {kind: text, max: 30}\ns: {kind: slug, of: n, unique: true}", rows=100_000)["s"].to_pylist()
    assert len(set(slugs)) == 100_000
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)


def test_a_slug_of_numbers_is_an_error(problems):
    ((code, _, _),) = problems("n: {kind: position}\ns: {kind: slug, of: n}")
    assert code == "TD2060"
