"""Experiment: a named group of runs (Azure ML SDK v1)."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import cells, config, names, paths, provenance
from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.experiment_keep import ExperimentKeep
from jupyter_runs.model import NewRun, Status
from jupyter_runs.store.base import ANY, RunFilter
from jupyter_runs.workspace import Workspace, new_run_id

if TYPE_CHECKING:
    from jupyter_runs.run import Run
    from jupyter_runs.runlist import RunList


#: An interactive run starts in a moment, or without a copy of its folder.
_MAX_FILES, _MAX_BYTES = 2000, 100 << 20
#: Folders that were found too large, and warned about, with the times of their ignore files then.
_too_large: dict[str, list[float]] = {}


class Experiment(ExperimentKeep):
    """A named group of runs; made on first use.

    Parameters
    ----------
    workspace : where its runs are kept.
    name : 1 to 255 letters, digits, `_` and `-`, the first a letter or digit.

    Raises
    ------
    InvalidName : the name breaks the rule.

    Source: azureml.core.Experiment.
    """

    def __init__(self, workspace: Workspace, name: str, **_ignored: object) -> None:
        self._workspace = workspace
        self._name = names.experiment(name)
        workspace.store.ensure_experiment(self._name)

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self._name

    @property
    def id(self) -> str:
        """The name: it is unique within the workspace."""
        return self._name

    @property
    def workspace(self) -> Workspace:
        """Where its runs are kept."""
        return self._workspace

    def start_logging(
        self,
        name: str | None = None,
        run_id: str | None = None,
        outputs: Any = None,
        snapshot_directory: str | os.PathLike[str] | None = ".",
        **kwargs: Any,
    ) -> Run:
        """Start a run whose body is the code that follows, until `complete`, `fail`, `cancel` or the end of a `with`.

        While it is open, output of this process goes to its log too, and a cancel from anywhere interrupts the cell that is running.

        Parameters
        ----------
        name, display_name : what to call it, at most 256 characters.
        run_id : id of your own, 1 to 255 letters, digits, `_`, `.`, `-`; default: a random one.
        description : at most 5000 characters.
        tags : dict of texts, or one key.
        properties, params : dict of texts; they never change.
        outputs : folder whose new and changed files become files of the run when it ends; made now. Default `./outputs`; False: none.
        snapshot_directory : folder (default: the current one) that is kept as the run's source; None: none. A folder of more than
            2,000 files or 100 MB is left out, with a warning.

        Returns
        -------
        Run, with status Running.

        Raises
        ------
        InvalidName : a name, key or value breaks its rule; no run is made.

        Cost: one transaction. Source: azureml.core.Experiment.start_logging.
        """
        from jupyter_runs.run import Run

        known = {"display_name", "description", "tags", "properties", "params"}
        if unknown := kwargs.keys() - known:
            raise TypeError(f"start_logging() takes no {min(unknown)!r}. It takes {', '.join(sorted(known))}.")
        new = self.new_run(name=name, run_id=run_id, **kwargs)
        new.properties.update(self._source_of_cell(snapshot_directory))
        record = self._workspace.create_runs([new], by_hand=True, armed=True)[0]
        self._workspace.sessions[record.run_id].collect_from(_outputs_folder(outputs))
        return Run._of(self._workspace, record)

    def _source_of_cell(self, folder: Any) -> dict[str, str]:
        """The snapshot of the folder that an interactive run works in. It must be quick, and never be in the way."""
        if folder is None:
            return {}
        from jupyter_runs import source, source_walk

        where = os.path.realpath(folder)
        ignore = (Path(where, name) for name in source_walk.IGNORE_FILES)
        rules = [file.stat().st_mtime for file in ignore if file.exists()]
        # A walk that only finds again how large a folder is would cost every run some 100 ms.
        if _too_large.get(where) == rules:
            return {}
        try:
            taken = source.take(self._workspace.folder, Path(folder), max_files=_MAX_FILES, max_bytes=_MAX_BYTES)
        except (JupyterRunsError, OSError) as error:
            warnings.warn(f"The source is not kept with the run: {error}", stacklevel=3)
            return {}
        if taken is not None:
            return {provenance.SNAPSHOT: taken.snapshot_id}
        _too_large[where] = rules
        warnings.warn(
            f"{where} has more than {_MAX_FILES} files or {_MAX_BYTES >> 20} MB and is not kept with the run. Name what to leave out "
            "in .amlignore, or give snapshot_directory=None.",
            stacklevel=3,
        )
        return {}

    def submit(self, config: Any, tags: Any = None, **kwargs: Any) -> Run:
        """Run a script in a process of its own, which outlives this one. Returns at once.

        The source folder is copied now: editing a file afterwards changes nothing of this run.

        Parameters
        ----------
        config : a `ScriptRunConfig`. It is read now, and may be submitted again.
        tags : dict of texts, or one key.
        run_id : id of your own; default `<experiment>_<seconds>_<8 hex digits>`.
        name, display_name, description, properties, params : as in `start_logging`. Arguments of the form `--key value` become params.
        show_output : stream the log here until the run has ended.
        credential_passthrough : accepted.

        Returns
        -------
        Run, with status Queued; its type is `azureml.scriptrun`.

        Raises
        ------
        RunConfigurationException : the script, its arguments or its interpreter cannot be used; no run is made.
        InvalidName : a name, key or value breaks its rule; no run is made.

        Cost: a copy of what has changed in the source folder, and two transactions. Source: azureml.core.Experiment.submit.
        """
        from jupyter_runs.submit import submit

        run = submit(self, config, tags, **kwargs)
        if kwargs.get("show_output"):
            run.wait_for_completion(show_output=True, raise_on_error=False)
        return run

    def get_portal_url(self) -> str:
        """Where a person sees its runs: the Jupyter server of this user that runs, else the workspace's folder.

        Source: azureml.core.Experiment.get_portal_url.
        """
        if url := config.server_url():
            return f"{url}lab?experiment={self._name}"
        return self._workspace.folder.as_uri()

    def new_run(
        self,
        *,
        name: str | None = None,
        display_name: str | None = None,
        run_id: str | None = None,
        description: str | None = None,
        tags: Any = None,
        properties: Any = None,
        params: Any = None,
        parent_id: str | None = None,
    ) -> NewRun:
        """A checked description of a run to be started by this process. For this package."""
        shown = display_name if display_name is not None else name
        fixed = names.fixed(properties, "property") if properties is not None else {}
        job = None
        if parent_id is None:  # children are part of what their parent's cell did
            fixed = {**provenance.of_here(), **fixed}
            job = provenance.job_of_cell(cells.source())
        return NewRun(
            run_id=new_run_id() if run_id is None else names.run_id(run_id),
            experiment=self._name,
            submitted_by=self._workspace.user,
            status=Status.RUNNING,
            name=None if shown is None else names.display_name(shown),
            description=names.description(description) or None,
            parent_id=parent_id,
            owner=self._workspace.owner,
            tags=names.tags(tags) if tags is not None else {},
            properties=fixed,
            job=job,
            params=names.fixed(params, "param") if params is not None else {},
        )

    def get_runs(
        self,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        include_children: bool = False,
    ) -> RunList:
        """Runs of the experiment, newest first.

        Parameters
        ----------
        type : only runs of this type, e.g. `azureml.scriptrun`.
        tags, properties : a key that must be there, or a dict whose pairs must all be equal.
        include_children : children too, not only root runs.

        Returns
        -------
        A lazy sequence: `next(exp.get_runs())` is the newest run and reads one page.

        Source: azureml.core.Experiment.get_runs.
        """
        from jupyter_runs.runlist import RunList

        where = RunFilter(
            experiment=self._name,
            include_children=include_children,
            type=type,
            tags=names.filter_pairs("tags", tags, ANY),
            properties=names.filter_pairs("properties", properties, ANY),
        )
        return RunList(self._workspace, where)

    def to_dataframe(
        self, metrics: str = "last", children: bool = False, varying_only: bool = False, query: str | None = None
    ) -> Any:
        """One row a run as a pandas DataFrame: what it is, `params.*`, `metrics.*` and `tags.*`.

        Parameters
        ----------
        metrics : which value of each metric: last | min | max | best (the smallest of losses and errors, the largest of others).
        children : children too, not only root runs.
        varying_only : only params that differ between the runs.
        query : only runs that match this search text.

        Raises
        ------
        JupyterRunsError : pandas is not installed.
        InvalidQuery : names the word that does not parse.

        Cost: one query a page of 200 runs.
        """
        from jupyter_runs import frames

        return frames.experiment_frame(self, metrics, children, varying_only, query)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and (self._name, self._workspace.key) == (
            other._name,
            other._workspace.key,
        )

    def __hash__(self) -> int:
        return hash((self._name, self._workspace.key))

    def __repr__(self) -> str:
        return f"Experiment(name={self._name!r}, workspace={self._workspace.name!r})"

    def _repr_html_(self) -> str:
        from jupyter_runs import html

        facts = next((e for e in self._workspace.store.experiments(None) if e.name == self._name), None)
        counts = {"name": self._name, "total": facts.total if facts else 0, "active": facts.active if facts else 0}
        return html.experiment_card(
            self._name, self._workspace.name, counts, [run.wire() for run in self.get_runs()[:5]]
        )


def _outputs_folder(outputs: Any) -> Path | None:
    """The folder that `start_logging(outputs=…)` means."""
    if outputs is False:
        return None
    return Path(paths.OUTPUTS if outputs is None or outputs is True else outputs).expanduser().absolute()
