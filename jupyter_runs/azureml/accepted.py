"""What SDK v1 notebooks make on the way to their runs and what has no effect here: logins, sizes of services, telemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import CloudOnly, JupyterRunsError

if TYPE_CHECKING:
    from typing import NoReturn


class AbstractAuthentication:
    """A login: there is nothing to log in to, so any arguments are fine."""

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        pass

    def get_authentication_header(self) -> NoReturn:
        """Raise `CloudOnly`. Source: azureml.core.authentication.AbstractAuthentication.get_authentication_header."""
        raise CloudOnly(
            "get_authentication_header() exists in Azure only. The REST API here takes the Jupyter server's token."
        )


class InteractiveLoginAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class AzureCliAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class ServicePrincipalAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class MsiAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class ArcTokenAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class AzureMLTokenAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class TokenAuthentication(AbstractAuthentication):
    """Accepted, does nothing."""


class AuthenticationException(JupyterRunsError):
    """Never raised: there is nothing to log in to."""


class TrainingException(JupyterRunsError):
    """Never raised: a script that fails is an ActivityFailedException."""


class ResourceConfiguration:
    """What a deployed model was to get; kept, without effect. Source: azureml.core.resource_configuration.ResourceConfiguration."""

    def __init__(self, cpu: Any = None, memory_in_gb: Any = None, gpu: Any = None) -> None:
        self.cpu, self.memory_in_gb, self.gpu = cpu, memory_in_gb, gpu


def set_diagnostics_collection(*_args: object, **_kwargs: object) -> None:
    """Nothing is ever sent anywhere. Source: azureml.telemetry.set_diagnostics_collection."""
