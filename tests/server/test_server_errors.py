"""Bad requests: the right status, one line that names the fault, nothing changed."""

from __future__ import annotations

import json
import sqlite3

import pytest
from tornado.httpclient import HTTPClientError

RUN = "{run}"
BAD = [
    # path, method, body, query, status, reason, what the message names
    ("runs/nope", "GET", None, {}, 404, "RunNotFound", "nope"),
    ("runs/nope", "PATCH", {"name": "x"}, {}, 404, "RunNotFound", "nope"),
    ("runs/nope", "PATCH", {}, {}, 404, "RunNotFound", "nope"),
    ("runs/nope/cancel", "POST", {}, {}, 404, "RunNotFound", "nope"),
    ("runs/nope/tags", "PATCH", {"set": {"a": "b"}}, {}, 404, "RunNotFound", "nope"),
    ("runs/nope/children", "GET", None, {}, 404, "RunNotFound", "nope"),
    ("runs/nope/metrics", "GET", None, {}, 404, "RunNotFound", "nope"),
    ("runs/nope/log", "GET", None, {}, 404, "RunNotFound", "nope"),
    ("runs/..%2F..%2Fetc/log", "GET", None, {}, 404, "RunNotFound", "etc"),
    ("nothing/here", "GET", None, {}, 404, "UnknownRoute", "openapi.yaml"),
    ("", "DELETE", None, {}, 404, "UnknownRoute", "openapi.yaml"),
    ("runs", "DELETE", None, {}, 405, "HTTPError", "method"),
    (RUN, "POST", {}, {}, 405, "HTTPError", "method"),
    ("runs", "GET", None, {"workspace": "abc"}, 404, "UnknownWorkspace", "abc"),
    ("runs", "GET", None, {"q": "statu:x"}, 400, "InvalidQuery", "statu"),
    ("runs", "GET", None, {"q": 'tag:"x'}, 400, "InvalidQuery", "quote"),
    ("runs", "GET", None, {"limit": "0"}, 400, "BadRequest", "limit"),
    ("runs", "GET", None, {"limit": "501"}, 400, "BadRequest", "1 to 500"),
    ("runs", "GET", None, {"limit": "ten"}, 400, "BadRequest", "limit"),
    ("runs", "GET", None, {"limit": "٣"}, 400, "BadRequest", "limit"),
    ("runs", "GET", None, {"active": "yes"}, 400, "BadRequest", "active"),
    ("runs", "GET", None, {"page": "x"}, 400, "InvalidQuery", "next_page"),
    ("changes", "GET", None, {"since": "x"}, 400, "InvalidQuery", "cursor"),
    ("changes", "GET", None, {"limit": "1001"}, 400, "BadRequest", "limit"),
    (f"{RUN}/children", "GET", None, {"limit": "-1"}, 400, "BadRequest", "limit"),
    (f"{RUN}/metrics", "GET", None, {"max_points": "9"}, 400, "BadRequest", "max_points"),
    (f"{RUN}/metrics", "GET", None, {"after": "x"}, 400, "InvalidQuery", "cursor"),
    (f"{RUN}/log", "GET", None, {"limit": "1048577"}, 400, "BadRequest", "limit"),
    (f"{RUN}/log", "GET", None, {"offset": "1.5"}, 400, "BadRequest", "offset"),
    (f"{RUN}/log", "GET", None, {"offset": "9" * 30}, 400, "BadRequest", "offset"),
    (RUN, "PATCH", None, {}, 400, "BadRequest", "no body"),
    (RUN, "PATCH", b"{", {}, 400, "BadRequest", "JSON"),
    (RUN, "PATCH", b"\xff", {}, 400, "BadRequest", "JSON"),
    (RUN, "PATCH", b"[" * 100_000, {}, 400, "BadRequest", "JSON"),
    (RUN, "PATCH", [1], {}, 400, "BadRequest", "object"),
    (RUN, "PATCH", {"nam": "x"}, {}, 400, "BadRequest", "nam"),
    (RUN, "PATCH", {"name": 3}, {}, 400, "BadRequest", "'name'"),
    (RUN, "PATCH", {"name": None}, {}, 400, "BadRequest", "'name'"),
    (RUN, "PATCH", {"name": ""}, {}, 400, "InvalidName", "1 to 256"),
    (RUN, "PATCH", {"name": "x" * 257}, {}, 400, "InvalidName", "257"),
    (RUN, "PATCH", b'{"name": "\\ud800"}', {}, 400, "BadRequest", "JSON"),
    (RUN, "PATCH", {"description": "x" * 5001}, {}, 400, "InvalidName", "5001"),
    (RUN, "PATCH", {"status": "Completed"}, {}, 400, "BadRequest", "status"),
    (f"{RUN}/cancel", "POST", {"via": "me"}, {}, 400, "BadRequest", "via"),
    (f"{RUN}/cancel", "POST", {"force": True}, {}, 400, "BadRequest", "force"),
    (f"{RUN}/tags", "PATCH", {"set": {"a": 1}}, {}, 400, "BadRequest", "'set'"),
    (f"{RUN}/tags", "PATCH", {"set": ["a"]}, {}, 400, "BadRequest", "'set'"),
    (f"{RUN}/tags", "PATCH", {"set": {"": "x"}}, {}, 400, "InvalidName", "tag key"),
    (f"{RUN}/tags", "PATCH", {"set": {"x" * 10_000: None}}, {}, 400, "InvalidName", "10000"),
    (f"{RUN}/tags", "PATCH", {"remove": "a"}, {}, 400, "BadRequest", "'remove'"),
    (f"{RUN}/tags", "PATCH", {"remove": [1]}, {}, 400, "BadRequest", "'remove'"),
]


async def test_bad_requests_answer_with_one_line_that_names_the_fault(ask, make, store):
    run = make(name="kept", tags={"a": "1"})
    before = store.get_run(run.run_id)
    for path, method, body, query, status, reason, named in BAD:
        code, data = await ask(path.replace(RUN, f"runs/{run.run_id}"), method, body, **query)
        case = f"{method} {path} {str(body)[:40]} {query}: {data}"
        assert (code, data["reason"]) == (status, reason), case
        assert named in data["message"], case
        assert len(data["message"]) < 400, case
    assert store.get_run(run.run_id) == before


async def test_a_query_value_that_is_no_text_answers_400(jp_base_url, http_server_client, jp_auth_header):
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(f"{jp_base_url}jupyter-runs/api/runs?q=%ff", headers=jp_auth_header)
    assert caught.value.code == 400
    assert json.loads(caught.value.response.body)["reason"] == "HTTPError"


async def test_an_unexpected_error_answers_500_without_its_details(ask, make, store):
    run = make()
    with sqlite3.connect(store.location) as conn:
        conn.execute("UPDATE event SET body = '{'")
        conn.execute("INSERT INTO point (series_id, at, value) VALUES (77, 1, '{')")
        conn.execute(
            "INSERT INTO series (series_id, run_id, name, kind, count, last, updated_at) VALUES (77, ?, 'broken', 'text', 1, '{secret', 1)",
            (run.run_id,),
        )
    conn.close()
    code, data = await ask(f"runs/{run.run_id}")
    assert code == 500
    assert "secret" not in data["message"]
