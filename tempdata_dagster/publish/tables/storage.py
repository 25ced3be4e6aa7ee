"""The options of a lake's storage, as the libraries of table formats name them: they have clients of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.failure import find_secrets
from tempdata_dagster.publish.stores import Store

_OBJECT_STORE = {
    "s3": {
        "key": "aws_access_key_id", "secret": "aws_secret_access_key", "token": "aws_session_token",
        "endpoint_url": "aws_endpoint_url", "region_name": "aws_region", "anon": "aws_skip_signature",
    },
    "gs": {"token": "google_service_account"},
    "abfs": {
        "account_name": "azure_storage_account_name", "account_key": "azure_storage_account_key",
        "sas_token": "azure_storage_sas_token", "tenant_id": "azure_storage_tenant_id",
        "client_id": "azure_storage_client_id", "client_secret": "azure_storage_client_secret",
        "account_host": "azure_storage_endpoint",
    },
}  # fmt: skip
_FILE_IO = {
    "s3": {
        "key": "s3.access-key-id", "secret": "s3.secret-access-key", "token": "s3.session-token",
        "endpoint_url": "s3.endpoint", "region_name": "s3.region", "anon": "s3.anonymous",
    },
    "gs": {"project": "gcs.project-id", "token": "gcs.oauth2.token", "endpoint_url": "gcs.service.host"},
    "abfs": {
        "account_name": "adls.account-name", "account_key": "adls.account-key", "sas_token": "adls.sas-token",
        "connection_string": "adls.connection-string", "tenant_id": "adls.tenant-id", "client_id": "adls.client-id",
        "client_secret": "adls.client-secret", "account_host": "adls.account-host",
    },
}  # fmt: skip


def _innermost(store: Any) -> Any:
    """The store itself, whatever stands in front of it."""
    while hasattr(store, "inner"):
        store = store.inner
    return store


def protocol_of(store: Store) -> str:
    """What kind of storage: `file`, `s3`, `gs`, `abfs`; what a table format's library has no client for is refused.

    Raises:
        InputError: TD3081 for a lake in memory, which no other program can see.
    """
    protocol = str(getattr(_innermost(store), "protocol", "file"))
    if protocol != "file" and protocol not in _OBJECT_STORE:
        hint = "publish Parquet there, or give the table another lake"
        raise InputError("TD3081", f"a table format cannot keep its log in {store.url}", hint)
    return protocol


def _options(store: Store) -> dict[str, Any]:
    given: Mapping[str, Any] = getattr(_innermost(store), "client_options", {})
    nested = given.get("client_kwargs") or {}
    return {**given, **(nested if isinstance(nested, Mapping) else {})}


def secrets_of(store: Store) -> frozenset[str]:
    """What errors of the libraries must not repeat."""
    return find_secrets(_options(store))


def _translate(store: Store, names: Mapping[str, str]) -> dict[str, str]:
    options = _options(store)
    told = {names[name]: options[name] for name in names if options.get(name) is not None}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in told.items()}


def object_store_options(store: Store) -> dict[str, str]:
    """As Rust's `object_store`, which deltalake uses, takes them. What is left out it finds in the environment, as fsspec does."""
    protocol = protocol_of(store)
    found = _translate(store, _OBJECT_STORE.get(protocol, {}))
    if protocol == "s3":
        # A commit is a file of the log that must not be there yet: without this condition two writers would both succeed.
        found["aws_conditional_put"] = "etag"
        if "aws_endpoint_url" in found:
            found.setdefault("aws_region", "us-east-1")
            found["aws_allow_http"] = str(found["aws_endpoint_url"].startswith("http://")).lower()
    return found


def object_store_url(store: Store, folder: str) -> str:
    """A folder's URL, as `object_store` takes it."""
    scheme, separator, rest = store.uri(folder).partition("://")
    return f"az://{rest}" if separator and scheme == "abfs" else f"{scheme}{separator}{rest}"


def file_io_properties(store: Store) -> dict[str, str]:
    """As pyiceberg's file systems take them."""
    return _translate(store, _FILE_IO.get(protocol_of(store), {}))
