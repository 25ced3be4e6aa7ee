"""Third-party packages: loaded only if the project file names them, since loading one runs its code."""

from __future__ import annotations

from collections.abc import Iterable

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest

GROUP = "tempdata_dagster.plugins"


def load_plugins(names: Iterable[str]) -> None:
    """Import the entry points of these names in the group `tempdata_dagster.plugins`; importing one registers its kinds and modifiers.

    Args:
        names: The `plugins:` of the project file.

    Raises:
        InputError: TD1004 when none is installed under a name, or when importing it fails.
    """
    wanted = tuple(names)
    if not wanted:
        return
    # Looking through all that is installed takes time, which those without plug-ins do not pay.
    from importlib.metadata import entry_points

    known = {point.name: point for point in entry_points(group=GROUP)}
    for name in wanted:
        if name not in known:
            hint = closest(name, list(known)) or "install the package"
            raise InputError("TD1004", f"no installed package has the plug-in '{name}'", hint)
        try:
            known[name].load()
        except (ImportError, AttributeError) as error:
            raise InputError("TD1004", f"the plug-in '{name}' cannot be loaded: {error}", "repair it") from error
