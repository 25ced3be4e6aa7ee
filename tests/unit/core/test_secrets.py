from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.secrets import SecretRef, is_secret_name, redact


def test_reference_names_a_variable_and_never_shows_its_value(monkeypatch):
    monkeypatch.setenv("LAKE_KEY", "hunter2")
    reference = SecretRef.parse("env:LAKE_KEY")
    assert reference is not None
    assert reference.resolve() == "hunter2"
    assert "hunter2" not in f"{reference} {reference!r}"
    assert str(reference) == "env:LAKE_KEY"


@pytest.mark.parametrize("text", ["LAKE_KEY", "env:", "env:A B", "env: A", "ENV:A", "env:1A", "env:A\n", "x env:A"])
def test_other_text_is_no_reference(text):
    assert SecretRef.parse(text) is None


@pytest.mark.parametrize("environment", [{}, {"A": ""}])
def test_a_missing_variable_is_named(environment):
    with pytest.raises(InputError, match="environment variable A is not set") as caught:
        SecretRef("A").resolve(environment)
    assert caught.value.code == "TD1053"
    assert "export A=" in caught.value.hint


@pytest.mark.parametrize(("name", "secret"), [
    ("key", True), ("secret", True), ("account_key", True), ("SAS_TOKEN", True), ("aws_secret_access_key", True), ("password", True),
    ("connection_string", True), ("endpoint_url", False), ("region", False), ("anon", False), ("use_ssl", False), ("keyspace", False),
])  # fmt: skip
def test_options_that_hold_secrets_are_known(name, secret):
    assert is_secret_name(name) is secret


@pytest.mark.parametrize("text", [
    "s3://me:hunter2@bucket/x", "password=hunter2&x=1", "Authorization: Bearer hunter2hunter2", "{'secret': 'hunter2'}",
    '"account_key": "hunter2"', "AccountKey=hunter2;Endpoint=x", "https://x/y?sig=hunter2&se=1", "aws_secret_access_key = hunter2",
    "the value hunter2 was refused", "token: hunter2",
])  # fmt: skip
def test_secrets_are_redacted(text):
    shown = redact(text, ["hunter2"]) if "value" in text else redact(text)
    assert "hunter2" not in shown
    assert "***" in shown


def test_access_keys_are_redacted():
    assert redact("key AKIAIOSFODNN7EXAMPLE here") == "key *** here"


def test_other_text_is_left_alone():
    text = "s3://bucket/lake/date=2024-01-31/part-00000.parquet: 3 rows, key columns a and b"
    assert redact(text, [""]) == text


def test_the_longest_secret_is_taken_first():
    assert redact("abcdef", ["abc", "abcdef"]) == "***"
