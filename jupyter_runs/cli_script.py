"""Commands around scripts: submit-script, monitor-logs, download-logs, wait.

The log goes to a terminal as it grows; in a pipe it goes to stderr, and stdout gets the run as JSON when it has ended.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import cli_complete, cli_output
from jupyter_runs import format as fmt
from jupyter_runs.cli_edit import title
from jupyter_runs.cli_options import (
    ERROR,
    INTERRUPTED,
    RUN_CANCELED,
    RUN_FAILED,
    Call,
    Command,
    pair,
    run_option,
    shared,
)
from jupyter_runs.errors import ExperimentExecutionException, JupyterRunsError
from jupyter_runs.model import Status

if TYPE_CHECKING:
    from jupyter_runs.cli_runs import Runs
    from jupyter_runs.model import RunRecord

_CODES = {Status.FAILED: RUN_FAILED, Status.CANCELED: RUN_CANCELED}


@click.command(
    "submit-script",
    cls=Command,
    short_help="Run a script as a tracked run.",
    context_settings={"allow_interspersed_args": False},
)
@click.option(
    "-c",
    "--run-configuration-name",
    "configuration",
    metavar="NAME",
    help="A runconfig in .azureml.",
    shell_complete=cli_complete.runconfigs,
)
@click.option("--source-directory", metavar="FOLDER", help="The script's folder, kept as the source (default: --path).")
@click.option("--async", "is_async", is_flag=True, help="Do not wait for the end.")
@click.option(
    "-d", "--conda-dependencies", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="A conda file."
)
@click.option("--ct", "--target", "target", metavar="NAME", help="Compute target (default: local).")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="KEY[=VALUE]",
    help="Tag the run; repeatable.",
    shell_complete=cli_complete.tag_keys,
)
@click.option("--name", help="What to call the run.")
@click.argument("script", required=False, type=click.Path())
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]…")
@shared
def submit_script(call: Call, *, is_async: bool, tags: tuple[str, ...], name: str | None, **settings: Any) -> None:
    """Run SCRIPT with ARGUMENTS as a tracked run, and show its log until it has ended.

    All that follows SCRIPT belongs to it. Without SCRIPT the runconfig (-c) names one. Exit code 4 when the run
    fails, 5 when it is canceled; Ctrl-C ends the showing, not the run.
    """
    with call.runs() as runs:
        from jupyter_runs.cli_runs import attached_experiment
        from jupyter_runs.experiment import Experiment

        experiment = call.experiment or attached_experiment(call.path)
        if experiment is None:
            raise click.UsageError(
                "Name the experiment: -e EXPERIMENT, or attach this folder: jupyter runs folder attach -w WORKSPACE."
            )
        config = _configuration(call, **settings)
        submitted: Any = Experiment(runs.workspace(), experiment).submit(config, tags=dict(map(pair, tags)), name=name)
        record = runs.store.get_run(submitted.id)
        if is_async:
            call.answer(
                f"{title(record)}: submitted. `jupyter runs monitor-logs -r {record.run_id}` shows its log.",
                runs.data(record),
                cli_output.run_table,
            )
            return
        _follow(call, runs, record)


def _configuration(
    call: Call,
    *,
    configuration: str | None,
    source_directory: str | None,
    conda_dependencies: str | None,
    target: str | None,
    script: str | None,
    arguments: tuple[str, ...],
) -> Any:
    """What the options describe, as a `ScriptRunConfig`."""
    from jupyter_runs.script import CondaDependencies, RunConfiguration, ScriptRunConfig

    project = Path("." if call.path is None else call.path)
    project = project.parent if project.is_file() else project
    runconfig = RunConfiguration() if configuration is None else RunConfiguration.load(str(project), configuration)
    if script is None and not (runconfig.script or runconfig.command):
        raise click.UsageError("Name the script: jupyter runs submit-script [OPTIONS] SCRIPT [ARGUMENTS]….")
    if target is not None:
        runconfig.target = target
    if conda_dependencies is not None:
        runconfig.environment.python.conda_dependencies = CondaDependencies(
            conda_dependencies_file_path=conda_dependencies
        )
    folder = str(project if source_directory is None else source_directory)
    if script is None:
        return ScriptRunConfig(folder, run_config=runconfig)
    return ScriptRunConfig(folder, script=script, arguments=list(arguments), run_config=runconfig)


@click.command("monitor-logs", cls=Command)
@run_option
@shared
def monitor_logs(call: Call, *, run: str) -> None:
    """Show the log of a run until it has ended.

    Exit code 4 when the run has failed, 5 when it was canceled.
    """
    with call.runs() as runs:
        _follow(call, runs, runs.one(run, call.experiment))


def _follow(call: Call, runs: Runs, record: RunRecord) -> None:
    """Show the log to the end, then say how the run ended."""
    run_id = record.run_id
    # A program reads stdout, and wants data there.
    with redirect_stdout(sys.stderr) if call.wants_data else nullcontext():
        try:
            runs.workspace().get_run(record.run_id).wait_for_completion(show_output=True, raise_on_error=False)
        except ExperimentExecutionException:
            call.remark(
                f"Stopped showing {title(record)}; it goes on. `jupyter runs cancel -r {run_id}` ends it, "
                f"`jupyter runs monitor-logs -r {run_id}` shows it again."
            )
            sys.exit(INTERRUPTED)
    _tell_end(call, runs, runs.store.get_run(run_id))


def _tell_end(call: Call, runs: Runs, ended: RunRecord) -> None:
    why = f": {fmt.one_line(ended.error.message, 300)}" if ended.error and ended.status is Status.FAILED else ""
    call.answer(f"{title(ended)}: {ended.status}{why}.", runs.data(ended), cli_output.run_table)
    if code := _CODES.get(ended.status):
        sys.exit(code)


@click.command(cls=Command)
@run_option
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer than this.")
@shared
def wait(call: Call, *, run: str, timeout: float | None) -> None:
    """Wait until a run has ended.

    Exit code 4 when it failed, 5 when it was canceled, 1 when it still runs after the timeout.
    """
    with call.runs() as runs:
        after = runs.wait_for_end(runs.one(run, call.experiment).run_id, timeout)
        if after.status.is_final:
            _tell_end(call, runs, after)
            return
        call.answer(f"{title(after)}: still {after.status}.", runs.data(after), cli_output.run_table)
    sys.exit(ERROR)


@click.command("download-logs", cls=Command)
@run_option
@click.option(
    "-d", "--output-dir", required=True, metavar="FOLDER", type=click.Path(file_okay=False), help="Made when missing."
)
@shared
def download_logs(call: Call, *, run: str, output_dir: str) -> None:
    """Copy the logs of a run into a folder."""
    with call.runs() as runs:
        record = runs.one(run, call.experiment)
        try:
            files = [str(file) for file in runs.workspace().get_run(record.run_id).get_all_logs(destination=output_dir)]
        except OSError as error:
            raise JupyterRunsError(
                f"{output_dir} cannot be written ({error.strerror}). Give another folder."
            ) from error
    what = "no logs yet" if not files else "1 log" if len(files) == 1 else f"{len(files)} logs"
    call.answer(f"{title(record)}: {what} in {output_dir}.", files, cli_output.any_table)
