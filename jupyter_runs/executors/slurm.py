"""Slurm, by its commands: `sbatch`, `squeue`, `scancel`. No accounting database is needed: the launcher says how a run ended."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from jupyter_runs import envvars
from jupyter_runs.errors import ComputeTargetException, shorten
from jupyter_runs.executors.base import Report, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_runs.executors.base import Job

_SUBMIT_S, _POLL_S, _CANCEL_S = 30.0, 10.0, 4.0
#: Jobs in one call: a command line has an end.
_MANY = 500
#: What a job of ours must not take over from the job that submits it.
_NOT_PASSED = (
    *("JPY_", "JUPYTERHUB_", "AZUREML_", "SLURM_", "SBATCH_"),
    *(envvars.RUN_ID, envvars.TOKEN, envvars.WORKSPACE, "JUPYTER_TOKEN"),
)
_PASSED = ("SLURM_CONF",)
#: See `man squeue`, "JOB STATE CODES"; all others run, or are about to.
_QUEUED = {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
_ENDED = {
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"),
    *("REVOKED", "TIMEOUT"),
}


class SlurmExecutor:
    """Jobs of Slurm, submitted from a machine that has its commands.

    Parameters
    ----------
    options : of `sbatch`, as texts, e.g. `["--partition=gpu", "--time=12:00:00"]`.
    """

    def __init__(self, name: str, *, options: Sequence[str] = ()) -> None:
        if not isinstance(options, (list, tuple)) or not all(isinstance(option, str) for option in options):
            raise ValueError('options is a list of texts. Write e.g. options = ["--partition=gpu"].')
        self._name, self._options = name, list(options)

    def submit(self, job: Job) -> str:
        asked = [f"--cpus-per-task={max(1, math.ceil(job.cpus))}"]
        if job.gpus:
            asked.append(f"--gpus={math.ceil(job.gpus)}")
        if job.memory_gb is not None:
            asked.append(f"--mem={math.ceil(job.memory_gb * 1024)}M")
        fixed = [
            *("--parsable", "--export=ALL", "--open-mode=append"),
            # A second start would only find the run claimed.
            "--no-requeue",
            f"--job-name={job.run_id}",
            f"--chdir={job.cwd or '/tmp'}",  # noqa: S108 - a folder that every node has
            # A percent sign is a pattern there.
            f"--output={(job.log or '/dev/null').replace('%', '%%')}",
        ]
        # With exec the launcher is the batch process, and Slurm's signals are for it.
        script = f"#!/bin/sh\nexec {shlex.join(job.argv)}\n"
        kept = {k: v for k, v in os.environ.items() if k in _PASSED or not k.startswith(_NOT_PASSED)}
        said = self._call("sbatch", [*asked, *self._options, *fixed], _SUBMIT_S, script, {**kept, **job.env})
        handle = said.strip().split("\n")[-1].partition(";")[0]
        if not handle.isdecimal():
            raise ComputeTargetException(
                f"sbatch answered {shorten(said)!r}, which is no job id. Try it on the command line."
            )
        return handle

    def poll(self, handles: Sequence[str]) -> dict[str, Report]:
        found: dict[str, Report] = {}
        for start in range(0, max(1, len(handles)), _MANY):
            some = handles[start : start + _MANY]
            which = ["--jobs=" + ",".join(some)] if some else ["--me"]
            try:
                said = self._call("squeue", ["--noheader", "--states=all", "--format=%i|%T|%r", *which], _POLL_S)
            except ComputeTargetException as error:
                if "Invalid job id" not in str(error):
                    raise
                continue  # none of them is known any more
            for line in said.splitlines():
                handle, state, reason = [*line.strip().split("|", 2), "", ""][:3]
                found[handle] = Report(_state(state), state if reason in {"", "None"} else f"{state}, {reason}")
        return found

    def cancel(self, handle: str) -> None:
        self._call("scancel", ["--quiet", handle], _CANCEL_S)

    def _call(
        self,
        program: str,
        arguments: Sequence[str],
        seconds: float,
        text: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """What a program of Slurm prints."""
        try:
            done = subprocess.run(
                [program, *arguments],
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                env=None if env is None else dict(env),
            )
        except FileNotFoundError as error:
            raise ComputeTargetException(
                f"{program} is not on the PATH. Submit to {self._name!r} from a machine that has Slurm's commands."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ComputeTargetException(
                f"{program} has not answered in {seconds:.0f} s. Try `sinfo`; is slurmctld up?"
            ) from error
        if done.returncode != 0:
            said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise ComputeTargetException(f"{program} refuses: {shorten(said, 300)}")
        return done.stdout


def _state(word: str) -> State:
    if word in _QUEUED:
        return State.QUEUED
    return State.ENDED if word in _ENDED else State.RUNNING
