"""`jupyter runs ui`: the runs in a browser, on a Jupyter server that is there already or on one for this page alone."""

from __future__ import annotations

import os
import webbrowser
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import click

from jupyter_runs import cli_complete, paths
from jupyter_runs.cli_options import Call, Command, shared

if TYPE_CHECKING:
    from jupyter_runs.cli_runs import Runs
    from jupyter_runs.config import WorkspaceConfig

_PATIENCE_S = 5


@click.command(cls=Command, short_help="Show the runs in a browser.")
@click.argument("what", metavar="[RUN|EXPERIMENT]", required=False, shell_complete=cli_complete.runs)
@click.option("--port", type=click.IntRange(1, 65535), help="Start a server of its own, on this port.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@shared
def ui(call: Call, what: str | None, port: int | None, no_browser: bool) -> None:
    """Show the runs, one run or one experiment in a browser; no JupyterLab is needed.

    RUN is what `show -r` takes. Uses a Jupyter server of yours that runs already; without one, starts one that only this computer
    can reach, until Ctrl-C.
    """
    from jupyter_runs import config

    with call.runs() as runs:
        where = runs.config
        config.remember(where)
        address = "" if what is None else _address(runs, what, call.experiment)
    if port is None and (there := _running(where)) is not None:
        url, token = there
        query = {"workspace": where.key} | ({"token": token} if token else {})
        click.echo(page := f"{url}jupyter-runs{address}?{urlencode(query)}")
        if not (no_browser or webbrowser.open(page)):
            call.remark("No browser could be opened: open the address in one.")
        return
    # As a text: the command line knows the server's parts by name only.
    alone = import_module("jupyter_runs.server.alone")
    folder = os.path.abspath(os.path.expanduser(call.path or "."))  # noqa: PTH100, PTH111 - text
    alone.serve(f"{address}?{urlencode({'workspace': where.key})}", folder, port, opens_browser=not no_browser)


def _address(runs: Runs, what: str, experiment: str | None) -> str:
    """Address of an experiment or of a run below that of the page."""
    if experiment is None and what in {one.name for one in runs.store.experiments(None)}:
        return f"/experiment/{quote(what, safe='')}"
    return f"/run/{quote(runs.one(what, experiment).run_id, safe='')}"


def _running(where: WorkspaceConfig) -> tuple[str, str] | None:
    """Address and token of a server of this user that shows the workspace."""
    import requests
    from jupyter_server.serverapp import list_running_servers

    for info in list_running_servers():
        if not paths.server_mark(info["pid"]).exists():
            continue
        url, token = info["url"], info.get("token", "")
        try:
            answer = requests.get(
                f"{url}jupyter-runs/api/status",
                params={"workspace": where.key},
                headers={"Authorization": f"token {token}"},
                timeout=_PATIENCE_S,
            )
        except requests.RequestException:
            continue
        # With a password nobody but the browser may ask.
        if answer.ok or (answer.status_code == 403 and info.get("password")):
            return url, token
    return None
