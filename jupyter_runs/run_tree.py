"""The part of Run that deals with parent and children, tags and properties."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import TYPE_CHECKING, Any, SupportsIndex

from jupyter_runs import gate, names
from jupyter_runs.errors import InvalidName, show
from jupyter_runs.store.base import ANY, RunFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_runs.experiment import Experiment
    from jupyter_runs.model import RunRecord
    from jupyter_runs.run import Run
    from jupyter_runs.runlist import RunList
    from jupyter_runs.workspace import Workspace


class RunTree:
    """Children, tags and properties of a run."""

    _workspace: Workspace
    _id: str
    experiment: Experiment

    def _record(self) -> RunRecord:
        raise NotImplementedError

    # -- children --------------------------------------------------------------------------------------------------------

    @property
    def parent(self) -> Run | None:
        """The run that this one is a child of, or None."""
        parent_id = self._record().parent_id
        return None if parent_id is None else self._workspace.get_run(parent_id)

    def child_run(
        self, name: str | None = None, run_id: str | None = None, outputs: object = None, **kwargs: Any
    ) -> Run:
        """Start a child run; `with run.child_run("trial") as child:` ends it with the block.

        A cancel of the child alone ends its block, and the code after the block goes on.

        Parameters
        ----------
        name : what to call it; default `<parent> > n`.
        run_id : id of your own.
        outputs : accepted.
        tags, properties, params, description : as in `Experiment.start_logging`.

        Raises
        ------
        InvalidName : a name, key or value breaks its rule; no run is made.

        Source: azureml.core.Run.child_run.
        """
        from jupyter_runs.run import Run

        del outputs
        gate.checkpoint()
        new = self.experiment.new_run(name=name, run_id=run_id, parent_id=self._id, **kwargs)
        return Run._of(self._workspace, self._workspace.create_runs([new])[0])

    def create_children(
        self, count: Any = None, tag_key: str | None = None, tag_values: Iterable[Any] | None = None
    ) -> list[Run]:
        """Start many children in one transaction, any number of them.

        Parameters
        ----------
        count : how many; each is tagged `azureml.batch_child_number` = 0 … count - 1.
        tag_key, tag_values : instead of `count`: one child a value, tagged with it.

        Raises
        ------
        InvalidName : neither or both ways are given, or `count` is negative.

        Source: azureml.core.Run.create_children (which stops at 100).
        """
        from jupyter_runs.run import Run

        by_tag = tag_key is not None and tag_values is not None
        if (count is not None) == by_tag or (tag_key is None) != (tag_values is None):
            raise InvalidName(
                "create_children takes either count, or tag_key and tag_values together, e.g. create_children(count=5)."
            )
        if count is not None and (isinstance(count, bool) or not isinstance(count, SupportsIndex) or index(count) < 0):
            raise InvalidName(f"create_children(count=…) takes a whole number from 0, not {show(count)}.")
        numbered = [("azureml.batch_child_number", i) for i in range(0 if count is None else index(count))]
        pairs = numbered if tag_values is None else [(tag_key, value) for value in tag_values]
        if not pairs:
            return []
        gate.checkpoint()
        experiment = self.experiment
        new = [experiment.new_run(parent_id=self._id, tags={key: value}) for key, value in pairs]
        return [Run._of(self._workspace, record) for record in self._workspace.create_runs(new)]

    def get_children(
        self,
        recursive: bool = False,
        tags: Any = None,
        properties: Any = None,
        type: str | None = None,
        status: str | None = None,
        _rehydrate_runs: bool = True,
    ) -> RunList:
        """Children, newest first.

        Parameters
        ----------
        recursive : all descendants.
        tags, properties : a key that must be there, or a dict whose pairs must all be equal.
        type, status : only those.

        Source: azureml.core.Run.get_children.
        """
        from jupyter_runs.runlist import RunList

        where = RunFilter(
            parent_id=None if recursive else self._id,
            below=self._id if recursive else None,
            type=type,
            statuses=frozenset() if status is None else frozenset({str(status)}),
            tags=names.filter_pairs("tags", tags, ANY),
            properties=names.filter_pairs("properties", properties, ANY),
        )
        return RunList(self._workspace, where)

    # -- tags ------------------------------------------------------------------------------------------------------------

    def tag(self, key: str, value: Any = None) -> None:
        """Set one tag; without a value it is a plain tag. Tags may change at any time, also after the end.

        Raises
        ------
        InvalidName : the key is empty or longer than 256 characters, or the value longer than 5000.

        Source: azureml.core.Run.tag.
        """
        self.set_tags({key: value})

    def set_tags(self, tags: Mapping[str, Any] | str) -> None:
        """Merge these tags into the run's, all or none; others stay. A text is one plain tag. Raises as `tag`."""
        self._workspace.store.edit_tags(self._id, names.tags(tags), by=self._workspace.user)
        gate.checkpoint()

    def remove_tags(self, tags: Iterable[str] | str) -> None:
        """Remove these tags; keys that are not there are no error."""
        if not isinstance(tags, Iterable):
            raise InvalidName(
                f"Tags to remove are a list of keys or one key, not a {type(tags).__name__}, e.g. ['quality']."
            )
        gone = [tags] if isinstance(tags, str) else [str(key) for key in tags]
        self._workspace.store.edit_tags(self._id, {}, gone, by=self._workspace.user)
        gate.checkpoint()

    def get_tags(self) -> dict[str, str | None]:
        """The tags as they are now; never None."""
        return self._record().tags

    @property
    def tags(self) -> dict[str, str | None]:
        """The tags as they are now."""
        return self.get_tags()

    # -- properties and params ---------------------------------------------------------------------------------------------

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Add properties, all or none. They never change: the same value again is no change, another one is refused.

        Raises
        ------
        PropertyConflict : one of them has another value; none was added.
        InvalidName : a key or value breaks its rule; none was added.

        Source: azureml.core.Run.add_properties.
        """
        self._workspace.store.add_properties(self._id, names.fixed(properties, "property"))
        gate.checkpoint()

    def get_properties(self) -> dict[str, str]:
        """The properties as they are now."""
        return self._record().properties

    @property
    def properties(self) -> dict[str, str]:
        """The properties as they are now."""
        return self.get_properties()

    @property
    def params(self) -> dict[str, str]:
        """The parameters that the run was started with."""
        return self._record().params
