"""Commands for workspaces on servers: serve, token, sync."""

from __future__ import annotations

import os
import secrets
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import cli_complete, cli_output
from jupyter_runs.cli_options import Call, Command, shared

if TYPE_CHECKING:
    from jupyter_runs.config import WorkspaceConfig

_DAY_S = 86_400.0
_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)


@click.command(cls=Command, short_help="Serve the workspace to a team.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all of them.")
@click.option("--port", type=click.IntRange(1, 65535), default=8889, show_default=True, help="Port to listen on.")
@click.option(
    "--token-env",
    metavar="VARIABLE",
    help="Take the token from this environment variable; else one is made and shown once.",
)
@click.option("--certfile", type=_FILE, help="Speak HTTPS, with the certificate in this PEM file.")
@click.option(
    "--keyfile", type=_FILE, help="Where the key of the certificate is; not needed when it is in the same file."
)
@shared
def serve(
    call: Call, *, host: str, port: int, token_env: str | None, certfile: Path | None, keyfile: Path | None
) -> None:
    """Serve the workspace to other machines, until Ctrl-C: its runs, the page of jupyter runs ui, and nothing else.

    Whoever has the token may do everything with its runs; nobody may run code here. As a service of JupyterHub it listens where the Hub
    says, and takes the tokens of its users.
    """
    from jupyter_runs.cli_runs import place

    where = place(call.workspace, call.path).config
    # As a text: the command line knows the server's parts by name only.
    team = import_module("jupyter_runs.server.team")
    if keyfile is not None and certfile is None:
        raise click.UsageError("--keyfile is the key of a certificate: add --certfile.")
    if (hub := team.hub_place()) is not None and token_env is None:
        team.serve(where, hub, None, f"Serving {where.shown} as {hub.base_url}")
        return
    token = _token(token_env)
    shown = f"{host}:{port}" if ":" not in host else f"[{host}]:{port}"
    scheme = "http" if certfile is None else "https"
    lines = [f"Serving {where.shown}. Elsewhere:", f"JUPYTER_RUNS_WORKSPACE={scheme}://{shown}/"]
    if token_env is None:
        lines.append(f"JUPYTER_RUNS_TOKEN={token}")
    team.serve(where, team.Place(host, port, certfile=certfile, keyfile=keyfile), token, "\n".join(lines))


def _token(variable: str | None) -> str:
    if variable is None:
        return secrets.token_hex(24)
    if not (token := os.environ.get(variable, "")):
        raise click.UsageError(
            f"The environment variable {variable} is not set. Put the token into it, or leave --token-env out."
        )
    return token


@click.command(cls=Command, short_help="Make a token that is good for one run.")
@click.argument("run", metavar="RUN", shell_complete=cli_complete.runs)
@click.option(
    "--days",
    type=click.FloatRange(min=0.001, max=90),
    default=7,
    show_default=True,
    help="How long it is good, at most 90.",
)
@shared
def token(call: Call, *, run: str, days: float) -> None:
    """Make a token for a machine that works for RUN: good for that run and those below it, and for nothing else.

    RUN is what show -r takes. The machine gets it as JUPYTER_RUNS_TOKEN.
    """
    from jupyter_runs.store.opening import run_token

    with call.runs() as runs:
        found = runs.one(run, call.experiment)
        made = run_token(runs.config, found.run_id, days * _DAY_S)
    data = {"run_id": found.run_id, "token": made, "expires_at": time.time() + days * _DAY_S}
    call.answer(made, data, cli_output.any_table)


@click.command(cls=Command, short_help="Send what servers have not got yet.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=60, show_default=True, help="Seconds without progress."
)
@shared
def sync(call: Call, *, timeout: float) -> None:
    """Send what processes that have ended had logged while their server was away.

    Without -w of every server that this user has used. Exit code 1 when something is left.
    """
    from jupyter_runs.errors import JupyterRunsError

    wanted = _servers(call)
    left: list[dict[str, Any]] = []
    for where in wanted:
        before = _waiting(where)
        reason = ""
        try:
            if before:
                _send(where, timeout)
        except JupyterRunsError as error:
            reason = str(error)
        if (count := _waiting(where)) or before:
            left.append({"workspace": where.shown, "sent": before - count, "left": count, "reason": reason})
    stuck = [one for one in left if one["left"]]
    sent = sum(one["sent"] for one in left)
    rest = "; ".join(f"{one['left']} wait for {one['workspace']}: {one['reason'] or 'no answer'}" for one in stuck)
    call.answer(f"Sent {sent} files. {rest}".strip() if left else "Nothing waits.", left, cli_output.any_table)
    if stuck:
        raise SystemExit(1)


def _servers(call: Call) -> list[WorkspaceConfig]:
    from jupyter_runs import config
    from jupyter_runs.cli_runs import place

    here = place(call.workspace, call.path).config
    found = {} if call.workspace is not None else config.known()
    everything = {**found, here.key: here}
    return [one for one in everything.values() if config.is_http(one.url)]


def _waiting(where: WorkspaceConfig) -> int:
    """How many files of processes that have gone wait for that server."""
    from jupyter_runs import paths
    from jupyter_runs.store.http_journal import FILES_SUFFIX, SUFFIX, left_behind

    return sum(len(left_behind(paths.journals(where.key), suffix)) for suffix in (SUFFIX, FILES_SUFFIX))


def _send(where: WorkspaceConfig, timeout: float) -> None:
    from jupyter_runs.store.opening import open_store

    store: Any = open_store(where)
    store.close(timeout)
