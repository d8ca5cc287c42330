"""The page of its own: who gets it, what it tells its script, and what its policy forbids."""

from __future__ import annotations

import json
import re

import pytest
from tornado.httpclient import HTTPClientError

ADDRESSES = [
    "jupyter-runs",
    "jupyter-runs/",
    "jupyter-runs/run/abc",
    "jupyter-runs/experiment/my%20digits",
    "jupyter-runs/compare",
]


@pytest.fixture
def jp_base_url():
    return "/user/ada/"


def _config(page):
    [text] = re.findall(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page)
    return json.loads(text)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_address_gives_the_page(jp_fetch, jp_serverapp, address):
    answer = await jp_fetch(*address.split("/"))
    page = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert _config(page) == {"baseUrl": "/user/ada/", "token": jp_serverapp.identity_provider.token}
    assert any(line.startswith("_xsrf=") for line in answer.headers.get_list("Set-Cookie"))


async def test_every_file_of_the_page_is_served_below_the_base_url(jp_fetch, http_server_client, jp_serverapp):
    page = (await jp_fetch("jupyter-runs")).body.decode()
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) == 5
    for file in files:
        assert re.fullmatch(r"/user/ada/static/jupyter_runs/page/[\w.]+\?v=\w+", file)
        assert (await http_server_client.fetch(file)).body


async def test_the_policy_lets_nothing_from_elsewhere_in_and_no_script_in_the_page(jp_fetch):
    answer = await jp_fetch("jupyter-runs")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    scripts = re.findall(r"<script([^>]*)>([^<]*)</script>", answer.body.decode())
    assert [body == "" or "application/json" in attributes for attributes, body in scripts] == [True, True]
    assert not re.search(r"https?://|<style|\son\w+=", answer.body.decode())


async def test_a_visitor_who_is_not_logged_in_is_sent_to_the_login_and_then_back(http_server_client, jp_base_url):
    for address in ADDRESSES:
        with pytest.raises(HTTPClientError) as caught:
            await http_server_client.fetch(jp_base_url + address, follow_redirects=False)
        assert caught.value.code == 302
        assert caught.value.response.headers["Location"].startswith("/user/ada/login?next=%2Fuser%2Fada%2Fjupyter-runs")


async def test_an_address_that_is_none_is_not_found(jp_fetch):
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("jupyter-runs", "elsewhere")
    assert caught.value.code == 404


class TestWithAPolicyOfTheConfiguration:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        settings = {"headers": {"Content-Security-Policy": "frame-ancestors *"}}
        return {"ServerApp": {**jp_server_config["ServerApp"], "tornado_settings": settings}}

    async def test_that_one_holds(self, jp_fetch):
        answer = await jp_fetch("jupyter-runs")
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors *"
