"""`jupyter runs serve`: one workspace for a team. A Jupyter server with our handlers alone: no kernel, no terminal, no file browser.

Behind JupyterHub, as a service, it takes the tokens of the Hub and knows its users. Everywhere else who has the token may do everything.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.serverapp import ServerApp

from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.server.alone import until_interrupted
from jupyter_runs.server.app import RunsServerApp
from jupyter_runs.server.page import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.config import WorkspaceConfig

#: Set by JupyterHub for its services.
_HUB_TOKEN, _HUB_PREFIX, _HUB_URL = "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_SERVICE_URL"


@dataclass(frozen=True)
class Place:
    """Where to serve."""

    host: str
    port: int
    base_url: str = "/"
    #: Of a certificate for HTTPS, and its key where that has a file of its own.
    certfile: Path | None = None
    keyfile: Path | None = None

    def check(self) -> None:
        """Raise `JupyterRunsError` where certificate and key cannot be used."""
        if self.certfile is None:
            return
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                self.certfile, self.keyfile, password=""
            )
        except (OSError, ValueError) as error:
            where = self.certfile if self.keyfile is None else f"{self.certfile} with {self.keyfile}"
            raise JupyterRunsError(
                f"{where} cannot be used for HTTPS ({error}). "
                "Give --certfile a PEM file with the certificate, and --keyfile its key, without a password."
            ) from error


def hub_place() -> Place | None:
    """Where JupyterHub wants its service; None when we are none."""
    if not (os.environ.get(_HUB_TOKEN) and os.environ.get(_HUB_PREFIX)):
        return None
    url = urlsplit(os.environ.get(_HUB_URL, ""))
    return Place(url.hostname or "127.0.0.1", url.port or 80, os.environ[_HUB_PREFIX])


class HubIdentity(IdentityProvider):
    """Users of a JupyterHub, by the token that they send."""

    async def get_user(self, handler: Any) -> User | None:
        """Who has the token, as the Hub says; None where it does not know."""
        import asyncio

        from jupyterhub.services.auth import HubAuth

        token = self.get_token(handler)
        if not token or token.startswith("jrun."):
            return None
        if not hasattr(self, "_hub"):
            self._hub = HubAuth(cache_max_age=60)
        found = await asyncio.get_running_loop().run_in_executor(None, self._hub.user_for_token, token)
        if found is None or not self._hub.check_scopes(self._hub.access_scopes, found):
            return None
        handler._token_authenticated = True
        return User(username=found["name"], name=found["name"], display_name=found["name"])


class TeamServerApp(ServerApp):
    """Without the right to run code."""

    default_services: Any = ("api", "auth", "security", "events")


class _Team(RunsServerApp):
    """The extension, without those of others. Jupyter Server makes its own object of it: what it is to do is said by options."""

    load_other_extensions = False
    serverapp_class = TeamServerApp


def serve(where: WorkspaceConfig, place: Place, token: str | None, hello: str) -> None:
    """Serve the workspace until it is interrupted; `hello` is printed when it answers.

    Parameters
    ----------
    token : that clients send; None: those of JupyterHub.

    Raises
    ------
    JupyterRunsError : the server cannot be started; it has said why.
    """
    place.check()
    arguments = [
        f"--ServerApp.ip={place.host}",
        f"--ServerApp.port={place.port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.base_url={place.base_url}",
        f"--ServerApp.root_dir={where.folder}",
        "--ServerApp.allow_remote_access=True",
        "--ServerApp.open_browser=False",
        "--ServerApp.terminals_enabled=False",
        f"--RunsServerApp.only_workspace={where.spec}",
        "--RunsServerApp.runs_scripts=False",
        *(() if place.certfile is None else (f"--ServerApp.certfile={place.certfile}",)),
        *(() if place.keyfile is None else (f"--ServerApp.keyfile={place.keyfile}",)),
        "--ServerApp.log_level=ERROR",
        *(("--ServerApp.allow_root=True",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
        *(
            (f"--IdentityProvider.token={token}",)
            if token is not None
            else (
                "--ServerApp.identity_provider_class=jupyter_runs.server.team.HubIdentity",
                "--IdentityProvider.token=",
            )
        ),
    ]
    where.folder.mkdir(parents=True, exist_ok=True)
    until_interrupted(_Team, arguments, ROOT[1:], lambda _server: hello)
