"""Ray, by the HTTP interface of its jobs: nothing of Ray is needed on this side.

Ray stops no job that still waits for resources (ray-project/ray#58353): such a job starts one day, finds its run Canceled, and ends.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import ComputeTargetException, shorten
from jupyter_runs.executors.base import Report, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_runs.executors.base import Job

_SUBMIT_S, _POLL_S, _CANCEL_S = 30.0, 8.0, 4.0
#: More jobs than these are looked for in the list of all jobs.
_FEW = 20
_STATES = {
    "PENDING": State.QUEUED,
    "RUNNING": State.RUNNING,
    "STOPPED": State.ENDED,
    "SUCCEEDED": State.ENDED,
    "FAILED": State.ENDED,
}


class RayExecutor:
    """Jobs of a Ray cluster.

    Parameters
    ----------
    address : of the dashboard, e.g. `http://head:8265`.
    token_env : name of the environment variable that holds the token, where the cluster wants one (`RAY_AUTH_MODE=token`).
    resources : custom resources of Ray that a job needs, e.g. `{"box": 1}`.
    """

    def __init__(
        self, name: str, *, address: str, token_env: str | None = None, resources: Mapping[str, float] | None = None
    ) -> None:
        if not str(address).startswith(("http://", "https://")):
            raise ValueError('address is that of the dashboard. Write e.g. address = "http://head:8265".')
        if not isinstance(token_env, (str, type(None))):
            raise TypeError('token_env is the name of an environment variable. Write e.g. token_env = "RAY_TOKEN".')
        self._name, self._address, self._token_env = name, address.rstrip("/"), token_env
        self._resources = _numbers(resources or {})

    def submit(self, job: Job) -> str:
        body: dict[str, Any] = {
            # Ray gives this to a shell.
            "entrypoint": (f"cd {shlex.quote(job.cwd)} && " if job.cwd else "") + f"exec {shlex.join(job.argv)}",
            "submission_id": job.run_id,
            "runtime_env": {"env_vars": job.env},
            # Without any it would run on the head node, whatever is free there.
            "entrypoint_num_cpus": max(1, job.cpus),
        }
        if job.gpus:
            body["entrypoint_num_gpus"] = job.gpus
        if job.memory_gb is not None:
            body["entrypoint_memory"] = int(job.memory_gb * 2**30)
        if self._resources:
            body["entrypoint_resources"] = self._resources
        answer = self._ask("POST", "/api/jobs/", _SUBMIT_S, body)
        if not answer.ok and "already exists" not in answer.text:
            raise self._refusal(answer)
        return job.run_id

    def poll(self, handles: Sequence[str]) -> dict[str, Report]:
        if not handles:
            self._jobs("/api/jobs/nothing")
        elif len(handles) > _FEW:
            wanted = set(handles)
            jobs = self._jobs("/api/jobs/") or []
            return {job["submission_id"]: _report(job) for job in jobs if job.get("submission_id") in wanted}
        found = {handle: self._jobs(f"/api/jobs/{handle}") for handle in handles}
        return {handle: _report(job) for handle, job in found.items() if job is not None}

    def cancel(self, handle: str) -> None:
        answer = self._ask("POST", f"/api/jobs/{handle}/stop", _CANCEL_S)
        if not answer.ok and answer.status_code != 404:
            raise self._refusal(answer)

    def logs(self, handle: str) -> bytes:
        """All that the job printed: Ray has no way to ask for less."""
        found = self._jobs(f"/api/jobs/{handle}/logs")
        return str((found or {}).get("logs", "")).encode()

    def _jobs(self, path: str) -> Any:
        """What Ray says there; None when there is no such job."""
        answer = self._ask("GET", path, _POLL_S)
        if answer.status_code == 404:
            return None
        if not answer.ok:
            raise self._refusal(answer)
        return answer.json()

    def _ask(self, verb: str, path: str, seconds: float, body: Any = None) -> Any:
        import requests

        token = os.environ.get(self._token_env or "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return requests.request(
                verb, self._address + path, json=body, headers=headers, timeout=(min(4.0, seconds), seconds)
            )
        except requests.RequestException as error:
            raise ComputeTargetException(
                f"{self._address} does not answer ({type(error).__name__}). Is the head node up, and its dashboard reachable from here?"
            ) from error

    def _refusal(self, answer: Any) -> ComputeTargetException:
        if answer.status_code in {401, 403}:
            variable = self._token_env or "the one that token_env names"
            return ComputeTargetException(
                f"{self._address} wants a token ({answer.status_code}). Put the right one into the environment variable {variable}."
            )
        return ComputeTargetException(
            f"{self._address} refuses ({answer.status_code}): {shorten(' '.join(answer.text.split())[-300:], 300)}"
        )


def _numbers(resources: Any) -> dict[str, float]:
    if not isinstance(resources, dict) or not all(isinstance(n, (int, float)) and n > 0 for n in resources.values()):
        raise TypeError("resources is a table of numbers above zero. Write e.g. resources = { box = 1 }.")
    return dict(resources)


def _report(job: Mapping[str, Any]) -> Report:
    status = str(job.get("status"))
    message = " ".join(str(job.get("message") or "").split())
    return Report(_STATES.get(status, State.RUNNING), shorten(f"{status}, {message}" if message else status, 300))
