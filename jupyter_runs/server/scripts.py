"""Start scripts: one of the server's folder, or one that a run was of, once more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import names
from jupyter_runs.errors import NotAllowed
from jupyter_runs.experiment import Experiment
from jupyter_runs.script import ScriptRunConfig
from jupyter_runs.server import requests
from jupyter_runs.server.base import RunsHandler, dumps
from jupyter_runs.server.requests import BadRequest, OutsideRoot, parse_body
from jupyter_runs.submit import checked, resubmit

if TYPE_CHECKING:
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace

_REQUIRED = ("source_directory", "script", "experiment")
NOTE = "Environment variables are not recorded: the script runs without those that were set for the earlier run."


class SubmitHandler(RunsHandler):
    """A script of the server's folder."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        must_run_scripts(self)
        body = parse_body(self.request.body, requests.SUBMIT_FIELDS)
        for field in _REQUIRED:
            if field not in body:
                raise BadRequest(f"Field {field!r} is missing: expected {requests.SUBMIT_FIELDS[field].expected}.")
        experiment, tags, user = names.experiment(body["experiment"]), names.tags(body.get("tags", {})), self.user
        name = None if body.get("name") is None else names.display_name(body["name"])

        def work(opened: OpenWorkspace) -> str:
            config, workspace = _config(Path(self.stores.root_dir), body), self.stores.public(opened.key, user)
            # Before the experiment is made: of what is refused nothing stays.
            checked(workspace, config)
            run = Experiment(workspace, experiment).submit(config, tags, name=name)
            return dumps(opened.run(opened.store.get_run(run.id)))

        text = await self.stores.write(self.workspace, work)
        self.set_status(201)
        self.finish(text)


class ResubmitHandler(RunsHandler):
    """The script of a run, once more."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        must_run_scripts(self)
        parse_body(self.request.body, {}, required=False)
        user = self.user

        def work(opened: OpenWorkspace) -> str:
            opened.store.get_run(run_id)
            run = resubmit(self.stores.public(opened.key, user).get_run(run_id))
            return dumps({**opened.run(opened.store.get_run(run.id)), "note": NOTE})

        text = await self.stores.write(self.workspace, work)
        self.set_status(201)
        self.finish(text)


def must_run_scripts(handler: RunsHandler) -> None:
    """Refuse on a server that only keeps the runs of others."""
    if handler.settings.get("jupyter_runs_no_scripts"):
        raise NotAllowed(
            "This server runs no scripts: it keeps the runs of others. Submit the script from your own machine."
        )


def _config(root: Path, body: Json) -> ScriptRunConfig:
    """The script that is meant; what it is said to be is checked at submit, where it is here."""
    folder = _inside(root, root, body["source_directory"])
    _inside(root, folder, body["script"])
    config = ScriptRunConfig(str(folder), body["script"], arguments=body.get("arguments", []))
    if "compute_target" in body:
        config.run_config.target = body["compute_target"]
    if "max_run_duration_seconds" in body:
        config.run_config.max_run_duration_seconds = body["max_run_duration_seconds"]
    config.run_config.environment_variables = body.get("environment_variables", {})
    return config


def _inside(root: Path, folder: Path, path: str) -> Path:
    """`path` from `folder` on, refused when it is not in `root`, links followed."""
    if "\0" in path:
        raise BadRequest("A path holds a NUL character: no file can have such a name.")
    found = Path(os.path.normpath(folder / path))
    real, top = os.path.realpath(found), os.path.realpath(root)
    if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
        raise OutsideRoot(path)
    return found
