from __future__ import annotations

from tempdata_dagster.locales.countries import LOCALES


def test_every_country_has_companies(build):
    countries = ", ".join(f"'{code}': 1" for code in LOCALES)
    table = build(
        f"c: {{kind: choice, values: {{{countries}}}}}\nn: {{kind: company, country: c, size: 50}}", rows=20_000
    )
    names: dict[str, set[str]] = {}
    for row in table.to_pylist():
        names.setdefault(row["c"], set()).add(row["n"])
    assert min(map(len, names.values())) > 20
    assert any(name.endswith("GmbH") for name in names["DE"])
    assert all("株式会社" in name or "有限会社" in name or "合同会社" in name for name in names["JP"])
