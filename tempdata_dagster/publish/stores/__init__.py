"""Where lakes lie: one module per kind of storage."""

from __future__ import annotations

from tempdata_dagster.publish.stores.base import STORES, Blob, Entry, Lease, Sink, Store
from tempdata_dagster.publish.stores.retry import NEVER, Retry, retrying

__all__ = ["NEVER", "STORES", "Blob", "Entry", "Lease", "Retry", "Sink", "Store", "retrying"]
