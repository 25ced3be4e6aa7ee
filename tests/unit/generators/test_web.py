"""Devices, requests, logs, domains and versions."""

from __future__ import annotations

import re
from http import HTTPMethod, HTTPStatus
from urllib.parse import urlsplit

import pytest
import validators
from packaging.version import Version

# The expression that semver.org suggests.
SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
)
SYSTEMS = {
    "Windows": r"Windows NT", "macOS": r"Macintosh", "Linux": r"X11; Linux", "Android": r"Android", "iOS": r"iPhone;", "iPadOS": r"iPad;",
}  # fmt: skip
BROWSERS = {
    "Edge": r"Edg/", "Samsung Internet": r"SamsungBrowser/", "Firefox": r"Firefox/", "Safari": r"Version/[\d.]+ (Mobile/\w+ )?Safari/",
    "Chrome": r"(Chrome|CriOS)/[\d.]+ (Mobile(/\w+)? )?Safari/[\d.]+$",
}  # fmt: skip
KINDS = "d: {kind: device}\no: {kind: os}\nb: {kind: browser}\nu: {kind: user_agent}"


def test_a_device_its_system_and_its_browser_agree_with_the_header(build):
    for row in build(KINDS, rows=20_000).to_pylist():
        assert re.search(SYSTEMS[row["o"]], row["u"])
        assert re.search(BROWSERS[row["b"]], row["u"])
        assert (row["d"] == "desktop") == (row["o"] in {"Windows", "macOS", "Linux"})
        assert not (row["b"] == "Safari" and row["o"] in {"Windows", "Linux", "Android"})
        if row["o"] == "Android" and row["b"] != "Firefox":
            assert (row["d"] == "mobile") == ("Mobile" in row["u"])


def test_what_is_told_of_a_device_does_not_hang_on_the_other_columns(build):
    together = build(KINDS + "\nx: {kind: browser, of: other}", rows=2000)
    assert build("b: {kind: browser}", rows=2000)["b"].to_pylist() == together["b"].to_pylist()
    assert together["b"].to_pylist() != together["x"].to_pylist()


def test_methods_are_those_of_http(build):
    methods = build("m: {kind: http_method}", rows=20_000)["m"].to_pylist()
    assert set(methods) <= {method.value for method in HTTPMethod}
    assert methods.count("GET") / len(methods) == pytest.approx(0.78, abs=0.01)


def test_a_status_suits_its_method(build):
    columns = "m: {kind: http_method, nulls: 10%}\ns: {kind: http_status, method: m, errors: 20%}"
    rows = build(columns, rows=50_000).to_pylist()
    assert all((row["s"] is None) == (row["m"] is None) for row in rows)
    rows = [row for row in rows if row["m"]]
    assert all(HTTPStatus(row["s"]) for row in rows)
    assert sum(row["s"] >= 400 for row in rows) / len(rows) == pytest.approx(0.2, abs=0.01)
    assert not any(row["s"] == 201 for row in rows if row["m"] in {"GET", "HEAD", "DELETE"})
    assert not any(row["s"] == 304 for row in rows if row["m"] not in {"GET", "HEAD"})


def test_a_method_that_is_none_is_an_error(problems):
    assert [found[0] for found in problems("s: {kind: http_status, method: FETCH}")] == ["TD2061"]


def test_versions_are_semantic(build):
    versions = build("v: {kind: semantic_version, prerelease: 20%}", rows=20_000)["v"].to_pylist()
    assert all(SEMVER.fullmatch(version) for version in versions)
    early = sum(Version(version.replace("-", "")).is_prerelease for version in versions)
    assert early / len(versions) == pytest.approx(0.2, abs=0.01)
    assert {int(version.split(".")[0]) for version in versions} == set(range(6))


def test_domains_are_valid_and_reserved(build):
    columns = "n: {kind: choice, values: [Smith & Sons Ltd., Café Zoë]}\nd: {kind: domain}\n"
    rows = build(columns + "c: {kind: domain, name: n, tlds: [co.uk, com]}", rows=2000).to_pylist()
    assert all(validators.domain(row["d"]) is True and row["d"].endswith(".example") for row in rows)
    assert {row["c"] for row in rows} == {
        f"{name}.{end}" for name in ("smith-sons-ltd", "cafe-zoe") for end in ("co.uk", "com")
    }


def test_addresses_of_pages_are_valid(build):
    columns = "d: {kind: domain, tlds: [com, org], nulls: 10%}\nu: {kind: url, domain: d, query: 30%}\np: {kind: url, domain: shop.example}"
    rows = build(columns, rows=5000).to_pylist()
    for row in rows:
        assert (row["u"] is None) == (row["d"] is None)
        assert urlsplit(row["p"]).netloc == "shop.example"
        if row["u"]:
            assert validators.url(row["u"]) is True
            assert urlsplit(row["u"]).hostname == row["d"]
    asked = [bool(urlsplit(row["u"]).query) for row in rows if row["u"]]
    assert sum(asked) / len(asked) == pytest.approx(0.3, abs=0.03)


def test_a_host_that_is_neither_column_nor_domain_is_an_error(problems):
    assert [found[0] for found in problems("u: {kind: url, domain: shop}")] == ["TD2061"]


LOG = "at: {kind: timestamp, start: 2024-01-01, end: 2025-01-01}\nid: {kind: position}\n"


def test_a_line_of_a_log_has_the_rows_cells_and_a_message_of_its_level(build):
    columns = LOG + 'l: {kind: log_line, template: "{at} {level} [{logger}] #{id} {message}"}'
    form = re.compile(r"(\S+Z) (DEBUG|INFO|WARNING|ERROR|CRITICAL) \[[\w.]+\] #(\d+) (.+)")
    by_level: dict[str, set[str]] = {}
    for row in build(columns, rows=20_000).to_pylist():
        match = form.fullmatch(row["l"])
        assert match, row
        assert (match[1], match[3]) == (f"{row['at']:%Y-%m-%dT%H:%M:%SZ}", str(row["id"]))
        by_level.setdefault(match[2], set()).add(match[4])
    assert len(by_level) == 5
    levels = list(by_level.values())
    assert all(not levels[i] & levels[j] for i in range(5) for j in range(i))


def test_a_column_named_level_decides_about_the_message(build):
    columns = "level: {kind: choice, values: [info, fatal]}\nl: {kind: log_line, template: '{level}|{message}'}"
    rows = build(columns, rows=2000)
    messages = {level: {r["l"] for r in rows.to_pylist() if r["level"] == level} for level in ("info", "fatal")}
    assert all(text.startswith(f"{level}|") for level, texts in messages.items() for text in texts)
    assert not any(text.partition("|")[2].startswith(("No space", "Out of")) for text in messages["info"])
    assert any(text.partition("|")[2].startswith(("No space", "Out of")) for text in messages["fatal"])


@pytest.mark.parametrize(
    ("settings", "code"),
    [("template: '{nobody}'", "TD2002"), ("levels: {LOUD: 1}", "TD1024"), ("template: '{'", "TD1024")],
)
def test_a_log_that_cannot_be_is_an_error(problems, settings, code):
    assert [found[0] for found in problems(f"a: {{kind: position}}\nl: {{kind: log_line, {settings}}}")] == [code]
