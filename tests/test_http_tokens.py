"""The token of a run: what it is good for, and what not."""

from __future__ import annotations

import stat
import time
from contextlib import closing

import pytest
import requests
from teamserver import TeamServer

from jupyter_runs import config, paths, tokens
from jupyter_runs.config import WorkspaceConfig
from jupyter_runs.errors import JupyterRunsError, NotAllowed, RunStateError, StoreError, TokenRefused
from jupyter_runs.model import NewRun, Owner, Point, RunError, Status
from jupyter_runs.store.base import RunFilter
from jupyter_runs.store.http_codec import READS, WRITES, encode, method
from jupyter_runs.store.opening import open_store, run_token
from jupyter_runs.store.sqlite import SqliteStore

NODE = Owner("node", "", 7, 10.0)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = TeamServer(tmp_path_factory.mktemp("server"))
    yield server.start()
    server.stop()


@pytest.fixture
def disk(server):
    with closing(SqliteStore(server.folder / "ws" / paths.DATABASE)) as store:
        yield store


_count = iter(range(1000))


@pytest.fixture
def tree(disk):
    """Ids of a run of a script, a child of it, and a run beside them, all new."""
    number = next(_count)
    root, child, other = f"root{number}", f"child{number}", f"other{number}"
    disk.create_runs([NewRun(root, "e", "ada", status=Status.QUEUED, job={"script": "x.py"})])
    disk.create_runs(
        [
            NewRun(child, "e", "ada", status=Status.RUNNING, parent_id=root, owner=NODE),
            NewRun(other, "e", "bob", status=Status.RUNNING, owner=Owner("elsewhere", "", 8, 10.0)),
        ]
    )
    return root, child, other


@pytest.fixture
def node(server, tree):
    """The workspace as the machine has it that works for the run `root`."""
    full = config.address(server.address)
    with closing(
        open_store(config.address(f"{server.address.partition('?')[0]}?token={run_token(full, tree[0])}"))
    ) as store:
        yield store


def call(store, called, **arguments):
    return store._server.call(called, {key: encode(value) for key, value in arguments.items()})


GOOD = {
    "claim": lambda s, r, c: s.claim(r, NODE),
    "get_run": lambda s, r, c: s.get_run(c),
    "job": lambda s, r, c: s.job(r),
    "append": lambda s, r, c: s.append(c, [Point("loss", "number", 1, None, 1.0)]),
    "update": lambda s, r, c: s.update_run(c, name="x"),
    "tags": lambda s, r, c: s.edit_tags(r, {"a": "b"}),
    "properties": lambda s, r, c: s.add_properties(r, {"a": "b"}),
    "note_error": lambda s, r, c: s.note_error(c, RunError("A", "b")),
    "transition": lambda s, r, c: s.transition(c, Status.COMPLETED),
    "end_descendants": lambda s, r, c: s.end_descendants(r, Status.FAILED, NODE),
    "request_cancel": lambda s, r, c: s.request_cancel(r, by="x", via="rest"),
    "series": lambda s, r, c: s.series(c),
    "events": lambda s, r, c: s.events(c),
    "heartbeat": lambda s, r, c: s.heartbeat(NODE),
    "stops_asked": lambda s, r, c: s.stops_asked(NODE),
    "children": lambda s, r, c: s.create_runs([NewRun(f"{c}-1", "e", "x", parent_id=c)]),
    "find": lambda s, r, c: s.find_runs(RunFilter(parent_id=r)),
    "cursor": lambda s, r, c: s.changes(s.cursor()),
    "owners": lambda s, r, c: s.unfinished_owners(),
}


@pytest.mark.parametrize("what", GOOD)
def test_a_launcher_and_its_script_can_do_what_they_need(node, tree, what):
    GOOD[what](node, *tree[:2])


