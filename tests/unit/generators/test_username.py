from __future__ import annotations

import re


def test_a_username_is_the_persons_name_with_digits(build):
    table = build("u: {kind: username}\nn: {kind: full_name}", rows=5_000)
    for user, name in zip(table["u"].to_pylist(), table["n"].to_pylist(), strict=True):
        assert re.fullmatch(re.escape(name.lower().replace(" ", ".")) + r"\d\d", user)


def test_unique_usernames_of_all_scripts(build):
    columns = "c: {kind: choice, values: {KR: 1, CN: 1, SA: 1, TH: 1}}\nu: {kind: username, country: c, unique: true}"
    users = build(columns, rows=50_000)["u"].to_pylist()
    assert len(set(users)) == len(users)
    assert all(re.fullmatch(r"[a-z]+([.-][a-z]+)*\.[a-z0-9]{6}", user) for user in users)
    assert not [user for user in users if user.startswith("user.")]


def test_the_name_and_its_nulls_are_followed(build):
    rows = build("n: {kind: first_name, nulls: 20%}\nu: {kind: username, name: n}").to_pylist()
    assert all((row["n"] is None) == (row["u"] is None) for row in rows)
    assert all(row["u"].startswith(row["n"].lower()) for row in rows if row["n"])
