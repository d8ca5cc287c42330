"""The part of Experiment that keeps house: lists, tags, archive, the bin, export."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_runs import names
from jupyter_runs.errors import InvalidName, show
from jupyter_runs.store.base import ANY

if TYPE_CHECKING:
    import builtins
    import os
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jupyter_runs.experiment import Experiment
    from jupyter_runs.model import ExperimentRecord
    from jupyter_runs.workspace import Workspace


class ViewType:
    """Which experiments `Experiment.list` gives. Source: azureml.core.experiment.ViewType."""

    ActiveOnly = "ActiveOnly"
    All = "All"
    ArchivedOnly = "ArchivedOnly"


_ARCHIVED = {ViewType.ActiveOnly: False, ViewType.All: None, ViewType.ArchivedOnly: True}


def delete(workspace: Workspace, experiment_id: str) -> None:
    """All runs of the experiment are in the bin, and the experiment is in no listing.

    `Run.restore` brings a run back, and the experiment with it, until `Workspace.gc` removes them for good.

    Parameters
    ----------
    workspace : where it is.
    experiment_id : its id, which is its name.

    Raises
    ------
    InvalidName : there is no such experiment.
    RunStateError : one of its runs has not ended; nothing is deleted.

    Source: azureml.core.Experiment.delete.
    """
    workspace.store.delete_experiment(str(experiment_id), by=workspace.user)


class _Delete:
    """`Experiment.delete(workspace, experiment_id)` as in SDK v1, and `experiment.delete()`."""

    __doc__ = delete.__doc__

    def __get__(self, experiment: ExperimentKeep | None, owner: type) -> Callable[..., None]:
        return delete if experiment is None else partial(_delete_this, experiment)


def _delete_this(
    experiment: ExperimentKeep, workspace: Workspace | None = None, experiment_id: str | None = None
) -> None:
    if (workspace is None) != (experiment_id is None):
        raise InvalidName("delete() takes nothing on an experiment, or a workspace and an experiment's id together.")
    delete(workspace or experiment._workspace, experiment_id or experiment._name)


class ExperimentKeep:
    """Tags and the life of an experiment."""

    _workspace: Workspace
    _name: str

    #: See `delete` of this module.
    delete = _Delete()

    @classmethod
    def _of(cls, workspace: Workspace, name: str) -> Experiment:
        """A handle of an experiment that is there, without bringing a deleted one back."""
        from jupyter_runs.experiment import Experiment

        experiment = Experiment.__new__(Experiment)
        experiment._workspace, experiment._name = workspace, name
        return experiment

    @staticmethod
    def list(
        workspace: Workspace, experiment_name: str | None = None, view_type: str = ViewType.ActiveOnly, tags: Any = None
    ) -> builtins.list[Experiment]:
        """Experiments of a workspace, the most recently used first.

        Parameters
        ----------
        workspace : where they are.
        experiment_name : only the one of this name.
        view_type : of `ViewType`: ActiveOnly, All, ArchivedOnly.
        tags : a key that must be there, or a dict whose pairs must all be equal.

        Raises
        ------
        InvalidName : an unknown view_type.

        Source: azureml.core.Experiment.list.
        """
        if view_type not in _ARCHIVED:
            raise InvalidName(f"view_type is one of {', '.join(_ARCHIVED)}, not {show(view_type)}.")
        wanted = names.filter_pairs("tags", tags, ANY).items()
        return [
            ExperimentKeep._of(workspace, record.name)
            for record in workspace.store.experiments(_ARCHIVED[view_type])
            if experiment_name in {None, record.name}
            and all(key in record.tags and value in {ANY, record.tags[key]} for key, value in wanted)
        ]

    def _facts(self) -> ExperimentRecord:
        return self._workspace.store.experiment(self._name)

    # -- tags ------------------------------------------------------------------------------------------------------------

    @property
    def tags(self) -> dict[str, str | None]:
        """The tags as they are now."""
        return self._facts().tags

    def tag(self, key: str, value: Any = None) -> None:
        """Set one tag; without a value it is a plain tag. Raises `InvalidName`. Source: azureml.core.Experiment.tag."""
        self.set_tags({key: value})

    def set_tags(self, tags: Mapping[str, Any] | str) -> None:
        """Merge these tags into the experiment's, all or none; others stay. A text is one plain tag."""
        self._workspace.store.edit_experiment_tags(self._name, names.tags(tags))

    def remove_tags(self, tags: Iterable[str] | str) -> None:
        """Remove these tags; keys that are not there are no error."""
        if not isinstance(tags, Iterable):
            raise InvalidName(
                f"Tags to remove are a list of keys or one key, not a {type(tags).__name__}, e.g. ['quality']."
            )
        gone = [tags] if isinstance(tags, str) else [str(key) for key in tags]
        self._workspace.store.edit_experiment_tags(self._name, {}, gone)

    def refresh(self) -> None:
        """Nothing to do: every property is read fresh. Source: azureml.core.Experiment.refresh."""

    # -- archive ---------------------------------------------------------------------------------------------------------

    @property
    def archived_time(self) -> datetime | None:
        """When it was archived (UTC); None while it is active."""
        at = self._facts().archived_at
        return None if at is None else datetime.fromtimestamp(at, timezone.utc)

    def archive(self) -> None:
        """The experiment and its runs are out of listings. Again is harmless.

        Runs that are active go on. A new run brings the experiment back, as `reactivate` does.

        Source: azureml.core.Experiment.archive.
        """
        self._workspace.store.archive_experiment(self._name)

    def reactivate(self, new_name: str | None = None) -> None:
        """The experiment is back, with exactly the runs that were archived with it. Harmless on an active one.

        Parameters
        ----------
        new_name : what to call it from now on; this object follows.

        Raises
        ------
        InvalidName : the name breaks the rule or is taken; nothing changes.

        Source: azureml.core.Experiment.reactivate.
        """
        checked = None if new_name is None else names.experiment(new_name)
        self._workspace.store.reactivate_experiment(self._name, checked)
        self._name = checked or self._name

    # -- export ----------------------------------------------------------------------------------------------------------

    def export(self, path: str | os.PathLike[str], runs: Iterable[Any] | None = None) -> Path:
        """Write runs with all they have into one file, which `Workspace.import_experiment` reads. See `transfer.export`.

        Parameters
        ----------
        path : the file, or a folder that is there: then `<name>.zip` in it. A file that is there is replaced, once the new one is whole.
        runs : runs or their ids; each comes with its whole tree. Default: all runs of the experiment that are not in the bin.

        Returns
        -------
        The file.

        Raises
        ------
        RunNotFound : one of `runs` is not in this experiment; nothing is written.
        """
        from jupyter_runs import transfer

        return transfer.export(self._workspace, self._name, path, runs)
