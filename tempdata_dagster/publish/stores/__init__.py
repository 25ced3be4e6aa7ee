"""Where lakes lie: one module per kind of storage."""

from __future__ import annotations

from tempdata_dagster.publish.stores.base import STORES, Blob, Entry, Lease, Sink, Store

__all__ = ["STORES", "Blob", "Entry", "Lease", "Sink", "Store"]
