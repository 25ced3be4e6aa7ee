from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import InputError, TempDataError
from tempdata_dagster.publish.databases import open_database
from tempdata_dagster.publish.databases.url import Address

CANARY = "c4n4ry-s3cr3t"


@pytest.mark.parametrize(
    ("url", "on_server", "found"),
    [
        ("sqlite:///shop.db", False, Address("sqlite", path="shop.db")),
        ("sqlite:////data/shop.db", False, Address("sqlite", path="/data/shop.db")),
        ("postgresql://db.internal/staging", True, Address("postgresql", "db.internal", None, "staging")),
        ("postgresql:///staging", True, Address("postgresql", "", None, "staging")),
        ("mysql://127.0.0.1:3307/a%20b", True, Address("mysql", "127.0.0.1", 3307, "a b")),
        ("mariadb://[::1]:3307/x", True, Address("mariadb", "::1", 3307, "x")),
    ],
)
def test_urls(url, on_server, found):
    assert Address.parse(url, on_server) == found


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"postgresql://ann:{CANARY}@db/x", "TD3003"),
        (f"postgresql://{CANARY}@db/x", "TD3003"),
        (f"mysql://db/x?password={CANARY}", "TD3003"),
        ("mysql://db/x#y", "TD3003"),
        ("postgresql://db", "TD3066"),
        ("postgresql://db/", "TD3066"),
        ("sqlite://host/file.db", "TD3066"),
        ("mysql://db:port/x", "TD3066"),
        ("oracle://db/x", "TD1001"),
    ],
)
def test_urls_that_are_refused(url, code):
    with pytest.raises(InputError) as refused:
        open_database(url)
    assert refused.value.code == code
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    "options", [{"pasword": CANARY}, {"password": [CANARY]}, {"foreign_keys": CANARY}, {"schema": 1}, {"lock_wait": -1}]
)
def test_options_that_are_refused(options):
    with pytest.raises(InputError, match="TD3004") as refused:
        open_database("postgresql://db/x", options)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:9/x", "mysql://127.0.0.1:9/x"])
def test_a_secret_shows_nowhere(url, monkeypatch, capfd, caplog):
    monkeypatch.setenv("SHOP_PASSWORD", CANARY)
    for password in (CANARY, "env:SHOP_PASSWORD"):
        database = open_database(url, {"user": "ann", "password": password})
        with pytest.raises(TempDataError) as failed:
            database.check_usable()
        shown = [repr(database), str(database), repr(failed.value), str(failed.value), str(failed.value.__cause__)]
        assert not [text for text in (*shown, caplog.text, *capfd.readouterr()) if CANARY in text]


def test_a_secret_that_is_not_set_is_told():
    with pytest.raises(InputError, match="TD1053"):
        open_database("mysql://127.0.0.1:9/x", {"password": "env:NOT_SET_ANYWHERE"}).check_usable()


@pytest.mark.parametrize(
    ("url", "code"), [("sqlite:////no/such/folder/x.db", "TD3013"), ("duckdb:////no/such/folder/x.db", "TD3013")]
)
def test_a_file_that_cannot_be_is_told(url, code):
    with pytest.raises(TempDataError, match=code):
        open_database(url).check_usable()
