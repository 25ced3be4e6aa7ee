"""The asset that stands for a dataset file that cannot be used: visible in the graph, and it fails with the reasons."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.orchestration.checks import knowing_previews
from tempdata_dagster.orchestration.datasets import DatasetFile
from tempdata_dagster.orchestration.metadata import refer_to_line

GROUP = "errors"
CHECK = "dataset_is_valid"


def label_broken(file: DatasetFile, taken: set[str]) -> DatasetFile:
    """The file with a label that no other broken file has: two assets of one name would keep all datasets from loading.

    Args:
        file: A broken file.
        taken: The names of ops that are in use; this one's is added.
    """
    label = re.sub(r"[^A-Za-z0-9_.-]", "_", file.stem)
    if label != file.stem or _name_op(label) in taken:
        label += f"_{hashlib.sha256(str(file.path).encode()).hexdigest()[:8]}"
    taken.add(_name_op(label))
    return replace(file, label=label)


def _name_op(label: str) -> str:
    # Dagster takes ASCII letters, digits and `_` in the names of ops, and nothing else.
    return f"errors__{re.sub(r'[^A-Za-z0-9_]', '_', label)}"


def build_broken_asset(file: DatasetFile) -> dg.AssetsDefinition:
    """An asset in the group `errors` that tells the file's problems and fails with them when it is run."""
    text = "\n".join(map(str, file.problems))
    with knowing_previews():
        spec = dg.AssetSpec(
            dg.AssetKey([GROUP, file.label]),
            group_name=GROUP,
            kinds={"tempdata", "yaml"},
            description=_describe(file),
            metadata={
                "tempdata/problems": dg.MetadataValue.table(_tabulate(file.problems)),
                "dagster/code_references": refer_to_line(file.problems[0].where, file.path, file.path.name),
            },
        )

        @dg.multi_asset(
            name=_name_op(file.label),
            specs=[spec],
            check_specs=[
                dg.AssetCheckSpec(CHECK, asset=spec.key, description="The dataset file can be used.", blocking=True)
            ],
        )
        def fail() -> Iterator[Any]:
            yield evaluate_broken(file)
            raise dg.Failure(f"the dataset file cannot be used; its data stays as it was:\n{text}", allow_retries=False)

    return fail


def evaluate_broken(file: DatasetFile) -> dg.AssetCheckEvaluation:
    """The failed check of a broken file."""
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey([GROUP, file.label]),
        check_name=CHECK,
        passed=False,
        severity=dg.AssetCheckSeverity.ERROR,
        description="\n".join(map(str, file.problems)),
        metadata={"problems": dg.MetadataValue.table(_tabulate(file.problems))},
        blocking=True,
    )


def _describe(file: DatasetFile) -> str:
    lines = "\n".join(
        f"- `{problem.where or file.path}` **{problem.code}** {problem.message}" for problem in file.problems
    )
    return f"`{file.path.name}` cannot be used. What it published before stays as it is.\n\n{lines}"


def _tabulate(problems: tuple[Problem, ...]) -> list[dg.TableRecord]:
    return [
        dg.TableRecord({"place": str(one.where or ""), "code": one.code, "problem": one.message, "hint": one.hint})
        for one in problems
    ]
