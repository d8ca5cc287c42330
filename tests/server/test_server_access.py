"""Who may ask: token, cookie, authorizer; XSRF stays on."""

from __future__ import annotations

import json
import re

import pytest
from jupyter_server.auth import Authorizer
from serving import OPERATIONS
from tornado.httpclient import HTTPClientError

from jupyter_runs.model import Status
from jupyter_runs.server import handlers


def _all_urls(base_url):
    for pattern, handler in handlers.HANDLERS:
        path = re.sub(r"\(\?P<\w+>[^)]*\)", "some-run", pattern).replace("(?:/.*)?", "/other")
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            if method.lower() in vars(handler):
                yield method, base_url.rstrip("/") + path


@pytest.mark.parametrize("allow", [True, False])
async def test_every_route_answers_403_without_a_token(jp_serverapp, jp_base_url, http_server_client, store, allow):
    # False is the server's second line of defence; ours must hold without it.
    jp_serverapp.web_app.settings["allow_unauthenticated_access"] = allow
    before = store.cursor()
    count = 0
    for method, url in _all_urls(jp_base_url):
        with pytest.raises(HTTPClientError) as caught:
            await http_server_client.fetch(url, method=method, allow_nonstandard_methods=True, follow_redirects=False)
        assert caught.value.code == 403, (method, url)
        count += 1
    assert count >= len(OPERATIONS)
    assert store.cursor() == before


async def test_a_wrong_token_is_none(jp_base_url, http_server_client, store):
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(f"{jp_base_url}jupyter-runs/api/runs", headers={"Authorization": "token no"})
    assert caught.value.code == 403
    body = json.loads(caught.value.response.body)
    assert "token" in body["message"]


class _ReadOnly(Authorizer):
    """Lets everybody read runs and nobody change them."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012

    def is_authorized(self, handler, user, action, resource):
        self.asked.append((action, resource))
        return action == "read" and resource == "jupyter_runs"


async def test_who_may_only_read_cannot_write(jp_serverapp, ask, make, store):
    jp_serverapp.web_app.settings["authorizer"] = _ReadOnly(parent=jp_serverapp)
    run = make()
    code, _ = await ask(f"runs/{run.run_id}")
    assert code == 200
    for path, method in (("", "PATCH"), ("/tags", "PATCH"), ("/cancel", "POST")):
        code, data = await ask(f"runs/{run.run_id}{path}", method, {})
        assert (code, data["reason"]) == (403, "HTTPError")
    assert store.get_run(run.run_id).status is Status.NOT_STARTED
    assert {resource for _, resource in _ReadOnly.asked} == {"jupyter_runs"}


async def test_every_route_that_writes_asks_for_the_right_to_write(
    jp_serverapp, jp_base_url, http_server_client, jp_auth_header, store
):
    jp_serverapp.web_app.settings["authorizer"] = _ReadOnly(parent=jp_serverapp)
    before = store.cursor()
    for method, url in _all_urls(jp_base_url):
        options = {"headers": jp_auth_header, "allow_nonstandard_methods": True, "raise_error": False}
        _ReadOnly.asked.clear()
        answer = await http_server_client.fetch(url, method=method, **options)
        assert (answer.code == 403) == (method != "GET"), (method, url)
        assert _ReadOnly.asked == [("read" if method == "GET" else "write", "jupyter_runs")], (method, url)
    assert store.cursor() == before


async def test_a_write_with_a_login_cookie_needs_the_xsrf_token(jp_base_url, http_server_client, login, make, store):
    run, jar = make(), await login()
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    url = f"{jp_base_url}jupyter-runs/api/runs/{run.run_id}"
    assert (await http_server_client.fetch(url, headers=headers)).code == 200
    post = {"method": "POST", "body": "{}"}
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(f"{url}/cancel", headers=headers, **post)
    assert caught.value.code == 403
    assert "_xsrf" in json.loads(caught.value.response.body)["message"]
    assert store.get_run(run.run_id).status is Status.NOT_STARTED
    headers["X-XSRFToken"] = jar["_xsrf"]
    assert (await http_server_client.fetch(f"{url}/cancel", headers=headers, **post)).code == 202


async def test_reading_does_not_keep_an_idle_server_alive(jp_serverapp, ask, make):
    run = make()
    settings = jp_serverapp.web_app.settings
    before = settings.get("api_last_activity")
    await ask("runs")
    assert settings.get("api_last_activity") == before
    await ask(f"runs/{run.run_id}/cancel", "POST", {})
    assert settings.get("api_last_activity") != before
