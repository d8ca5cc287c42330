"""`jupyter runs serve`, `token` and `sync`: a server for a team, by its command line, and what it does not do."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import requests
import trustme

sys.path.insert(0, str(Path(__file__).parents[1]))
from ports import free_port

from jupyter_runs import config, paths
from jupyter_runs.errors import NotAllowed, StoreAway, StoreError
from jupyter_runs.model import NewRun, Point, Status
from jupyter_runs.store.http_journal import _machine
from jupyter_runs.store.opening import open_store
from jupyter_runs.store.sqlite import SqliteStore


class Served:
    """`jupyter runs serve` in a process of its own."""

    def __init__(self, folder, *arguments, **environment):
        self.folder, self.port = folder, free_port()
        self.process = subprocess.Popen(
            [
                "jruns",
                "serve",
                "-w",
                str(folder),
                "--port",
                str(self.port),
                *arguments,
            ],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.hello = [self.process.stdout.readline().strip()]
        while self.hello[-1].startswith(("Serving", "JUPYTER_RUNS_WORKSPACE")) and len(self.hello) < (
            2 if "--token-env" in arguments else 3
        ):
            self.hello.append(self.process.stdout.readline().strip())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def token(self):
        return self.hello[-1].partition("JUPYTER_RUNS_TOKEN=")[2]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.fixture
def served(tmp_path):
    SqliteStore(tmp_path / "team" / paths.DATABASE).close()
    one = Served(tmp_path / "team")
    yield one
    one.close()


def cli(*arguments, **environment):
    return subprocess.run(
        ["jruns", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_it_prints_is_all_that_another_machine_needs(served, tmp_path):
    lines = dict(line.split("=", 1) for line in served.hello[1:])
    listed = cli("list", "-o", "json", **lines)
    assert (listed.returncode, json.loads(listed.stdout)) == (0, [])
    with closing(open_store(config.address(f"{served.url}?token={served.token}"))) as store:
        store.create_runs([NewRun("theirs", "e", "ada", status=Status.RUNNING)])
        store.append("theirs", [Point("loss", "number", 1, None, 1.0)])
    with closing(SqliteStore(tmp_path / "team" / paths.DATABASE)) as there:
        assert there.get_run("theirs").metrics["loss"].last == 1
    code, _, err = served.close()
    assert (code, err) == (0, "")


def test_it_runs_no_code_and_shows_no_other_workspace(served, tmp_path):
    headers = {"Authorization": f"token {served.token}"}
    for path in ("api/kernels", "api/contents", "api/terminals", "api/sessions", "files/x"):
        assert requests.get(f"{served.url}{path}", headers=headers, timeout=10).status_code == 404, path
    other = SqliteStore(tmp_path / "other" / paths.DATABASE)
    config.remember(config.WorkspaceConfig(tmp_path / "other", "other"))
    other.close()
    status = requests.get(f"{served.url}jupyter-runs/api/status", headers=headers, timeout=10).json()
    assert [one["path"] for one in status["workspaces"]] == [str(tmp_path / "team")]
    with pytest.raises(StoreError, match="No workspace"):
        open_store(
            config.address(f"{served.url}?token={served.token}&workspace={paths.workspace_key(tmp_path / 'other')}")
        )
    submit = {"source_directory": ".", "script": "x.py", "experiment": "e"}
    refused = requests.post(f"{served.url}jupyter-runs/api/submit", json=submit, headers=headers, timeout=10)
    assert (refused.status_code, refused.json()["reason"]) == (403, "NotAllowed")
    page = requests.get(f"{served.url}jupyter-runs", headers=headers, timeout=10)
    assert page.status_code == 200
    assert requests.get(f"{served.url}jupyter-runs", timeout=10, allow_redirects=False).status_code in {302, 403}


def test_the_token_may_come_from_the_environment_and_is_not_shown_then(tmp_path):
    one = Served(tmp_path / "team", "--token-env", "MINE", MINE="geheim-geheim")
    try:
        assert "geheim" not in "".join(one.hello)
        with closing(open_store(config.address(f"{one.url}?token=geheim-geheim"))) as store:
            assert store.experiments() == []
    finally:
        one.close()
    missing = cli("serve", "--token-env", "NOWHERE")
    assert missing.returncode == 2
    assert "NOWHERE" in missing.stderr


def test_it_speaks_https_to_whoever_trusts_its_certificate(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    one = Served(tmp_path / "team", "--certfile", str(tmp_path / "server.pem"))
    try:
        place = one.hello[1].partition("=")[2]
        assert place == f"https://127.0.0.1:{one.port}/"
        address = config.address(f"{place}?token={one.token}")
        with pytest.raises(StoreError, match=r"is not trusted here .*REQUESTS_CA_BUNDLE") as refused:
            open_store(address)
        assert not isinstance(refused.value, StoreAway)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        with closing(open_store(address)) as store:
            store.create_runs([NewRun("theirs", "e", "ada", status=Status.RUNNING)])
            store.append("theirs", [Point("loss", "number", 1, None, 1.0)])
        listed = cli("list", "-w", place, "-o", "json", "--query", "[].run_id", JUPYTER_RUNS_TOKEN=one.token)
        assert json.loads(listed.stdout) == ["theirs"]
    finally:
        one.close()
    with closing(SqliteStore(tmp_path / "team" / paths.DATABASE)) as there:
        assert there.get_run("theirs").metrics["loss"].last == 1


def test_a_certificate_that_is_none_is_an_error_before_anything_starts(tmp_path):
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    (tmp_path / "key.pem").write_text("no key")
    pair = ("--certfile", str(tmp_path / "cert.pem"), "--keyfile", str(tmp_path / "key.pem"))
    wrong = cli("serve", "-w", str(tmp_path / "team"), *pair)
    assert wrong.returncode == 1
    assert "cannot be used for HTTPS" in wrong.stderr
    alone = cli("serve", "-w", str(tmp_path / "team"), *pair[2:])
    assert alone.returncode == 2
    assert "add --certfile" in alone.stderr


def test_a_port_that_is_taken_is_an_error(served):
    again = cli("serve", "-w", str(served.folder), "--port", str(served.port))
    assert again.returncode == 1
    assert "could not be started" in again.stderr


def test_a_token_for_a_run_is_made_where_the_workspace_is_and_from_afar(served, tmp_path):
    address = f"{served.url}?token={served.token}"
    with closing(open_store(config.address(address))) as store:
        store.create_runs([NewRun("mine", "e", "ada", status=Status.RUNNING), NewRun("other", "e", "ada")])
    for where in (str(tmp_path / "team"), address):
        made = cli("token", "mine", "-w", where, "-o", "json", "--query", "token")
        assert made.returncode == 0, made.stderr
        token = json.loads(made.stdout)
        assert re.fullmatch(r"jrun\.mine\.\d+\.[0-9a-f]{64}", token)
        with closing(open_store(config.address(f"{served.url}?token={token}"))) as store:
            store.append("mine", [Point("loss", "number", 1, None, 1.0)])
            with pytest.raises(NotAllowed, match="mine"):
                store.get_run("other")


def test_sync_sends_what_was_left_and_says_what_still_waits(served, tmp_path):
    address = f"{served.url}?token={served.token}"
    with closing(open_store(config.address(address))) as store:
        store.create_runs([NewRun("left", "e", "ada", status=Status.RUNNING)])
    key = config.address(address).key
    journal = paths.journals(key) / f"left.{_machine()}-999999999-abc.jsonl"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text('["append",5.0,{"points":[["loss","number",1,null,1.0]]}]\n', "utf-8")
    away = cli("sync", "-w", address.replace(str(served.port), "1"))
    assert (away.returncode, away.stderr.strip()) == (0, "Nothing waits.")
    done = cli("sync", "-w", address)
    assert done.returncode == 0, done.stderr
    assert "Sent 1 files" in done.stderr
    assert not journal.exists()
    with closing(open_store(config.address(address))) as store:
        assert store.get_run("left").metrics["loss"].count == 1
    served.close()
    journal.write_text('["append",5.0,{"points":[["loss","number",2,null,1.0]]}]\n', "utf-8")
    stuck = cli("sync", "-w", address, "--timeout", "0.2")
    assert stuck.returncode == 1
    assert "1 wait for" in stuck.stderr
    assert served.token not in stuck.stderr
