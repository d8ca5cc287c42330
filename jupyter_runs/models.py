"""Model: files that were registered under a name, version by version (Azure ML SDK v1)."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import artifacts, names, paths
from jupyter_runs import model_registry as registry
from jupyter_runs.errors import InvalidName, JupyterRunsError, ModelNotFound, RunNotFound, show

if TYPE_CHECKING:
    import builtins
    from collections.abc import Sequence

    from jupyter_runs.model import ModelRecord
    from jupyter_runs.run import Run
    from jupyter_runs.workspace import Workspace


class Model:
    """One version of a registered model; without `version` the newest that matches.

    Parameters
    ----------
    workspace : where it is registered.
    name, version : which one; or `id`, as `name:version`.
    tags, properties : only one that has them: a list of keys and of [key, value] pairs.
    run_id : only one that this run registered.
    model_framework : only one of this framework.

    Raises
    ------
    ModelNotFound : none is like that; the message says what there is.

    What the object says is what held when it was made. Source: azureml.core.Model.
    """

    class Framework:
        """Names of frameworks; any other text is fine too."""

        CUSTOM = "Custom"
        ONNX = "Onnx"
        PYTORCH = "PyTorch"
        SCIKITLEARN = "ScikitLearn"
        TENSORFLOW = "TensorFlow"

    def __init__(
        self,
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: Any = None,
        properties: Any = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        **_ignored: object,
    ) -> None:
        if id is not None:
            name, _, text = str(id).rpartition(":")
            version = text
        if not name:
            raise InvalidName("Model(workspace, …) needs name=, or id= as 'name:version'.")
        number = registry.version_number(version)
        found = [
            record
            for record in registry.find(workspace, name, tags, properties, run_id, model_framework)
            if number is None or record.version == number
        ]
        if not found:
            raise registry.not_found(workspace, name, number)
        self._workspace = workspace
        self._is = max(found, key=lambda record: record.version)

    @classmethod
    def _of(cls, workspace: Workspace, record: ModelRecord) -> Model:
        model = cls.__new__(cls)
        model._workspace, model._is = workspace, record
        return model

    # -- facts -----------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What it is registered as."""
        return self._is.name

    @property
    def version(self) -> int:
        """Counts up within the name, from 1."""
        return self._is.version

    @property
    def id(self) -> str:
        """`name:version`."""
        return f"{self._is.name}:{self._is.version}"

    @property
    def tags(self) -> dict[str, str | None]:
        """A copy of its tags."""
        return dict(self._is.tags)

    @property
    def properties(self) -> dict[str, str]:
        """A copy of its properties."""
        return dict(self._is.properties)

    @property
    def description(self) -> str | None:
        """A text about it."""
        return self._is.description

    @property
    def model_framework(self) -> str | None:
        """E.g. `ScikitLearn`."""
        return self._is.framework

    @property
    def model_framework_version(self) -> str | None:
        """Version of the framework."""
        return self._is.framework_version

    @property
    def run_id(self) -> str | None:
        """Id of the run that registered it; None for files from elsewhere."""
        return self._is.run_id

    @property
    def run(self) -> Run | None:
        """The run that registered it; None for files from elsewhere, and when the run is gone."""
        try:
            return None if self._is.run_id is None else self._workspace.get_run(self._is.run_id)
        except RunNotFound:
            return None

    @property
    def experiment_name(self) -> str | None:
        """Experiment of the run that registered it."""
        run = self.run
        return None if run is None else run.experiment.name

    @property
    def created_time(self) -> datetime:
        """When it was registered (UTC)."""
        return datetime.fromtimestamp(self._is.created_at, timezone.utc)

    @property
    def created_by(self) -> str:
        """Who registered it."""
        return self._is.created_by

    @property
    def workspace(self) -> Workspace:
        """Where it is registered."""
        return self._workspace

    @property
    def path(self) -> Path:
        """Where its file or folder is. Read only: `download` gives a copy of your own."""
        self._workspace.store.files.fetch_folder(self._is.path.rpartition("/")[0])
        return self._workspace.folder.joinpath(*self._is.path.split("/"))

    @property
    def url(self) -> str:
        """The same as a `file:` URL."""
        return self.path.absolute().as_uri()

    # -- doing -----------------------------------------------------------------------------------------------------------

    def download(
        self, target_dir: str | os.PathLike[str] = ".", exist_ok: bool = False, exists_ok: bool | None = None
    ) -> str:
        """Copy the model's file or folder into `target_dir`, which is made when missing; returns the path of the copy.

        Parameters
        ----------
        exist_ok, exists_ok : replace files that are there already.

        Raises
        ------
        InvalidName : it is there already, and `exist_ok` is not set.
        ModelNotFound : its files were removed by hand.

        Source: azureml.core.Model.download.
        """
        source = self.path
        target = Path(target_dir) / source.name
        if not source.exists():
            raise ModelNotFound(f"The files of model {self.id} are gone from {source}. Register the model again.")
        if target.exists() and not (exist_ok or exists_ok):
            raise InvalidName(
                f"{show(str(target))} is there already. Use exist_ok=True to replace it, or another target_dir."
            )
        with artifacts.explained(f"{show(str(target))} could not be written"):
            if source.is_dir():
                left: builtins.list[str] = []
                artifacts.collect(source, target, None, move=False, left=left)
                if left:
                    raise JupyterRunsError(
                        f"Not all of model {self.id} was copied: {artifacts.listed(left)}. Try another target_dir."
                    )
            else:
                artifacts.fill(target, source)
        return str(target)

    def update(self, tags: Any = None, description: str | None = None, **_ignored: object) -> None:
        """Replace all tags, and the description, by those given; what is None stays. Source: azureml.core.Model.update."""
        if tags is not None:
            self._edit(tags=names.tags(tags), remove=self._is.tags)
        if description is not None:
            self._edit(description=names.description(description))

    def add_tags(self, tags: Any) -> None:
        """Add tags, a dict or one key; those there already get the new value. Source: azureml.core.Model.add_tags."""
        self._edit(tags=names.tags(tags))

    def remove_tags(self, tags: Any) -> None:
        """Remove tags, a key or a list of keys; others are no error. Source: azureml.core.Model.remove_tags."""
        self._edit(remove=[tags] if isinstance(tags, str) else [str(tag) for tag in tags])

    def add_properties(self, properties: Any) -> None:
        """Add properties, a dict. Raises `PropertyConflict`: they never change. Source: azureml.core.Model.add_properties."""
        self._edit(properties=names.fixed(properties, "property"))

    def update_tags_properties(self, add_tags: Any = None, remove_tags: Any = None, add_properties: Any = None) -> None:
        """Several of these at once. Source: azureml.core.Model.update_tags_properties."""
        gone = [remove_tags] if isinstance(remove_tags, str) else [str(tag) for tag in remove_tags or ()]
        self._edit(
            tags=None if add_tags is None else names.tags(add_tags),
            remove=gone,
            properties=None if add_properties is None else names.fixed(add_properties, "property"),
        )

    def _edit(self, **changes: Any) -> None:
        self._is = self._workspace.store.edit_model(self._is.name, self._is.version, **changes)

    def delete(self) -> None:
        """Remove this version and its files; its number is not given out again. Raises `ModelNotFound`.

        Source: azureml.core.Model.delete.
        """
        self._workspace.store.delete_model(self._is.name, self._is.version)
        self._workspace.store.files.remove_folder(self._is.path.rpartition("/")[0])
        path = self._workspace.folder.joinpath(*self._is.path.split("/"))
        folder = path.parent
        with artifacts.explained(f"The files of model {self.id} could not be removed"):
            if folder.parent.parent == paths.models(self._workspace.folder) and folder.is_dir():
                (folder / registry.DELETED).touch()
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    # -- finding and registering -----------------------------------------------------------------------------------------

    @staticmethod
    def list(
        workspace: Workspace,
        name: str | None = None,
        tags: Any = None,
        properties: Any = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int = 255,
        model_framework: str | None = None,
    ) -> builtins.list[Model]:
        """Models of a workspace, the newest first.

        Parameters
        ----------
        tags, properties : a list of keys that must be there and of [key, value] pairs that must be equal; a dict is fine too.
        run_id : only those that this run registered.
        latest : only the highest version of each name.
        dataset_id, expand, page_count : accepted.

        Source: azureml.core.Model.list.
        """
        del dataset_id, expand, page_count
        found = registry.find(workspace, name, tags, properties, run_id, model_framework)
        if latest:
            highest = {name: max(r.version for r in found if r.name == name) for name in {r.name for r in found}}
            found = [record for record in found if record.version == highest[record.name]]
        return [Model._of(workspace, record) for record in found]

    @staticmethod
    def register(
        workspace: Workspace,
        model_path: str | os.PathLike[str],
        model_name: str,
        tags: Any = None,
        properties: Any = None,
        description: str | None = None,
        datasets: object = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[str | os.PathLike[str]] | None = None,
        **_ignored: object,
    ) -> Model:
        """Register a file or folder of this machine as the next version of a model.

        Parameters
        ----------
        model_path : a file or folder; it is copied.
        child_paths : of a folder only these files and folders, relative to it.
        datasets : accepted.

        Raises
        ------
        InvalidName : there is no such file, or a name, key or value breaks its rule.

        Source: azureml.core.Model.register.
        """
        del datasets
        source = Path(os.path.realpath(model_path))
        if source.is_dir():
            below = {f"{source.name}/{name}": path for name, path, _ in artifacts.walk(source)}
            if child_paths is not None:
                wanted = tuple(f"{source.name}/{artifacts.artifact_name(child)}" for child in child_paths)
                below = {k: path for k, path in below.items() if any(k == w or k.startswith(f"{w}/") for w in wanted)}
        else:
            below = {source.name: artifacts.file_at(source)}
        about = registry.About(None, tags, properties, description, model_framework, model_framework_version)
        return Model._of(workspace, registry.register(workspace, model_name, source.name, below, about))

    @staticmethod
    def get_model_path(
        model_name: str, version: int | str | None = None, _workspace: Workspace | None = None, **_ignored: object
    ) -> str:
        """Path of the model's file or folder, of the newest version by default. Read only.

        Raises
        ------
        ModelNotFound : there is none in the workspace that applies here.

        Source: azureml.core.Model.get_model_path.
        """
        from jupyter_runs.workspace import Workspace

        return str(Model(_workspace or Workspace.from_config(), model_name, version=version).path)

    # -- shown -----------------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and (self.id, self._workspace.key) == (other.id, other._workspace.key)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"Model(name={self.name!r}, version={self.version}, workspace={self._workspace.name!r})"

    def _repr_html_(self) -> str:
        from jupyter_runs import format as fmt
        from jupyter_runs import html

        tags = " ".join(f"<code>{html._e(fmt.tag_text(key, value))}</code>" for key, value in self._is.tags.items())
        head = ["Model", "Version", "Registered", "By", "Run", "Tags", "Description"]
        row = [
            f"<strong>{html._e(self.name)}</strong>",
            str(self.version),
            fmt.moment(self._is.created_at),
            html._e(self.created_by),
            f"<code>{html._e(self.run_id or '')}</code>",
            tags,
            html._e(self.description or "", 300),
        ]
        return html._table(head, [row])
