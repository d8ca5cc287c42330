"""azureml._common.exceptions: the names of SDK v1 for the errors of jupyter_runs."""

from jupyter_runs.azureml.exceptions import *  # noqa: F403 - all of them, and they are listed there
