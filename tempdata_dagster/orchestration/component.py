"""The Dagster component: datasets as assets from a `defs.yaml`, with a scaffolder for `dg scaffold defs`."""
# No `from __future__ import annotations` here: Dagster resolves the fields of components by their annotations, and text
# in their place breaks every component of the environment.

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Optional

import dagster as dg
from dagster.components.resolved.core_models import OpSpec
from dagster.components.utils.translation import TranslationFn, TranslationFnResolver
from pydantic import BaseModel, Field

from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
from tempdata_dagster.orchestration.resources import TempDataResource
from tempdata_dagster.orchestration.sensors import SENSOR
from tempdata_dagster.orchestration.translator import TempDataTranslator, TempDataTranslatorData

_SAMPLE = """\
    dataset: {name}
    description: Customers and their orders; change it to look like your own shop.
    seed: 42
    start: 2026-01-01
    schedule: {{cron: "0 2 * * *", timezone: UTC}}
    tables:
      customers:
        rows: 1_000
        key: customer_id
        columns:
          customer_id: {{kind: key, prefix: C}}
          country: {{kind: choice, values: {{US: 6, DE: 2, PK: 2}}}}
      orders:
        rows: {{per: day, mean: 200}}
        key: order_id
        columns:
          order_id: {{kind: key, prefix: O}}
          ordered_at: {{kind: timestamp}}
          customer_id: {{kind: reference, to: customers}}
          amount: {{kind: number, distribution: lognormal, median: 20, sigma: 0.8, min: 1, max: 900, decimals: 2}}
    """


class TempDataScaffoldParams(BaseModel):
    """What `dg scaffold defs tempdata_dagster.TempDataComponent` asks for."""

    dataset: str = Field(default="shop", description="The dataset's name, and that of its file.")
    target: str = Field(default="./lake", description="The folder or URL of the lake.")


class TempDataScaffolder(dg.Scaffolder[TempDataScaffoldParams]):
    """Writes a `defs.yaml` and a first dataset next to it."""

    @classmethod
    def get_scaffold_params(cls) -> type[TempDataScaffoldParams]:
        """The model of the parameters."""
        return TempDataScaffoldParams

    def scaffold(self, request: dg.ScaffoldRequest[TempDataScaffoldParams]) -> None:
        """Writes the files."""
        params = request.params
        folder = request.target_path / "datasets"
        folder.mkdir(parents=True, exist_ok=True)
        text = textwrap.dedent(_SAMPLE).format(name=params.dataset)
        (folder / f"{params.dataset}.yaml").write_text(text, encoding="utf-8")
        dg.scaffold_component(request, {"datasets": ["datasets"], "target": params.target})


def _template_variables(data: TempDataTranslatorData) -> dict[str, Any]:
    return {"dataset": data.dataset, "table": data.table, "contract": data.contract}


Translation = Annotated[
    TranslationFn[TempDataTranslatorData], TranslationFnResolver(template_vars_for_translation_fn=_template_variables)
]


@dg.scaffold_with(TempDataScaffolder)
@dataclass
class TempDataComponent(dg.Component, dg.Resolvable):
    """Test data as assets: one per table of the datasets.

    Attributes:
        datasets: Dataset files or folders, relative to the component's folder.
        target: A target of the project file, or a folder or URL; a folder is relative to the work folder.
        project: The project file, relative to the component's folder.
        options: Options of the store; secrets as `env:NAME`.
        destinations: Further places by name, as `TempDataResource` takes them.
        workers: Processes that generate partitions and files side by side.
        op: Tags and the backfill policy of the steps.
        translation: Changes to the asset specs; `{{ dataset }}` and `{{ table }}` stand for the names.
        sensor_name: The config sensor's name, which is unique in a code location.
    """

    datasets: list[str]
    target: Optional[str] = None  # noqa: UP045 - Dagster's resolver reads the annotation as it stands
    project: Optional[str] = None  # noqa: UP045 - as above
    options: dict[str, Any] = field(default_factory=dict)
    destinations: dict[str, dict[str, Any]] = field(default_factory=dict)
    workers: int = 1
    op: Optional[OpSpec] = None  # noqa: UP045 - as above
    translation: Optional[Translation] = None  # noqa: UP045 - as above
    sensor_name: str = SENSOR

    def get_asset_spec(self, data: TempDataTranslatorData) -> dg.AssetSpec:
        """The asset of one table; override it to change what YAML cannot."""
        spec = TempDataTranslator().get_asset_spec(data)
        return self.translation(spec, data) if self.translation else spec

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The assets, schedules and the sensor of the component's datasets."""
        project = str(context.path / self.project) if self.project else None
        resource = TempDataResource(
            target=self.target,
            project=project,
            options=self.options,
            destinations=self.destinations,
            workers=self.workers,
        )
        defs = build_tempdata_definitions(
            [context.path / one for one in self.datasets],
            project=project,
            resource=resource,
            translator=_ComponentTranslator(self),
            sensor_name=self.sensor_name,
            **dict(self._asset_options()),
        )
        # Without the executor: components are merged into one code location, which takes one at most.
        return dg.Definitions(
            assets=defs.assets, schedules=defs.schedules, sensors=defs.sensors, resources=defs.resources
        )

    def _asset_options(self) -> Iterator[tuple[str, Any]]:
        if self.op and self.op.backfill_policy:
            yield "backfill_policy", self.op.backfill_policy
        if self.op and self.op.tags:
            yield "op_tags", self.op.tags


class _ComponentTranslator(TempDataTranslator):
    def __init__(self, component: TempDataComponent) -> None:
        self._component = component

    def get_asset_spec(self, data: TempDataTranslatorData) -> dg.AssetSpec:
        return self._component.get_asset_spec(data)
