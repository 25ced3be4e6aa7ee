"""Print the JSON Schema of dataset files, from which editors complete and check while you type.

tempdata schema > dataset.schema.json
# yaml-language-server: $schema=dataset.schema.json     (as the first line of a dataset file)
"""

from __future__ import annotations

import argparse
import json

from tempdata_dagster.cli.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: the schema is the same everywhere."""
    del parser


def run(options: argparse.Namespace) -> Report:
    """The schema, with the parameters of every kind."""
    del options
    from tempdata_dagster.generators import KINDS
    from tempdata_dagster.spec.json_schema import build_json_schema

    schema = build_json_schema(KINDS)
    return Report([json.dumps(schema, indent=2, ensure_ascii=False)], schema, bare=True)
