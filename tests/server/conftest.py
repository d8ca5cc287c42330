"""A real Jupyter server with the extension, over a real store, and ways to ask it."""

from __future__ import annotations

import json
from contextlib import closing
from urllib.parse import quote

import pytest
import stores

# Imported here and not named as a plugin: its automatic clean-up is for these tests only.
from pytest_jupyter.jupyter_server import *  # noqa: F403
from serving import check_answer
from tornado.httpclient import HTTPClientError

from jupyter_runs.model import NewRun


@pytest.fixture
def kind():
    """Where the store is. Files of tests about what the SQL behind the routes does say it again, for each kind."""
    return "sqlite"


@pytest.fixture
def place(kind, tmp_path):
    return stores.workspace(kind, tmp_path / "shared")


@pytest.fixture
def folder(place, tmp_path, monkeypatch):
    """The workspace of the server and of the tests."""
    monkeypatch.setenv("JUPYTER_RUNS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", place)
    return tmp_path / "shared"


@pytest.fixture
def jp_server_config(folder):
    return {"ServerApp": {"jpserver_extensions": {"jupyter_runs": True}}}


@pytest.fixture
def store(folder, place):
    with closing(stores.opened(place)) as opened:
        yield opened


@pytest.fixture
def make(store):
    """Create a run: `make(name="a", owner=…)`."""
    numbers = iter(range(1, 1000))

    def make(run_id=None, experiment="digits", **fields):
        run = NewRun(run_id or f"run{next(numbers):04}", experiment, "ada", **fields)
        return store.create_runs([run])[0]

    return make


@pytest.fixture
def ask(jp_fetch):
    """Ask a route: `await ask("runs", q="x")` -> (status, body), lists value by value. Every answer is held against openapi.yaml."""

    async def ask(path, method="GET", body=None, **params):
        text = json.dumps(body) if body is not None and not isinstance(body, (bytes, str)) else body
        url = f"jupyter-runs/api/{path}"
        pairs = [
            (name, one) for name, value in params.items() for one in (value if isinstance(value, list) else [value])
        ]
        extra = {"body": text, "allow_nonstandard_methods": True} if method != "GET" else {}
        try:
            answer = await jp_fetch(*url.split("/"), method=method, params=pairs, **extra)
        except HTTPClientError as error:
            answer = error.response
        if not answer.headers["Content-Type"].startswith("application/json"):
            return answer.code, answer
        data = json.loads(answer.body)
        if answer.code < 300:
            check_answer(path, method, answer.code, data)
        else:
            parts = {"token", "position", "expected", "instead"} if data["reason"] == "InvalidQuery" else set()
            parts |= {"facts"} if path.startswith("store/") else set()
            assert set(data) == {"message", "reason"} | parts
            assert "\n" not in data["message"]
        return answer.code, data

    return ask


@pytest.fixture
def login(jp_serverapp, jp_base_url, http_server_client):
    """Log in as a browser does: the cookies, by name."""

    async def login():
        jar = {}

        async def visit(**request):
            cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
            url = f"{jp_base_url}login"
            options = {"headers": {"Cookie": cookies}, "follow_redirects": False, "raise_error": False}
            answer = await http_server_client.fetch(url, **options, **request)
            for line in answer.headers.get_list("Set-Cookie"):
                name, _, value = line.partition(";")[0].partition("=")
                jar[name] = value

        await visit()
        await visit(method="POST", body=f"password={jp_serverapp.identity_provider.token}&_xsrf={quote(jar['_xsrf'])}")
        return jar

    return login
