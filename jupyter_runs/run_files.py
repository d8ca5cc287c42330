"""The part of Run that deals with files: upload, download, images and other metrics that are files, models, data frames."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Union

from jupyter_runs import artifacts, paths
from jupyter_runs.artifacts import Artifact
from jupyter_runs.errors import InvalidName, show
from jupyter_runs.metric_files import MetricFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from jupyter_runs.models import Model

#: A file to upload: its path, or a stream that is read from its position on.
Source = Union[str, "os.PathLike[str]", IO[Any]]


class RunFiles(MetricFiles):
    """Files of a run.

    A file has a name within the run, with `/`, such as `outputs/model.pkl`. The same name again replaces it at once: who reads it meanwhile
    sees the old file or the new one. Files may be added after the run has ended.
    """

    # -- upload --------------------------------------------------------------------------------------------------------------

    def upload_file(self, name: str, path_or_stream: Source, datastore_name: str | None = None) -> Artifact:
        """Keep a copy of a file with the run.

        Parameters
        ----------
        name : its name within the run, a relative path with `/`.
        path_or_stream : path of a file, or a stream, which is read from its position on; text is written as UTF-8.
        datastore_name : accepted; files are kept in the workspace.

        Raises
        ------
        InvalidName : the name leads out of the run, or there is no such file.

        Cost: one copy and one transaction; large files never enter memory. Source: azureml.core.Run.upload_file.
        """
        del datastore_name
        return self._upload([(name, path_or_stream)])[0]

    def upload_files(
        self,
        names: Sequence[str],
        paths: Sequence[Source],
        return_artifacts: bool = False,
        timeout_seconds: float | None = None,
        datastore_name: str | None = None,
    ) -> list[Artifact] | None:
        """Keep copies of several files; `names` and `paths` go together one by one. Checked before the first is copied.

        Parameters
        ----------
        return_artifacts : return the files, in the order given.
        timeout_seconds, datastore_name : accepted.

        Raises
        ------
        TypeError : as many names as paths are needed.
        InvalidName : as `upload_file`.

        Source: azureml.core.Run.upload_files.
        """
        del timeout_seconds, datastore_name
        if isinstance(names, str) or isinstance(paths, str) or len(names) != len(paths):
            raise TypeError(
                f"upload_files(names, paths) takes two lists of equal length, not {_length(names)} and {_length(paths)}."
            )
        if twice := sorted({show(name) for at, name in enumerate(names) if name in names[:at]}):
            warnings.warn(
                f"{', '.join(twice[:5])} occurs more than once in names; the last file of a name stays.", stacklevel=2
            )
        uploaded = self._upload(list(zip(names, paths, strict=True)))
        return uploaded if return_artifacts else None

    def upload_folder(
        self, name: str, path: str | os.PathLike[str], datastore_name: str | None = None
    ) -> list[Artifact]:
        """Keep copies of all files below a folder, as `name`/... Links to files are followed, links to folders are not.

        Raises
        ------
        InvalidName : the name leads out of the run, or `path` is no folder.

        Source: azureml.core.Run.upload_folder.
        """
        del datastore_name
        prefix, folder = artifacts.artifact_name(name), Path(path)
        if not folder.is_dir():
            remedy = "Use upload_file for a single file." if folder.is_file() else "Check the path."
            raise InvalidName(f"{show(str(folder))} is not a folder. {remedy}")
        unreadable: list[str] = []
        found = [(f"{prefix}/{below}", file) for below, file, _ in artifacts.walk(folder, unreadable)]
        if unreadable:
            raise InvalidName(
                f"Nothing was uploaded: {artifacts.listed(unreadable)} cannot be read. Make it readable, or upload files one by one."
            )
        return self._upload(found)

    def _upload(self, items: Sequence[tuple[str, Source]]) -> list[Artifact]:
        """Check all, then copy all, then tell the store that the run has changed."""
        self._record()
        checked = [(artifacts.artifact_name(name), artifacts.readable(source)) for name, source in items]
        folder = paths.run_folder(self._workspace.folder, self._id)
        uploaded = []
        for name, source in checked:
            target = self._place(name)
            with artifacts.explained(f"{show(name)} of run {self._id} could not be written"):
                artifacts.fill(target, source)
            uploaded.append(Artifact(self._id, name, folder.joinpath(*name.split("/"))))
        if uploaded:
            self._workspace.store.update_run(self._id)
        return uploaded

    # -- download ------------------------------------------------------------------------------------------------------------

    def get_file_names(self) -> list[str]:
        """Names of all files of the run, logs included; of a script also what it has in `outputs/` and `logs/` so far.

        Source: azureml.core.Run.get_file_names.
        """
        here = artifacts.files(self._workspace.folder, self._id, working=True)
        return sorted({*here, *self._workspace.store.files.names(self._id)})

    def _files(self, name: str = "") -> dict[str, Path]:
        """Those that are here once the one of that name, those below it, or all have been brought here."""
        self._workspace.store.files.fetch(self._id, name)
        return artifacts.files(self._workspace.folder, self._id, working=True)

    def download_file(self, name: str, output_file_path: str | os.PathLike[str] | None = None) -> None:
        """Copy a file of the run to `output_file_path`.

        Parameters
        ----------
        name : its name within the run.
        output_file_path : a file, or a folder to put it into; missing folders are made. Default: the last part of the name, in the
            current folder.

        Raises
        ------
        ArtifactNotFound : it is not there; the message names the files that are.

        Source: azureml.core.Run.download_file.
        """
        self._workspace.store.files.fetch(self._id, artifacts.artifact_name(name))
        found = artifacts.find(self._workspace.folder, self._id, name, working=True)
        last = found.name.rpartition("/")[2]
        target = Path(last if output_file_path is None else output_file_path)
        is_folder = output_file_path is not None and os.fspath(output_file_path).endswith(("/", os.sep))
        _save(found.path, target / last if is_folder or target.is_dir() else target)

    def download_files(
        self,
        prefix: str | None = None,
        output_directory: str | os.PathLike[str] | None = None,
        output_paths: Sequence[str | os.PathLike[str]] | None = None,
        batch_size: int = 100,
        append_prefix: bool = True,
        timeout_seconds: float | None = None,
    ) -> None:
        """Copy the files of a folder of the run, or all files, to disk.

        Parameters
        ----------
        prefix : a folder of the run such as `outputs`; None is all files.
        output_directory : where to; default: the current folder.
        output_paths : a path for each file, in the order of `get_file_names`.
        append_prefix : False leaves `prefix` out of the paths below `output_directory`.
        batch_size, timeout_seconds : accepted.

        Raises
        ------
        ArtifactNotFound : nothing is below `prefix`; the message names the files that are there.
        TypeError : as many output_paths as files are needed.

        Source: azureml.core.Run.download_files.
        """
        del batch_size, timeout_seconds
        start = "" if prefix in {None, "", ".", "./"} else f"{artifacts.artifact_name(prefix)}/"
        there = self._files(start[:-1])
        wanted = {name: path for name, path in there.items() if name.startswith(start)}
        if start and not wanted:
            if start[:-1] in there:
                raise InvalidName(
                    f"{show(prefix)} is a file of the run, not a folder. Use download_file({show(prefix)})."
                )
            raise artifacts.missing(self._workspace.folder, self._id, start, there)
        root = Path("." if output_directory is None else output_directory)
        cut = len(start) if not append_prefix and output_directory is not None else 0
        targets = [root.joinpath(*name[cut:].split("/")) for name in wanted]
        if output_paths is not None:
            if isinstance(output_paths, (str, os.PathLike)) or len(output_paths) != len(wanted):
                raise TypeError(
                    f"download_files(output_paths=) takes a list with a path for each of the {len(wanted)} files, "
                    f"not {_length(output_paths)}."
                )
            targets = [root / path for path in output_paths]
        if len(set(targets)) != len(targets):
            raise InvalidName("Two files would have one path. Give a different path for each file in output_paths.")
        for source, target in zip(wanted.values(), targets, strict=True):
            _save(source, target)

    # -- models and data frames ------------------------------------------------------------------------------------------------

    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Any = None,
        properties: Any = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: object = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: object = None,
        **kwargs: Any,
    ) -> Model:
        """Register a file or folder of the run as the next version of a model.

        Parameters
        ----------
        model_name : 1 to 255 letters, digits, `_`, `.` and `-`, the first a letter or digit.
        model_path : a file or folder of the run, e.g. `outputs/model.pkl`; default: `model_name`.
        tags, properties : dict of texts.
        model_framework, model_framework_version : texts, e.g. `ScikitLearn` and `1.5`.
        description : at most 5000 characters.
        datasets, sample_input_dataset, sample_output_dataset, resource_configuration : accepted.

        Raises
        ------
        ArtifactNotFound : the run has no such file; the message names those that are there.
        InvalidName : a name, key or value breaks its rule.

        Cost: one copy of the files, one transaction. Source: azureml.core.Run.register_model.
        """
        from jupyter_runs import model_registry as registry
        from jupyter_runs.models import Model

        del datasets, sample_input_dataset, sample_output_dataset, resource_configuration, kwargs
        about = registry.About(
            run_id=self._id,
            tags=tags,
            properties=properties,
            description=description,
            framework=model_framework,
            framework_version=model_framework_version,
        )
        wanted = artifacts.artifact_name(registry.checked_name(model_name) if model_path is None else model_path)
        there = self._files(wanted)
        below = {name: path for name, path in there.items() if name == wanted or name.startswith(f"{wanted}/")}
        if not below:
            raise artifacts.missing(self._workspace.folder, self._id, wanted, there)
        return Model._of(self._workspace, registry.register(self._workspace, model_name, wanted, below, about))

    def metrics_dataframe(self) -> pd.DataFrame:
        """All values of the run as a pandas data frame: name, step, at, value, index; a row for each value logged.

        `at` is in UTC; `index` counts the values of a metric from 0. Columns of rows and tables are named `metric.column`.

        Raises
        ------
        JupyterRunsError : pandas is not installed.
        """
        from jupyter_runs import frames

        return frames.metrics_frame(self._workspace, self._id)


def _save(source: Path, target: Path) -> None:
    """Copy a file of the run to where the user wants it; a link there is followed."""
    with artifacts.explained(f"{show(str(target))} could not be written"):
        real = Path(os.path.realpath(target))
        if real.is_dir():
            raise InvalidName(f"{show(str(target))} is a folder. Give the path of a file.")
        if real.exists() and not real.is_file():
            raise InvalidName(f"{show(str(target))} is not a regular file. Give another path.")
        artifacts.fill(real, source)


def _length(items: object) -> str:
    return f"{len(items)}" if isinstance(items, (list, tuple)) else f"a {type(items).__name__}"
