"""Usernames, made of the row's name."""

from __future__ import annotations

import numpy as np

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.email import ENDING_BITS, Handle
from tempdata_dagster.locales.name_table import spread


@KINDS.register("username")
class Username(Handle):
    """A name to sign in with: the person's name in ASCII with two digits, or with a number that no other row has.

    `anna.miller42`, and for `unique: true` `anna.miller.0004f7`. Names in other scripts are romanised.

    Example: {kind: username, unique: true}
    """

    version = 1
    pattern = r"[a-z0-9]+([.-][a-z0-9]+)*"

    def _endings(self, scope: Scope) -> tuple[list[str], np.ndarray]:
        del scope
        endings = [""] if self.unique else [f"{number:02}" for number in range(100)]
        return endings, spread([1.0] * len(endings), ENDING_BITS)
