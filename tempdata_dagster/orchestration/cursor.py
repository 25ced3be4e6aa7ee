"""The config sensor's memory between ticks."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field

_VERSION = 1


@dataclass
class Cursor:
    """What the sensor has dealt with.

    Attributes:
        tables: The fingerprint of each table (`dataset/table`) that runs were last requested for, or found unneeded.
        round: Grows with every request, so that going back to an earlier version of a file is a request of its own.
        missing: The dataset files that were gone at the last tick.
        reported: The digest at which each broken file was last reported.
    """

    tables: dict[str, str] = field(default_factory=dict)
    round: int = 0
    missing: list[str] = field(default_factory=list)
    reported: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """The cursor that `dump` wrote; a fresh one for anything else, such as what another version left behind.

        A fresh one forgets nothing that matters: what is out of date is told by the recorded materializations. Its round
        starts at the clock, beyond those of the cursor that was lost.
        """
        try:
            raw = json.loads(text or "null")
        except ValueError:
            raw = None
        if not isinstance(raw, dict) or raw.get("version") != _VERSION:
            return cls(round=int(time.time()))
        tables, missing, reported = raw.get("tables"), raw.get("missing"), raw.get("reported")
        number = raw.get("round")
        return cls(
            tables=_texts(tables),
            round=number if isinstance(number, int) else int(time.time()),
            missing=[str(one) for one in missing] if isinstance(missing, list) else [],
            reported=_texts(reported),
        )

    def dump(self) -> str:
        """The cursor as Dagster stores it."""
        return json.dumps({"version": _VERSION, **asdict(self)}, sort_keys=True)


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
