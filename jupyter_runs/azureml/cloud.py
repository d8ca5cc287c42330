"""Names that only Azure has: they can be imported, and whoever uses one is told the local way in one line."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import CloudOnly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

AUTOML = "Fit your candidates in a loop, each in a child run: `with run.child_run(name) as child:`, then child.log(…)."
COMPUTE = "Scripts run on this machine, or on a target of .azureml/compute.toml: `jupyter runs targets` lists them."
DATA = "Read files by path, e.g. pandas.read_csv(path), and give the path to scripts: arguments=['--data', path]."
DEPLOY = "Load the model with Model.get_model_path(name) and serve it with a web framework."
DISTRIBUTED = (
    "A script is started once, on this machine: start its workers in it, or give command=['torchrun', …, 'train.py']."
)
ESTIMATOR = "Use ScriptRunConfig(source_directory, script, arguments)."
HYPERDRIVE = "Use child runs in a loop: `with run.child_run() as child:`, or run.submit_child(config) for scripts."
IMAGE = "Scripts run in this Python, or in the one that Environment.python.interpreter_path names."
PIPELINE = (
    "Submit the scripts one after another: exp.submit(config).wait_for_completion(), or run.submit_child(config)."
)
SECRETS = "Keep secrets in environment variables or in the `keyring` package."


class CloudName(type):
    """What stands in for a class or function: calling it, or anything in it, raises `CloudOnly`; naming it does no harm."""

    way: str

    def __call__(cls, *_args: object, **_kwargs: object) -> NoReturn:
        raise CloudOnly(f"{cls.__qualname__} exists in Azure only. {cls.way}")

    def __getattr__(cls, name: str) -> CloudName:
        if name.startswith("_"):
            raise AttributeError(f"{cls.__qualname__} has no attribute {name!r}")
        return stand_in(f"{cls.__qualname__}.{name}", cls.way)


@cache
def stand_in(name: str, way: str) -> CloudName:
    """The one stand-in of that name; `way` says what to do instead."""
    return CloudName(
        name.rpartition(".")[2], (), {"__qualname__": name, "__module__": "azureml", "__doc__": way, "way": way}
    )


def only(names: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a module with names that only Azure has.

    Parameters
    ----------
    names : name -> the local way, a sentence.
    """

    def find(name: str) -> CloudName:
        if name not in names:
            raise AttributeError(f"module has no attribute {name!r}", name=name)
        return stand_in(name, names[name])

    return find
