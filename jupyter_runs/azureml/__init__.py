"""Notebooks and scripts of Azure ML SDK v1 run here as they are: `%load_ext jupyter_runs.azureml` makes `import azureml.core` work.

`tree` beside this file holds packages named `azureml.…` that give jupyter_runs' own classes under the names of the SDK. It goes to the END
of `sys.path` and of PYTHONPATH, so that `!python train.py` and submitted scripts find it too. An azureml-core that is installed wins.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_runs import paths

__all__ = ["TREE", "install", "uninstall"]

#: The folder that holds `azureml`.
TREE = str(paths.DROP_IN)


def install() -> None:
    """Make `azureml.core` and its like importable here and in the processes that are started from here. Any number of times.

    Where azureml-core is installed it says in one line that it stays in use, and changes nothing.

    Cost: one search along `sys.path`.
    """
    sys.path[:] = [entry for entry in sys.path if entry != TREE]  # it may be inherited, and then is not at the end
    if (real := _installed()) is not None:
        print(  # noqa: T201 - the answer to the user's line
            f"azureml-core is installed ({real}) and stays in use. `pip uninstall azureml-core` makes its imports give jupyter_runs."
        )
        return
    sys.path.append(TREE)
    importlib.invalidate_caches()
    inherited = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry not in {"", TREE}]
    os.environ["PYTHONPATH"] = os.pathsep.join([*inherited, TREE])
    _extend_imported()


def uninstall() -> None:
    """Undo `install`, here and for processes that are started later; classes that were imported stay usable."""
    sys.path[:] = [entry for entry in sys.path if entry != TREE]
    if TREE in (entries := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if rest := [entry for entry in entries if entry != TREE]:
            os.environ["PYTHONPATH"] = os.pathsep.join(rest)
        else:
            del os.environ["PYTHONPATH"]
    for name in [name for name in sys.modules if name.split(".")[0] == "azureml" and _is_ours(name)]:
        del sys.modules[name]
    importlib.invalidate_caches()


def load_ipython_extension(ip: Any) -> None:
    """`%load_ext jupyter_runs.azureml`: SDK v1 imports work, and the magics are there."""
    install()
    ip.extension_manager.load_extension("jupyter_runs")


def unload_ipython_extension(ip: Any) -> None:
    """`%unload_ext jupyter_runs.azureml`: new imports no longer work; the magics stay."""
    del ip
    uninstall()


def _installed() -> str | None:
    """Where an azureml-core that is not ours is, or None."""
    try:
        found = importlib.util.find_spec("azureml.core")
    except (ImportError, ValueError):  # no azureml at all; or one that somebody put into sys.modules by hand
        return None
    if found is None:
        return None
    places = [found.origin] if found.origin else list(found.submodule_search_locations or [])
    return next((place for place in places if not place.startswith(TREE)), None)


def _extend_imported() -> None:
    """An `azureml` that another package has brought (azureml-mlflow is one) finds our part too, also when it is imported already."""
    try:
        package = importlib.import_module("azureml")
    except ImportError:  # another package's, and broken: not for us to say
        return
    ours = str(Path(TREE) / "azureml")
    if isinstance(package.__path__, list) and ours not in package.__path__:
        package.__path__.append(ours)


def _is_ours(module: str) -> bool:
    loaded = sys.modules[module]
    places = [getattr(loaded, "__file__", None) or "", *getattr(loaded, "__path__", [])]
    return all(place.startswith(TREE) for place in places if place)
