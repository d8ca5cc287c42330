"""ComputeTarget: a place where scripts run, under the names of Azure ML SDK v1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_runs import engines, targets
from jupyter_runs.errors import CloudOnly, ComputeTargetException, show

if TYPE_CHECKING:
    from jupyter_runs.workspace import Workspace

_TABLE = f"Write a table [compute.NAME] into .azureml/{targets.FILE} instead, see docs/targets.md."


class NoSuchTarget(ComputeTargetException, KeyError):
    """A target that was asked for by name is not configured."""

    __str__ = Exception.__str__


class ComputeTargets(dict[str, "ComputeTarget"]):
    """Targets by name; asking for one that is not there says which are, and how to add one."""

    def __missing__(self, name: str) -> NoReturn:
        there = ", ".join(self) or "none"
        raise NoSuchTarget(
            f"There is no compute target {show(name)} (configured: {there}). Add a table [compute.{name}] to "
            f".azureml/{targets.FILE}, or run scripts on this machine: compute_target='local'."
        )


class ComputeTarget:
    """A compute target of a workspace, as `.azureml/compute.toml` configures it. No engine is asked.

    Parameters
    ----------
    workspace : whose runs go there.
    name : of the target.

    Raises
    ------
    ComputeTargetException : there is none of that name.
    WorkspaceConfigError : a file of targets is wrong.

    Source: azureml.core.ComputeTarget.
    """

    _target: targets.Target
    workspace: Workspace

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._target, self.workspace = ComputeTarget.list(workspace)[name]._target, workspace

    @property
    def name(self) -> str:
        """What `compute_target` names."""
        return self._target.name

    @property
    def type(self) -> str:
        """The kind of its engine: slurm, ray, or what a package has added."""
        return self._target.type

    @property
    def provisioning_errors(self) -> list[str]:
        """What is wrong with its table, or with the store for its nodes; empty when a run can be submitted."""
        why = engines.problem(self.workspace._config, self._target, ask=False)
        return [] if why is None else [why]

    @property
    def provisioning_state(self) -> str:
        """Succeeded, or Failed when there are `provisioning_errors`."""
        return "Failed" if self.provisioning_errors else "Succeeded"

    @staticmethod
    def list(workspace: Workspace) -> ComputeTargets:
        """All that are configured, by name. Source: azureml.core.ComputeTarget.list, which gives a list."""
        found = ComputeTargets()
        for name, target in targets.known(workspace._config, Path.cwd()).items():
            one = ComputeTarget.__new__(ComputeTarget)
            one._target, one.workspace = target, workspace
            found[name] = one
        return found

    def refresh_state(self) -> None:
        """Nothing to do: every answer is as the file is now."""

    def wait_for_completion(self, show_output: bool = False, **_ignored: Any) -> None:
        """Nothing to wait for: the engine is there, or submit says that it is not. Source: azureml.core.ComputeTarget."""
        if show_output:
            print(self.provisioning_state)  # noqa: T201 - asked for

    def get_status(self) -> str:
        """The `provisioning_state`. Source: azureml.core.compute.AmlCompute.get_status."""
        return self.provisioning_state

    def serialize(self) -> dict[str, Any]:
        """Name, type and state as plain values. Source: azureml.core.ComputeTarget.serialize."""
        return {"name": self.name, "type": self.type, "provisioning_state": self.provisioning_state}

    @staticmethod
    def create(*_args: object, **_kwargs: object) -> NoReturn:
        """Raise `CloudOnly`: engines are made elsewhere."""
        raise CloudOnly(f"ComputeTarget.create exists in Azure only. {_TABLE}")

    @staticmethod
    def attach(*_args: object, **_kwargs: object) -> NoReturn:
        """Raise `CloudOnly`, as `create`."""
        raise CloudOnly(f"ComputeTarget.attach exists in Azure only. {_TABLE}")

    def __repr__(self) -> str:
        return f"ComputeTarget(name={self.name!r}, type={self.type!r})"
