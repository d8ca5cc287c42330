"""Behind a real JupyterHub: the server of a user at /user/NAME/, and `jupyter runs serve` as a service that knows the users."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing

import pytest
import requests
from ports import free_port

from jupyter_runs import config
from jupyter_runs.errors import NotAllowed, StoreAway, StoreError
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import Status
from jupyter_runs.store import http_server
from jupyter_runs.store.opening import open_store, run_token
from jupyter_runs.workspace import Workspace

pytest.importorskip("jupyterhub", reason="needs JupyterHub: make test-cluster brings it")
if not shutil.which("configurable-http-proxy"):
    pytest.skip("needs the proxy of JupyterHub: make test-cluster brings it", allow_module_level=True)

pytestmark = pytest.mark.slow
ADMIN = {"Authorization": "token admin-0123456789"}
CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.JupyterHub.services = [
    {{
        "name": "runs",
        "url": "http://127.0.0.1:{service}",
        "command": ["jruns", "serve", "-w", "{folder}/team/"],
        "environment": {{"JUPYTER_RUNS_HOME": "{folder}/service", "JUPYTER_RUNS_RULE": "own"}},
    }},
    {{"name": "keeper", "api_token": "admin-0123456789"}},
]
c.JupyterHub.load_roles = [
    {{"name": "user", "scopes": ["self", "access:services!service=runs"]}},
    {{"name": "keeper", "scopes": ["admin:users", "admin:servers", "tokens"], "services": ["keeper"]}},
]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTER_RUNS_HOME": "{folder}/user", "JUPYTER_RUNS_WORKSPACE": "{folder}/userws"}}
"""


class Hub:
    def __init__(self, folder):
        self.port = free_port()
        ports = {"port": self.port, "hub": free_port(), "api": free_port(), "service": free_port()}
        (folder / "team").mkdir(parents=True)
        (folder / "config.py").write_text(CONFIG.format(folder=folder, **ports), "utf-8")
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(folder / "config.py")],
            cwd=folder,
            stdout=self.log,
            stderr=self.log,
            env=os.environ | {"PYTHONWARNINGS": ""},
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, verb, path, **rest):
        return requests.request(verb, f"{self.url}hub/api/{path}", headers=ADMIN, timeout=30, **rest)

    def user(self, name):
        """A token of a new user."""
        assert self.ask("POST", f"users/{name}").status_code == 201
        return self.ask("POST", f"users/{name}/tokens", json={"expires_in": 3600}).json()["token"]

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (requests.ConnectionError, StoreError):
            pass
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    hub = Hub(tmp_path_factory.mktemp("hub"))
    until(lambda: hub.ask("GET", "users").status_code == 200)
    until(lambda: requests.get(f"{hub.url}services/runs/jupyter-runs/api/hello", timeout=5).status_code == 403)
    yield hub
    hub.close()


def workspace(url, token, folder):
    return Workspace(f"{url}?token={token}&files={folder}")


def test_a_service_knows_its_users_and_whose_run_is_whose(hub, tmp_path):
    url = f"{hub.url}services/runs/"
    tokens = {name: hub.user(name) for name in ("ada", "bob")}
    runs = {}
    for name, token in tokens.items():
        ws = workspace(url, token, tmp_path / name)
        assert ws.user == name
        with Experiment(ws, "e").start_logging(snapshot_directory=None) as run:
            run.log("x", 1)
        assert [(one.id, one.get_details()["submittedBy"]) for one in ws.search("by:me")] == [(run.id, name)]
        runs[name] = run.id
        with closing(open_store(config.address(f"{url}?token={run_token(ws._config, run.id)}"))) as store:
            assert store.get_run(run.id).status is Status.COMPLETED
        ws.store.close()
    with closing(open_store(config.address(f"{url}?token={tokens['bob']}"))) as store:
        with pytest.raises(NotAllowed, match="bob may not edit"):
            store.edit_tags(runs["ada"], {"a": "b"}, by="ada")
        assert store.edit_tags(runs["bob"], {"a": "b"}, by="ada").tags == {"a": "b"}
        assert store.events(runs["bob"])[-1].by == "bob"
    with pytest.raises(StoreError, match="does not take the token"):
        open_store(config.address(f"{url}?token=wrong"))


def test_the_server_of_a_user_is_a_workspace_and_away_when_it_is_stopped(hub, tmp_path, monkeypatch):
    token, other = hub.user("eve"), hub.user("mallory")
    assert hub.ask("POST", "users/eve/server").status_code in {201, 202}
    url = f"{hub.url}user/eve/"
    until(lambda: hub.ask("GET", "users/eve").json()["server"] is not None)
    ws = workspace(url, token, tmp_path / "eve")
    with Experiment(ws, "e").start_logging(snapshot_directory=None) as run:
        run.log("x", 1)
    assert (run.status, ws.user) == ("Completed", "eve")
    with closing(open_store(config.address(f"{url}?token={run_token(ws._config, run.id)}"))) as store:
        assert store.get_run(run.id).status is Status.COMPLETED
    with pytest.raises(StoreError, match="does not take the token"):
        open_store(config.address(f"{url}?token={other}"))
    ws.store.close()
    hub.ask("DELETE", "users/eve/server")
    until(lambda: hub.ask("GET", "users/eve").json()["server"] is None)
    monkeypatch.setattr(http_server, "RETRY_S", 0.5)
    with pytest.raises(StoreAway):
        open_store(config.address(f"{url}?token={token}"))
