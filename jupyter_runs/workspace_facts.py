"""The part of Workspace that Azure ML SDK v1 notebooks ask for around their runs: finding one, its facts, and what only the cloud has."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import config as configs
from jupyter_runs.errors import CloudOnly, JupyterRunsError, WorkspaceConfigError, show

if TYPE_CHECKING:
    import os
    from typing import NoReturn

    from jupyter_runs.compute_target import ComputeTarget
    from jupyter_runs.environment import Environment
    from jupyter_runs.models import Model
    from jupyter_runs.workspace import Workspace

_FILES = "Files are on this machine already: read them by path, or give the path to the script, e.g. arguments=['--data', path]."
_SECRETS = "Keep secrets in environment variables or in the `keyring` package."
_ADMIN = "A workspace here is a folder: `ws.folder` says where; move it, copy it or remove it as any folder."
_COMPUTE = "Scripts run on this machine: leave `compute_target` away, or name one of `ws.compute_targets`."
_DEPLOY = "Load the model with Model.get_model_path(name) and serve it with a web framework."


class NotHere(CloudOnly, KeyError):
    """A cluster, data set or service that was asked for by name."""

    __str__ = Exception.__str__


class Nothing(dict[str, Any]):
    """An empty dict: `name in ws.datasets` is False, and `ws.datasets[name]` names the local way."""

    def __init__(self, kind: str, way: str) -> None:
        super().__init__()
        self._kind, self._way = kind, way

    def __missing__(self, name: str) -> NoReturn:
        raise NotHere(f"{self._kind}[{show(name)}] exists in Azure only. {self._way}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Nothing, (self._kind, self._way)


class WorkspaceFacts:
    """What a workspace is called and where; facts of Azure are texts that can be printed, never None."""

    _config: configs.WorkspaceConfig

    # -- finding one -----------------------------------------------------------------------------------------------------

    @staticmethod
    def get(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        cloud: str = "AzureCloud",
        id: str | None = None,
    ) -> Workspace:
        """The workspace of that name in the user's folder; made when it is not there, so that v1 notebooks run.

        Parameters
        ----------
        name : its name.
        subscription_id, resource_group : what the properties of that name say; labels.
        auth, location, cloud, id : accepted and ignored.

        Raises
        ------
        WorkspaceConfigError : the name is no text, or empty.

        Source: azureml.core.Workspace.get.
        """
        del auth, location, cloud, id
        return _open(configs.named(name, subscription_id or "local", resource_group or "local"))

    @staticmethod
    def create(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        create_resource_group: bool = True,
        sku: str = "basic",
        tags: object = None,
        *,
        exist_ok: bool = False,
        **_ignored: object,
    ) -> Workspace:
        """Make a workspace of that name in the user's folder.

        Parameters
        ----------
        name : its name.
        subscription_id, resource_group : what the properties of that name say; labels.
        exist_ok : take the one that is there.

        Everything else is about the cloud: accepted and ignored.

        Raises
        ------
        WorkspaceConfigError : there is one of that name already, or the name is no text, or empty.

        Source: azureml.core.Workspace.create.
        """
        del auth, location, create_resource_group, sku, tags
        config = configs.named(name, subscription_id or "local", resource_group or "local")
        if config.is_made and not exist_ok:
            raise WorkspaceConfigError(
                f"Workspace {name!r} is there already, in {config.folder}. Add exist_ok=True, or use Workspace.get({name!r})."
            )
        return _open(config)

    @staticmethod
    def setup() -> Workspace:
        """As `Workspace.from_config()`. Source: azureml.core.Workspace.setup."""
        from jupyter_runs.workspace import Workspace

        return Workspace.from_config()

    @staticmethod
    def list(
        subscription_id: str | None = None, auth: object = None, resource_group: str | None = None
    ) -> dict[str, list[Workspace]]:
        """Workspaces that this user has opened and that are still there: a list per name.

        One that cannot be opened is left out, with a warning.

        Parameters
        ----------
        subscription_id, auth, resource_group : accepted and ignored.

        Source: azureml.core.Workspace.list.
        """
        del subscription_id, auth, resource_group
        found: dict[str, list[Workspace]] = {}
        for config in configs.known().values():
            try:
                found.setdefault(config.name, []).append(_open(config))
            except JupyterRunsError as error:
                warnings.warn(f"Workspace {config.name!r} is left out: {error}", stacklevel=2)
        return {name: workspaces for name, workspaces in found.items() if workspaces}

    def write_config(self, path: str | os.PathLike[str] | None = None, file_name: str | None = None) -> None:
        """Write `.azureml/config.json`, from which `Workspace.from_config()` finds this workspace again, in that folder and below it.

        Parameters
        ----------
        path : folder of the project; default: the current one.
        file_name : instead of config.json; such a file is found only by its path.

        A file that is there is changed, not replaced: keys that are not ours stay.

        Raises
        ------
        WorkspaceConfigError : it cannot be written, or what is there is no config file.

        Source: azureml.core.Workspace.write_config.
        """
        configs.write(self._config, Path.cwd() if path is None else Path(path), file_name)

    # -- facts -----------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the workspace."""
        return self._config.name

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._config.folder

    @property
    def key(self) -> str:
        """Its short name in REST and in saved notebooks."""
        return self._config.key

    @property
    def location(self) -> str:
        """`local`: there is no cloud region (text, as v1 notebooks print it)."""
        return "local"

    @property
    def sku(self) -> str:
        """`local`."""
        return "local"

    @property
    def discovery_url(self) -> str:
        """Where the workspace is, as a `file:` URL."""
        return self.folder.as_uri()

    @property
    def subscription_id(self) -> str:
        """From an Azure config file, else `local`."""
        return self._config.subscription_id

    @property
    def resource_group(self) -> str:
        """From an Azure config file, else `local`."""
        return self._config.resource_group

    @property
    def tags(self) -> dict[str, str]:
        """{}: tag experiments and runs instead."""
        return {}

    def get_details(self) -> dict[str, Any]:
        """All facts in one dict, with the keys of SDK v1. Source: azureml.core.Workspace.get_details."""
        place = f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
        return {
            "id": f"{place}/providers/Microsoft.MachineLearningServices/workspaces/{self.name}",
            "name": self.name,
            "friendlyName": self.name,
            "description": "",
            "location": self.location,
            "type": "Microsoft.MachineLearningServices/workspaces",
            "tags": self.tags,
            "sku": self.sku,
            "workspaceid": self.key,
            "discoveryUrl": self.discovery_url,
            "folder": str(self.folder),
        }

    # -- what only the cloud has -----------------------------------------------------------------------------------------

    @property
    def models(self) -> dict[str, Model]:
        """Registered models by name, the latest version of each."""
        from jupyter_runs.models import Model

        return {model.name: model for model in Model.list(self, latest=True)}  # type: ignore[arg-type]

    @property
    def environments(self) -> dict[str, Environment]:
        """Environments that were registered here, by name."""
        from jupyter_runs.environment import Environment

        return Environment.list(self)

    @property
    def compute_targets(self) -> dict[str, ComputeTarget]:
        """Configured compute targets by name; this machine, `local`, needs no configuration."""
        from jupyter_runs.compute_target import ComputeTarget

        return ComputeTarget.list(self)  # type: ignore[arg-type]

    @property
    def datastores(self) -> dict[str, Any]:
        """{}: files are read by path."""
        return Nothing("datastores", _FILES)

    @property
    def datasets(self) -> dict[str, Any]:
        """{}: files are read by path."""
        return Nothing("datasets", _FILES)

    @property
    def webservices(self) -> dict[str, Any]:
        """{}: nothing is deployed from here."""
        return Nothing("webservices", _DEPLOY)

    @property
    def images(self) -> dict[str, Any]:
        """{}: nothing is built from here."""
        return Nothing("images", _DEPLOY)

    @property
    def linked_services(self) -> dict[str, Any]:
        """{}: nothing is linked."""
        return Nothing("linked_services", _FILES)

    def get_mlflow_tracking_uri(self, _with_auth: bool = False) -> NoReturn:
        """Raise `CloudOnly`: MLflow keeps its runs by itself. Source: azureml.core.Workspace.get_mlflow_tracking_uri."""
        raise CloudOnly(
            "get_mlflow_tracking_uri() exists in Azure only. Leave mlflow.set_tracking_uri() away: MLflow then keeps its runs "
            "in ./mlruns; what `run.log` records is in this workspace."
        )

    def get_default_compute_target(self, type: str = "CPU") -> NoReturn:
        """Raise `CloudOnly`. Source: azureml.core.Workspace.get_default_compute_target."""
        del type
        self._cloud_only("get_default_compute_target", _COMPUTE)

    def get_default_datastore(self) -> NoReturn:
        """Raise `CloudOnly`. Source: azureml.core.Workspace.get_default_datastore."""
        self._cloud_only("get_default_datastore", _FILES)

    def set_default_datastore(self, name: str) -> NoReturn:
        """Raise `CloudOnly`. Source: azureml.core.Workspace.set_default_datastore."""
        del name
        self._cloud_only("set_default_datastore", _FILES)

    def get_default_keyvault(self) -> NoReturn:
        """Raise `CloudOnly`. Source: azureml.core.Workspace.get_default_keyvault."""
        self._cloud_only("get_default_keyvault", _SECRETS)

    def update(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Raise `CloudOnly`. Source: azureml.core.Workspace.update."""
        self._cloud_only("update", _ADMIN)

    def delete(self, delete_dependent_resources: bool = False, no_wait: bool = False) -> NoReturn:
        """Raise `CloudOnly`: no line of a notebook removes every run. Source: azureml.core.Workspace.delete."""
        del delete_dependent_resources, no_wait
        self._cloud_only("delete", _ADMIN)

    def _cloud_only(self, name: str, way: str) -> NoReturn:
        raise CloudOnly(f"Workspace.{name}() exists in Azure only. {way}")


def _open(config: configs.WorkspaceConfig) -> Workspace:
    from jupyter_runs.workspace import Workspace

    return Workspace._at(config)
