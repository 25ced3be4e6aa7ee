"""Staging, publishing, verifying and cleaning a lake."""

from __future__ import annotations

from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest, PartitionFacts, PublishedFile
from tempdata_dagster.publish.part import StagedFile, stage_part
from tempdata_dagster.publish.protocol import PublishedPartition
from tempdata_dagster.publish.staging import Staging
from tempdata_dagster.publish.target import Target

__all__ = [
    "Manifest",
    "PartitionFacts",
    "PartitionRef",
    "PublishedFile",
    "PublishedPartition",
    "StagedFile",
    "Staging",
    "Target",
    "stage_part",
]
