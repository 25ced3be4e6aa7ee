"""Check dataset files and report every problem of all of them, each with its place and a hint.

Without SPEC, all datasets of the project are checked.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempdata_dagster.cli.report import Report, list_problems
from tempdata_dagster.cli.surroundings import Surroundings, exists
from tempdata_dagster.cli.text import count_of
from tempdata_dagster.core.errors import InputError, Problem, TempDataError

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """SPEC..."""
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a dataset file or folder, or a folder of datasets")


def run(options: argparse.Namespace) -> Report:
    """Checks all datasets; exit code 2 when one of them has a problem."""
    around = Surroundings.here()
    problems: list[Problem] = []
    lines, documents = [], []
    seen: dict[str, str] = {}
    for word in _list_specs(around, options.specs):
        found, plan = check(around, word)
        if plan is not None and plan.dataset.dataset in seen:
            found = [_report_twin(plan, seen[plan.dataset.dataset])]
        if plan is not None:
            seen.setdefault(plan.dataset.dataset, word)
            lines += (
                [] if found else [f"{word}: {plan.dataset.dataset}, {count_of(len(plan.tables), 'table')}, no problem"]
            )
        problems += found
        documents.append(_describe(word, plan, found))
    return Report(lines, {"datasets": documents}, tuple(problems), 2 if problems else 0)


def check(around: Surroundings, word: str) -> tuple[list[Problem], Plan | None]:
    """The problems of one dataset, and its plan if it could be bound."""
    try:
        plan = around.open_plan(word)
    except TempDataError as error:
        return list(list_problems(error)), None
    return [*_check_publications(around, plan), *_check_audit(plan)], plan


def _check_publications(around: Surroundings, plan: Plan) -> list[Problem]:
    """What is wrong with where the tables go: in any environment of the project, since the file is run in all of them."""
    from tempdata_dagster.routing import Environment, check_publications

    project = around.project
    if project is None:
        return check_publications(plan.loaded)
    environments = (Environment.of(project.target(name)) for name in project.project.targets)
    found = (problem for one in environments for problem in check_publications(plan.loaded, one))
    return list(dict.fromkeys(found))


def _check_audit(plan: Plan) -> Iterator[Problem]:
    """What is wrong with the checks that the file asks for."""
    from tempdata_dagster.checks.families.patterns import validate_patterns

    for table in plan.tables:
        contract = plan.contract(table)
        yield from validate_patterns(contract)
        if contract.expectations:
            # Great Expectations takes 5 s to import, which files without expectations of their own are spared.
            from tempdata_dagster.checks.gx import validate_expectations

            for problem in validate_expectations(contract):
                yield problem.at(plan.loaded.where(problem.path))


def _list_specs(around: Surroundings, words: list[str]) -> list[str]:
    if not words:
        # Not by name: `shop.yaml` and `shop.yml` share one.
        found = [str(path) for path in around.project.dataset_paths()] if around.project else []
        if not found:
            raise InputError("TD6001", "there is no dataset to validate", "give dataset files, or run it in a project")
        return found
    return [spec for word in words for spec in _expand(word)]


def _expand(word: str) -> list[str]:
    """The datasets of a folder of datasets; else the word itself."""
    from tempdata_dagster.spec.project import find_datasets
    from tempdata_dagster.spec.source import HEAD

    folder = Path(word)
    if not exists(folder) or not folder.is_dir() or (folder / HEAD).exists():
        return [word]
    return [str(path) for path in find_datasets(folder)] or [word]


def _report_twin(plan: Plan, other: str) -> Problem:
    name, where = plan.dataset.dataset, plan.loaded.where(("dataset",))
    return Problem("TD4005", f"dataset '{name}' is also in {other}", ("dataset",), "rename one of the two", where)


def _describe(word: str, plan: Plan | None, problems: list[Problem]) -> dict[str, Any]:
    name = plan.dataset.dataset if plan else None
    return {"spec": word, "dataset": name, "tables": list(plan.tables) if plan else [], "problems": len(problems)}
