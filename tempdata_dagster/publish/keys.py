"""What publishing knows of a table beyond its schema: the keys that databases and SQL files declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ConfigDict

from tempdata_dagster.spec.values import Settings

if TYPE_CHECKING:
    from tempdata_dagster.spec.contract import TableContract


class ForeignKeyFacts(Settings):
    """Columns that hold the key of a parent's row, both in the same order.

    Attributes:
        cyclic: The edge closes a cycle among tables, a table's reference to itself among them.
    """

    model_config = ConfigDict(strict=False)

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    nullable: bool = False
    cyclic: bool = False


class TableKeys(Settings):
    """The keys of a table.

    Attributes:
        primary: The columns that tell its rows apart; none for a table without a key.
        unique: Columns without a value twice, each on its own, nulls aside.
        descriptions: Of columns, where there is one; the table's own under the empty name.
    """

    model_config = ConfigDict(strict=False)

    primary: tuple[str, ...] = ()
    foreign: tuple[ForeignKeyFacts, ...] = ()
    unique: tuple[str, ...] = ()
    descriptions: dict[str, str] = {}

    @classmethod
    def of(cls, contract: TableContract) -> TableKeys:
        """The keys that a contract promises, as far as they are among the columns that are written."""
        written = {column.name for column in contract.columns}
        foreign = tuple(
            ForeignKeyFacts(
                columns=one.columns,
                parent=one.parent,
                parent_columns=one.parent_columns,
                nullable=one.nullable,
                cyclic=one.cyclic,
            )
            for one in contract.foreign_keys
            if written.issuperset(one.columns)
        )
        descriptions = {"": contract.description, **{column.name: column.description for column in contract.columns}}
        return cls(
            primary=contract.key if written.issuperset(contract.key) else (),
            foreign=foreign,
            unique=tuple(
                column.name for column in contract.columns if column.unique and (column.name,) != contract.key
            ),
            descriptions={name: text for name, text in descriptions.items() if text},
        )


NO_KEYS = TableKeys()
