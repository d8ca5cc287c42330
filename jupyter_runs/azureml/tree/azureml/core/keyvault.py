"""azureml.core.keyvault: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__getattr__ = cloud.only(
    dict.fromkeys(
        [
            "Keyvault",
        ],
        cloud.SECRETS,
    )
)
