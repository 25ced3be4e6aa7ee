"""`python -m tempdata_dagster.cli`."""

from __future__ import annotations

import sys

from tempdata_dagster.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
