"""azureml.core.authentication: logins are accepted and do nothing."""

from __future__ import annotations

from jupyter_runs.azureml.accepted import (
    AbstractAuthentication,
    ArcTokenAuthentication,
    AuthenticationException,
    AzureCliAuthentication,
    AzureMLTokenAuthentication,
    InteractiveLoginAuthentication,
    MsiAuthentication,
    ServicePrincipalAuthentication,
    TokenAuthentication,
)

__all__ = [
    "AbstractAuthentication",
    "ArcTokenAuthentication",
    "AuthenticationException",
    "AzureCliAuthentication",
    "AzureMLTokenAuthentication",
    "InteractiveLoginAuthentication",
    "MsiAuthentication",
    "ServicePrincipalAuthentication",
    "TokenAuthentication",
]