ARGUMENTS = {
    "get_run": {},
    "job": {},
    "series": {},
    "events": {},
    "claim": {"owner": NODE},
    "transition": {"to": Status.FAILED},
    "end_descendants": {"to": Status.FAILED, "owner": NODE},
    "request_cancel": {"by": "x", "via": "rest"},
    "hand_over": {"owner": NODE},
    "note_error": {"error": RunError("a", "b")},
    "append": {"points": [Point("x", "number", 1, None, 1.0)]},
    "update_run": {"name": "x"},
    "edit_tags": {"set_": {"a": "b"}},
    "add_properties": {"items": {"a": "b"}},
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_call_reaches_a_run_beside_it(node, disk, tree, name):
    other = tree[2]
    before = disk.get_run(other), disk.series(other), disk.events(other)
    with pytest.raises(NotAllowed, match=tree[0]):
        call(node, name, run_id=other, **ARGUMENTS[name])
    assert (disk.get_run(other), disk.series(other), disk.events(other)) == before


#: With what a method takes where it is about no run of the tree.
ELSE = {
    "create_runs": {"runs": [NewRun("rootless", "e", "x")]},
    "heartbeat": {"owner": Owner("elsewhere", "", 8, 10.0)},
    "find_ids": {"prefix": "o"},
    "suggest": {"kind": "tag", "text": ""},
    "sections": {"where": RunFilter(), "by": "status"},
    "columns": {"where": RunFilter()},
    "aggregate": {"where": RunFilter(), "by": {"field": "name"}, "values": []},
    "experiments": {},
    "experiment": {"name": "e"},
    "binned": {"before": 1e12},
    "property_values": {"key": "a"},
    "ended_before": {"run_ids": [], "before": 1.0},
    "models": {},
    "ensure_experiment": {"name": "e2"},
    "set_archived": {"archived": True},
    "delete_run": {},
    "restore_run": {},
    "erase": {"run_ids": []},
    "sweep": {"binned_before": 1.0, "forget_before": 1.0},
    "compact": {"seconds": 0.1},
    "edit_experiment_tags": {"name": "e", "set_": {}},
    "archive_experiment": {"name": "e"},
    "reactivate_experiment": {"name": "e"},
    "delete_experiment": {"name": "e"},
    "add_model": None,
    "edit_model": {"name": "m", "version": 1},
    "delete_model": {"name": "m", "version": 1},
}
ALLOWED_ELSE = {"end_owned", "get_runs", "find_runs", "stops_asked", "cursor", "changes", "unfinished_owners"}


def test_every_method_is_tried():
    assert set(ARGUMENTS) | set(ELSE) | ALLOWED_ELSE == READS | WRITES


@pytest.mark.parametrize("name", [name for name, given in ELSE.items() if given is not None])
def test_nothing_else_of_the_store_may_be_called(node, tree, name):
    given = dict(ELSE[name])
    if "run_id" in method(name).takes:
        given["run_id"] = tree[0]
    with pytest.raises(NotAllowed):
        call(node, name, **given)


def test_lists_have_only_what_it_is_good_for(node, disk, tree):
    root, child, other = tree
    assert {run.run_id for run in node.get_runs([root, child, other])} == {root, child}
    assert {run.run_id for run in node.find_runs(RunFilter(include_children=True)).runs} == {child}
    with pytest.raises(NotAllowed):
        node.find_runs(RunFilter(parent_id=other))
    cursor = disk.cursor()
    disk.edit_tags(child, {"a": "b"})
    disk.edit_tags(other, {"a": "b"})
    assert [run.run_id for run in node.changes(cursor).runs] == [child]
    assert {state.owner for state in node.unfinished_owners()} == {NODE}
    disk.request_cancel(other, by="x", via="rest")
    assert node.stops_asked(Owner("elsewhere", "", 8, 10.0)) == []


def test_runs_of_others_are_not_ended_by_calling_their_owner_the_owner_of_a_child(node, disk, tree):
    root, child, other = tree
    victim = disk.get_run(other).owner
    node.create_runs([NewRun(f"{child}-bait", "e", "x", parent_id=child, owner=victim, status=Status.RUNNING)])
    assert node.end_owned(victim, RunError("a", "b")) == [f"{child}-bait"]
    assert disk.get_run(other).status is Status.RUNNING
    assert node.end_owned(NODE, RunError("a", "b")) == [child]
    assert disk.get_run(root).status is Status.QUEUED


def test_a_child_in_another_experiment_is_refused(node, tree):
    with pytest.raises(NotAllowed, match="another experiment"):
        node.create_runs([NewRun("lost", "secret", "x", parent_id=tree[1])])


def test_a_child_below_another_run_is_refused(node, tree):
    with pytest.raises(NotAllowed):
        node.create_runs([NewRun("stray", "e", "x", parent_id=tree[2])])


def test_journals_files_and_tokens_of_other_runs_are_refused(node, server, tree):
    root, child, other = tree
    ask, headers = node._server.ask, {"X-Offset": "0", "X-Size": "1", "X-Upload": "0" * 32}
    with pytest.raises(NotAllowed):
        ask("POST", f"runs/{other}/journal/w", data=b"", headers=headers)
    for path in (f"runs/{other}/x", f"runs/{other}/{paths.STD_LOG}", "models/m/1/x"):
        with pytest.raises(NotAllowed):
            ask("PUT", f"tree/{path}", data=b"x", headers=headers)
        with pytest.raises(JupyterRunsError):
            ask("GET", f"tree/{path}")
    with pytest.raises(NotAllowed):
        ask("POST", f"runs/{root}/token")
    with pytest.raises(NotAllowed):
        ask("DELETE", "tree/models/m/1")
    assert ask("PUT", f"tree/runs/{child}/x", data=b"x", headers=headers).json()["end"] == 1


def test_it_is_no_token_of_the_jupyter_server(server, tree):
    token = run_token(config.address(server.address), tree[0])
    headers = {"Authorization": f"token {token}"}
    for verb, path in (
        ("GET", "api/contents"),
        ("GET", "api/kernels"),
        ("POST", "api/kernels"),
        ("GET", "jupyter-runs/api/runs"),
        ("GET", f"jupyter-runs/api/runs/{tree[0]}"),
        ("POST", f"jupyter-runs/api/runs/{tree[0]}/cancel"),
        ("POST", "jupyter-runs/api/submit"),
    ):
        assert requests.request(verb, f"{server.url}{path}", headers=headers, timeout=10).status_code == 403, path
        query = requests.request(verb, f"{server.url}{path}", params={"token": token}, timeout=10)
        assert query.status_code == 403, path


def test_a_token_ends_and_says_when(server, tree, monkeypatch):
    secret = (server.folder / "ws" / "tokens.key").read_bytes() if tree else b""
    old = tokens.mint(secret, tree[0], time.time() - 5)
    with pytest.raises(TokenRefused, match="was good until"):
        open_store(config.address(f"{server.url}?token={old}"))


@pytest.mark.parametrize("change", ["run", "time", "signature", "secret"])
def test_a_token_that_was_altered_is_none(server, tree, change):
    key = tokens.secret(server.folder / "ws")
    token = tokens.mint(key if change != "secret" else b"other", tree[0], time.time() + 60)
    prefix, run_id, expires, signature = token.split(".")
    altered = {
        "run": f"{prefix}.{tree[2]}.{expires}.{signature}",
        "time": f"{prefix}.{run_id}.{int(expires) + 1000}.{signature}",
        "signature": f"{prefix}.{run_id}.{expires}.{signature[:-1]}x",
        "secret": token,
    }[change]
    with pytest.raises(TokenRefused, match="no token of a run"):
        open_store(config.address(f"{server.url}?token={altered}"))
    answer = requests.get(
        f"{server.url}jupyter-runs/api/hello", headers={"Authorization": f"token {altered}"}, timeout=10
    )
    assert answer.status_code == 401


def test_the_secret_is_for_the_user_of_the_server_alone_and_stays(tmp_path):
    key = tokens.secret(tmp_path / "ws")
    assert len(key) == 32
    assert tokens.secret(tmp_path / "ws") == key
    assert stat.S_IMODE((tmp_path / "ws" / "tokens.key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "ws").iterdir()] == ["tokens.key"]


def test_a_token_of_one_workspace_is_none_in_another(server, tree, tmp_path, monkeypatch):
    other = WorkspaceConfig(tmp_path / "second", "second")
    SqliteStore(other.database).close()
    with monkeypatch.context() as patch:
        patch.setenv("JUPYTER_RUNS_HOME", str(server.folder / "home"))
        config.remember(other)
    token = run_token(config.address(server.address), tree[0])
    with pytest.raises(TokenRefused):
        open_store(config.address(f"{server.url}?token={token}&workspace={other.key}"))


def test_a_run_id_with_dots_has_a_token_too(tmp_path):
    key = tokens.secret(tmp_path)
    assert tokens.check(key, tokens.mint(key, "a.b-c_1.2", time.time() + 60)) == "a.b-c_1.2"


def test_what_a_run_refuses_is_refused_with_its_token_too(node, disk, tree):
    disk.transition(tree[1], Status.FAILED)
    with pytest.raises(RunStateError):
        node.transition(tree[1], Status.COMPLETED)
    with pytest.raises((StoreError, JupyterRunsError)):
        node.get_run("nobody")
