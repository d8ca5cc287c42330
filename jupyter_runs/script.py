"""ScriptRunConfig: a script and how to run it; and `check`, which turns it into a Submission at submit.

A configuration may be changed and submitted again: a Submission is a copy that nothing changes any more, and everything in it was
checked, so that what cannot work fails at submit with one line and not later in a log.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import script_checks
from jupyter_runs.conda import CondaDependencies
from jupyter_runs.environment import (
    DockerConfiguration,
    DockerSection,
    Environment,
    PythonSection,
    warn_once,
)
from jupyter_runs.errors import CloudOnly, JupyterRunsError, RunConfigurationException, show
from jupyter_runs.runconfig import (
    DEFAULT_DURATION_S,
    HistoryConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    RunConfiguration,
    TensorflowConfiguration,
    sample_runconfigs,
)
from jupyter_runs.targets import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CondaDependencies",
    "DockerConfiguration",
    "DockerSection",
    "Environment",
    "HistoryConfiguration",
    "MpiConfiguration",
    "PyTorchConfiguration",
    "PythonSection",
    "RunConfiguration",
    "ScriptRunConfig",
    "Submission",
    "TensorflowConfiguration",
    "check",
    "sample_runconfigs",
]

_A_SCRIPT = "submit the training script with ScriptRunConfig(source_directory, script)"
_CHILDREN = "start one child run for each set of parameters: `run.child_run()` or `run.submit_child(config)`"
#: What Azure can submit and we cannot, with what to do instead.
_CLOUD = {
    "HyperDriveConfig": _CHILDREN,
    "HyperDriveRunConfig": _CHILDREN,
    "AutoMLConfig": "submit a script that tries the models, with ScriptRunConfig",
    "Pipeline": "submit the steps as child runs of one run: `run.submit_child(config)`",
    "PublishedPipeline": "submit the steps as child runs of one run: `run.submit_child(config)`",
    "PipelineStep": "submit its script with ScriptRunConfig",
    "ParallelRunConfig": "submit a script that works in parallel, with ScriptRunConfig",
    **dict.fromkeys(("MMLBaseEstimator", "Estimator", "SKLearn", "PyTorch", "TensorFlow", "Chainer"), _A_SCRIPT),
}


class ScriptRunConfig:
    """A script, its arguments, and how to run it.

    Nothing is checked before `Experiment.submit`, and everything may be changed until then.

    Parameters
    ----------
    source_directory : folder whose content is kept as the source; the script runs in a copy of it.
    script : path below the folder, of a Python file or a notebook (`.ipynb`; the executed one is among the outputs).
    arguments : list (items become text), or text that is split as a shell does.
    run_config : a RunConfiguration; with one, `compute_target`, `environment`, `distributed_job_config`,
        `max_run_duration_seconds` and `docker_runtime_config` are those of the configuration.
    compute_target : name of a target, or an object that has one; None and "local": this machine.
    environment : an Environment: its interpreter and variables are used.
    max_run_duration_seconds : then the script is ended, and the run is Failed (`TimeLimit`); 0 or None: no limit.
    command : shell command instead of a script: text, or a list that is joined with blanks.
    distributed_job_config, resume_from, docker_runtime_config : accepted, without effect.

    Source: azureml.core.ScriptRunConfig.
    """

    def __init__(
        self,
        source_directory: Any,
        script: Any = None,
        arguments: Any = None,
        run_config: RunConfiguration | None = None,
        _telemetry_values: object = None,
        compute_target: Any = None,
        environment: Any = None,
        distributed_job_config: Any = None,
        resume_from: Any = None,
        max_run_duration_seconds: Any = DEFAULT_DURATION_S,
        command: Any = None,
        docker_runtime_config: Any = None,
    ) -> None:
        self.source_directory = source_directory
        self.script, self.arguments, self.command = script, arguments, command
        self.resume_from = resume_from
        if run_config is not None:
            self.run_config = run_config
            self.distributed_job_config = None
            ignored = {
                "compute_target": compute_target,
                "environment": environment,
                "distributed_job_config": distributed_job_config,
                "docker_runtime_config": docker_runtime_config,
            }
            names = [name for name, value in ignored.items() if value is not None]
            if max_run_duration_seconds != DEFAULT_DURATION_S:
                names.append("max_run_duration_seconds")
            if names:
                warn_once(
                    f"run_config and {names}",
                    f"{', '.join(names)} of ScriptRunConfig: not used, because run_config is given. Set it in the run_config.",
                )
            return
        self.run_config = RunConfiguration()
        self.run_config.target = compute_target
        self.run_config.max_run_duration_seconds = max_run_duration_seconds
        self.distributed_job_config = distributed_job_config
        if environment is not None:
            self.run_config.environment = environment
        if docker_runtime_config is not None:
            self.run_config.docker = docker_runtime_config

    def __repr__(self) -> str:
        what = f"command={self.command!r}" if self.command is not None else f"script={self.script!r}"
        return f"ScriptRunConfig(source_directory={str(self.source_directory)!r}, {what})"


@dataclass(frozen=True)
class Submission:
    """A checked script run; nothing that happens to the configuration later changes it."""

    #: The folder, absolute.
    source: Path
    #: Below the folder, with `/`; None for a command.
    script: str | None
    #: Text for a shell; None for a script.
    command: str | None
    arguments: list[str]
    #: Absolute path.
    interpreter: str
    #: Never recorded: they may be secrets.
    environment_variables: dict[str, str]
    #: None: no limit.
    max_seconds: float | None
    target: str

    def job(self) -> dict[str, Any]:
        """What the record of the run has: all but the environment variables, as JSON can write it."""
        return {
            "source": str(self.source),
            "script": self.script,
            "command": self.command,
            "arguments": list(self.arguments),
            "interpreter": self.interpreter,
            "max_seconds": self.max_seconds,
            "target": self.target,
        }

    @staticmethod
    def of_job(job: Mapping[str, Any], environment_variables: Mapping[str, str]) -> Submission:
        """The submission that `job` was made of.

        Raises `RunConfigurationException` when it is no such record.
        """
        try:
            return Submission(
                source=Path(job["source"]),
                script=job["script"],
                command=job["command"],
                arguments=[str(item) for item in job["arguments"]],
                interpreter=str(job["interpreter"]),
                environment_variables=dict(environment_variables),
                max_seconds=None if job["max_seconds"] is None else float(job["max_seconds"]),
                target=str(job["target"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunConfigurationException("The record of the script is damaged. Submit it again.") from error

    @property
    def is_notebook(self) -> bool:
        """The script is a notebook, whose cells run in a kernel."""
        return self.script is not None and self.script.endswith(".ipynb")

    def argv(self) -> list[str] | str:
        """What to execute in the restored folder: a list, or text for a shell."""
        if self.command is not None:
            return self.command
        script = self.script or ""
        if self.is_notebook:
            return [self.interpreter, "-m", "jupyter_runs.notebook_script", script, *self.arguments]
        # Python would take a name that begins with a dash for an option.
        return [self.interpreter, f"./{script}" if script.startswith("-") else script, *self.arguments]


def check(config: Any) -> Submission:
    """The checked copy of a configuration; what has no effect here is said once per process.

    Raises
    ------
    RunConfigurationException : the source folder, the script, the arguments or the interpreter cannot be used.
    CloudOnly : an Estimator, a Pipeline or the like.

    Cost: a few file lookups.
    """
    if not isinstance(config, ScriptRunConfig):
        raise _refusal(config)
    run = config.run_config
    if not isinstance(run, RunConfiguration):
        raise RunConfigurationException(
            f"run_config is a RunConfiguration, not a {type(run).__name__}. Give RunConfiguration.load(path, name), or leave it out."
        )
    if not isinstance(run.environment, Environment):
        raise RunConfigurationException(
            f"environment is an Environment, not {show(run.environment)}. Give Environment(name), or leave it out."
        )
    source = script_checks.source_folder(config.source_directory)
    script, command, arguments = _program(config, run)
    submission = Submission(
        source=source,
        script=None if script is None else script_checks.script_path(source, script),
        command=command,
        arguments=arguments,
        interpreter=script_checks.interpreter_path(source, run.environment.python.interpreter_path),
        environment_variables=script_checks.variables(run),
        max_seconds=script_checks.seconds(run.max_run_duration_seconds),
        target=script_checks.target_name(run.target),
    )
    _say_what_has_no_effect(config, run, submission)
    return submission


def _refusal(config: object) -> JupyterRunsError:
    names = [kind.__name__ for kind in type(config).__mro__]
    for name in names:
        if name in _CLOUD:
            return CloudOnly(f"{names[0]} runs in Azure only. Here, {_CLOUD[name]}.")
    if isinstance(config, RunConfiguration):
        return RunConfigurationException(
            "A RunConfiguration says how to run, not what: submit ScriptRunConfig(source_directory='.', run_config=…)."
        )
    return RunConfigurationException(
        f"submit takes a ScriptRunConfig, not a {type(config).__module__}.{names[0]}. "
        "Give ScriptRunConfig(source_directory='.', script='train.py')."
    )


def _program(config: ScriptRunConfig, run: RunConfiguration) -> tuple[Any, str | None, list[str]]:
    """Script, command and arguments; those of the ScriptRunConfig win over those of its run configuration."""
    script, command, arguments = config.script, config.command, config.arguments
    if not script_checks.is_given(script) and not script_checks.is_given(command):
        script, command = run.script, run.command
    if script_checks.is_given(script) and script_checks.is_given(command):
        raise RunConfigurationException(
            f"Both a script ({show(script)}) and a command ({show(command)}) are given. Leave one of them out."
        )
    if script_checks.is_given(command):
        if script_checks.is_given(arguments):
            raise RunConfigurationException("arguments belong to a script. Write them into the command.")
        return None, script_checks.command_text(command), []
    if not script_checks.is_given(script):
        raise RunConfigurationException("There is nothing to run. Give script='train.py', or command=….")
    return script, None, script_checks.argument_list(arguments if arguments is not None else run.arguments)


def _say_what_has_no_effect(config: ScriptRunConfig, run: RunConfiguration, submission: Submission) -> None:
    if submission.target != LOCAL:
        return
    python = run.environment.python
    packages: Any = python.conda_dependencies
    wanted = packages.wanted() if isinstance(packages, CondaDependencies) else []
    if wanted and not python.user_managed_dependencies:
        warn_once(
            "packages",
            f"Packages of an environment are not installed ({', '.join(wanted[:5])}): scripts run with {submission.interpreter}. "
            "Install them there, or set environment.python.interpreter_path.",
        )
    reasons = {
        "Docker": getattr(run.docker, "use_docker", False) or getattr(run.environment.docker, "enabled", False),
        "distributed_job_config": config.distributed_job_config is not None,
        "node_count": run.node_count not in (None, 0, 1),
        "framework": str(run.framework or "Python").lower() != "python",
        "communicator": str(run.communicator or "None").lower() != "none",
        "resume_from": config.resume_from is not None,
        "data": bool(run.data or run.data_references or run.output_data),
    }
    for name, given in reasons.items():
        if given:
            warn_once(name, f"{name} has no effect here: the script runs as one process on this machine.")
