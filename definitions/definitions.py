"""The code location that `workspace.yaml` names: all datasets of this project as Dagster assets."""

from __future__ import annotations

import os
from pathlib import Path

from tempdata_dagster.orchestration.definitions import build_tempdata_definitions

PROJECT = Path(__file__).resolve().parent.parent / "configs" / "project.yaml"

defs = build_tempdata_definitions(project=PROJECT, target=os.environ.get("TEMPDATA_TARGET"))
