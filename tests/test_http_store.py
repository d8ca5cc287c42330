"""A workspace on another Jupyter server: through the public API, in processes that die, over servers and networks that go away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from contextlib import closing
from pathlib import Path

import pytest
from teamserver import TOKEN, TeamServer, until

from jupyter_runs import config, paths
from jupyter_runs.errors import (
    IllegalTransition,
    InvalidName,
    RunCanceled,
    RunEnded,
    RunNotFound,
    StoreAway,
    StoreError,
)
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import ModelRecord, NewRun, Owner, Point, Status
from jupyter_runs.store import http, http_server
from jupyter_runs.store.http_server import Server
from jupyter_runs.store.opening import open_store
from jupyter_runs.store.sqlite import SqliteStore
from jupyter_runs.workspace import Workspace

ME = Owner("elsewhere", "", 4242, 1000.5)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    server = TeamServer(tmp_path_factory.mktemp("shared"), base_url="/user/ada/")
    yield server.start()
    server.stop()


@pytest.fixture
def remote(shared, monkeypatch):
    """The workspace of `shared`, from the outside."""
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", shared.url)
    monkeypatch.setenv("JUPYTER_RUNS_TOKEN", TOKEN)
    workspace = Workspace()
    yield workspace
    for session in list(workspace.sessions.values()):
        session.at_exit()
    workspace.store.close()


@pytest.fixture
def hasty(monkeypatch):
    """Nobody waits long for a server that is away."""
    monkeypatch.setattr(http, "GRACE_S", 0.3)
    monkeypatch.setattr(http, "RETRY_S", 0.6)
    monkeypatch.setattr(http_server, "RETRY_S", 0.6)


def journals():
    return sorted(paths.journals("x").parent.rglob("*.jsonl"))


def on_disk(server):
    """The store of the server, as its own process has it."""
    return SqliteStore(server.folder / "ws" / paths.DATABASE)


def values(store, run_id, name="loss"):
    (series,) = store.series(run_id, name)[1]
    return [value for _, _, value in series.points]


def opened(server, run_id="far", experiment="e"):
    store = open_store(config.address(server.address))
    store.create_runs([NewRun(run_id, experiment, "me", status=Status.RUNNING, owner=ME)])
    return store


def log_until_warned(store, run_id, count=1):
    """Log 1, 2, 3, … at least so many, until it is said that the server is away; how many that are."""
    done = 0

    def log_on():
        nonlocal done
        done += 1
        store.append(run_id, [Point("loss", "number", done, None, 1.0)])
        return store._has_warned

    with pytest.warns(UserWarning, match=r"is away.*jupyter runs sync"):
        until(log_on)
    while done < count:
        log_on()
    return done


def client(code, server, **environment):
    """A process that works with the workspace of `server`."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"JUPYTER_RUNS_WORKSPACE": server.url, "JUPYTER_RUNS_TOKEN": TOKEN} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# -- the public API ----------------------------------------------------------------------------------------------------


def test_a_run_by_with_is_logged_tagged_found_and_completed(remote, shared):
    with Experiment(remote, "digits").start_logging(display_name="far away", snapshot_directory=None) as run:
        run.log("loss", 0.5)
        run.log_list("acc", [1, 2])
        run.tag("quality", "good")
        run.add_properties({"author": "ada"})
        child = run.child_run("part")
        child.log("x", 1)
        child.complete()
        assert run.status == "Running"
    assert run.get_metrics() == {"loss": 0.5, "acc": [1, 2]}
    assert [found.id for found in remote.search("tag:quality=good exp:digits")] == [run.id]
    assert [one.id for one in run.get_children()] == [child.id]
    assert remote.find_run("last").id == run.id
    with closing(on_disk(shared)) as store:
        record = store.get_run(run.id)
    assert (record.status, record.name, record.tags) == (Status.COMPLETED, "far away", {"quality": "good"})
    assert journals() == []


def test_a_body_that_raises_fails_its_run_with_the_reason(remote):
    run = Experiment(remote, "digits").start_logging(snapshot_directory=None)
    with pytest.raises(ZeroDivisionError), run:
        run.log("loss", 1 / 0)
    assert run.status == "Failed"
    assert run.get_details()["error"]["error"]["code"] == "ZeroDivisionError"


def test_a_cancel_by_another_one_unwinds_the_body_within_seconds(remote, shared):
    run = Experiment(remote, "digits").start_logging(snapshot_directory=None)
    with closing(open_store(config.address(shared.address))) as other:
        asked = []

        def ask():
            other.request_cancel(run.id, by="bob", via="rest")
            asked.append(time.monotonic())

        asker = threading.Timer(0.5, ask)
        asker.start()
        with pytest.raises(RunCanceled), run:
            time.sleep(30)
        asker.join()
        assert time.monotonic() - asked[0] < 20
    assert run.status == "Canceled"


def test_listeners_hear_of_runs_of_others(remote, shared):
    heard = []
    subscription = remote.feed.subscribe(lambda runs: heard.extend(run.run_id for run in runs))
    with closing(open_store(config.address(shared.address))) as other:
        other.create_runs([NewRun("heard-of", "e", "bob")])
        until(lambda: "heard-of" in heard)
    subscription.close()


# -- addresses and refusals --------------------------------------------------------------------------------------------


def test_an_address_copied_from_the_browser_is_that_of_its_server(shared):
    given = config.address(f"{shared.url}lab/tree/a.ipynb?token={TOKEN}#here")
    assert given.key == config.address(shared.url.rstrip("/")).key
    assert TOKEN not in given.shown
    with closing(open_store(given)) as store:
        assert store.find_runs


@pytest.mark.parametrize("token", ["wrong", None])
def test_a_token_that_is_not_taken_is_one_line_with_the_remedy(shared, token):
    query = "" if token is None else f"?token={token}"
    with pytest.raises(StoreError, match="JUPYTER_RUNS_TOKEN") as error:
        open_store(config.address(f"{shared.url}{query}"))
    assert "\n" not in str(error.value)
    assert "wrong" not in str(error.value)


def test_a_server_without_the_extension_is_told_how_to_get_it(shared):
    elsewhere = f"http://{shared.host}:{shared.port}/nowhere/?token={TOKEN}"
    with pytest.raises(StoreError, match="pip install -U jupyter_runs"):
        open_store(config.address(elsewhere))


def test_a_workspace_that_the_server_does_not_know_is_refused(shared):
    with pytest.raises(StoreError, match="No workspace 'abcdef'"):
        open_store(config.address(f"{shared.address}&workspace=abcdef"))


def test_nobody_there_is_named_without_the_token(hasty):
    with pytest.raises(StoreAway, match=r"127\.0\.0\.1:1/.*jupyter runs sync") as error:
        open_store(config.address("http://127.0.0.1:1/?token=geheim"))
    assert "geheim" not in str(error.value)


def test_a_client_of_another_protocol_is_refused_and_changes_nothing(shared, monkeypatch):
    monkeypatch.setattr("jupyter_runs.store.http_server.PROTOCOL", "999")
    with pytest.raises(StoreError, match="version 999"):
        open_store(config.address(shared.address))


# -- journals ----------------------------------------------------------------------------------------------------------


def test_what_only_the_server_knows_of_a_value_comes_back_to_the_caller(shared):
    with closing(opened(shared, "kinds")) as mine, closing(open_store(config.address(shared.address))) as other:
        mine.append("kinds", [Point("loss", "number", 1, None, 1.0)])
        with pytest.raises(InvalidName, match="holds number values"):
            other.append("kinds", [Point("loss", "row", {"a": 1}, None, 1.0)])
        mine.append("kinds", [Point("loss", "number", 2, None, 1.0)])
        other.transition("kinds", Status.COMPLETED)

        def log_on():
            mine.append("kinds", [Point("loss", "number", 3, None, 1.0)])

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(RunEnded):
                until(log_on)
        assert values(other, "kinds") == [1, 2]


def test_values_that_are_refused_later_are_kept_and_told_once(shared):
    with closing(opened(shared, "late")) as mine, closing(on_disk(shared)) as other:
        mine.append("late", [Point("loss", "number", 1, None, 1.0)])
        other.transition("late", Status.COMPLETED)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            journal = mine._shipper.of("late")
            until(
                lambda: (
                    mine._shipper.write("late", "append", {"points": [["loss", "number", 2, None, 1.0]]})
                    and journal.refused
                )
            )
            assert mine._shipper.flush(20)
            mine.cursor()
            assert mine.get_run("late").status is Status.COMPLETED
        text = [str(one.message) for one in told if "was not taken" in str(one.message)]
        assert len(text) == 1
        (kept,) = paths.journals("x").parent.rglob("*.refused")
        assert str(kept) in text[0]
        assert b'"loss","number",2' in kept.read_bytes()


def test_a_replay_from_the_beginning_doubles_nothing_and_a_gap_is_told_the_right_offset(shared):
    with closing(opened(shared, "again")) as store:
        server = store._server
        lines = [
            json.dumps(["append", 5.0, {"points": [["loss", "number", i, None, 1.0]]}]).encode() + b"\n"
            for i in range(3)
        ]
        whole = b"".join(lines)

        def post(offset, data):
            return server.ask("POST", "runs/again/journal/w-1", data=data, headers={"X-Offset": str(offset)}).json()

        assert post(0, whole[:-5])["end"] == len(whole) - len(lines[-1])
        for _ in range(2):
            assert post(0, whole)["end"] == len(whole)
        with pytest.raises(StoreError, match=str(len(whole))) as gap:
            post(len(whole) + 10, lines[0])
        assert gap.value.end == len(whole)
        assert values(store, "again") == [0, 1, 2]


@pytest.mark.slow
def test_a_server_that_is_killed_three_times_while_200_000_values_are_shipped_loses_none_and_doubles_none(mortal):
    writer = client(
        """
        import time
        from jupyter_runs import Experiment, Workspace
        from jupyter_runs.store import http
        http.GRACE_S = 60
        run = Experiment(Workspace(), "e").start_logging(snapshot_directory=None)
        print(run.id, flush=True)
        slowest = 0
        for i in range(200_000):
            began = time.monotonic()
            run.log("loss", i)
            slowest = max(slowest, time.monotonic() - began)
        run.complete()
        print("ended", slowest, flush=True)
        """,
        mortal,
    )
    run_id = writer.stdout.readline().strip()
    with closing(on_disk(mortal)) as store:
        for part in (20_000, 60_000, 110_000):
            until(
                lambda part=part: (
                    store.get_run(run_id).metrics.get("loss", None)
                    and store.get_run(run_id).metrics["loss"].count > part
                )
            )
            mortal.kill()
            mortal.start()
        out, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
        assert "ended" in out
        assert journals() == []
        assert store.get_run(run_id).status is Status.COMPLETED
        assert values(store, run_id) == list(range(200_000))


def test_kill_9_of_the_writer_loses_nothing_that_was_logged(mortal):
    writer = client(
        """
        import time
        from jupyter_runs import Experiment, Workspace
        run = Experiment(Workspace(), "e").start_logging(snapshot_directory=None)
        print(run.id, flush=True)
        i = 0
        while True:
            run.log("loss", i)
            i += 1
            print(i, flush=True)
        """,
        mortal,
    )
    run_id = writer.stdout.readline().strip()
    said = [writer.stdout.readline() for _ in range(3000)]
    mortal.kill()  # nothing more gets there before the writer dies
    writer.send_signal(signal.SIGKILL)
    said += writer.communicate()[0].splitlines()
    mortal.start()
    count = int([line for line in said if line.strip()][-1])
    assert journals()
    with closing(open_store(config.address(mortal.address))) as store:
        until(lambda: not journals())
        found = values(store, run_id)
    assert found == list(range(len(found)))
    assert len(found) >= count


def test_a_run_whose_server_is_away_until_after_its_end_is_shipped_by_the_next_process(mortal):
    writer = client(
        """
        import sys, time
        from jupyter_runs import Experiment, Workspace
        from jupyter_runs.store import http
        http.GRACE_S = 0.5
        run = Experiment(Workspace(), "e").start_logging(snapshot_directory=None)
        run.log("loss", 0)
        print(run.id, flush=True)
        sys.stdin.readline()
        for i in range(1, 3000):
            run.log("loss", i)
        began = time.monotonic()
        run.complete()
        print(time.monotonic() - began, run.status, time.time())
        """,
        mortal,
    )
    run_id = writer.stdout.readline().strip()
    mortal.kill()
    out, err = writer.communicate("go\n", timeout=60)
    took, status, ended_at = out.split()
    assert (writer.returncode, status) == (0, "Completed"), err
    assert float(took) < 20
    assert err.count("is away") == 1
    assert len(journals()) == 1
    # The server finds the process dead before it hears what that had to say.
    mortal.start()
    with closing(on_disk(mortal)) as there:
        until(lambda: there.get_run(run_id).status is Status.FAILED)
    with closing(open_store(config.address(mortal.address))) as store:
        until(lambda: not journals())
        record = store.get_run(run_id)
        assert values(store, run_id) == list(range(3000))
    assert (record.status, record.error) == (Status.COMPLETED, None)
    assert abs(record.ended_at - float(ended_at)) < 5


def test_the_answers_of_an_outage_are_what_this_process_knows(mortal, hasty):
    with closing(opened(mortal)) as store:
        store.append("far", [Point("loss", "number", 0, None, 1.0)])
        mortal.kill()
        log_until_warned(store, "far")
        assert store.transition("far", Status.COMPLETED).status is Status.COMPLETED
        assert store.end_descendants("far", Status.COMPLETED, ME) == []
        assert store.get_run("far").status is Status.COMPLETED
        with pytest.raises(RunEnded):
            store.append("far", [Point("loss", "number", 1, None, 1.0)])
        with pytest.raises(StoreAway):
            store.series("far")
        mortal.start()
        until(lambda: not store._shipper.pending)
        assert store.get_run("far").status is Status.COMPLETED


def test_tags_and_progress_of_an_outage_come_in_their_order(mortal, hasty):
    with closing(opened(mortal)) as store:
        store.edit_tags("far", {"a": "1"})
        mortal.kill()
        with pytest.warns(UserWarning, match="is away"):
            assert store.edit_tags("far", {"a": "2", "b": None}).tags == {"a": "2", "b": None}
        assert store.edit_tags("far", {}, ["b"]).tags == {"a": "2"}
        store.add_properties("far", {"p": "1"})
        store.append("far", [Point("loss", "number", 1, None, 1.0)])
        mortal.start()
        until(lambda: not store._shipper.pending)
        record = store.get_run("far")
    assert (record.tags, record.properties, record.metrics["loss"].count) == ({"a": "2"}, {"p": "1"}, 1)


def test_a_run_of_others_is_not_written_behind_an_outage(mortal, hasty):
    with closing(on_disk(mortal)) as there:
        there.create_runs([NewRun("theirs", "e", "bob")])
    with closing(open_store(config.address(mortal.address))) as store:
        assert store.get_run("theirs").name
        mortal.kill()
        with pytest.raises(StoreAway):
            store.request_cancel("theirs", by="me", via="cli")
        with pytest.raises(StoreAway):
            store.edit_tags("theirs", {"a": "b"})
    assert journals() == []


def test_a_run_that_was_erased_meanwhile_leaves_what_it_had_to_say_on_this_machine(mortal, hasty):
    with closing(opened(mortal)) as store, closing(on_disk(mortal)) as there:
        store.append("far", [Point("loss", "number", 0, None, 1.0)])
        mortal.kill()
        log_until_warned(store, "far")
        there.transition("far", Status.FAILED)
        there.delete_run("far")
        there.erase(["far"])
        mortal.start()
        until(lambda: not store._shipper.pending)
        with pytest.warns(UserWarning, match="No run 'far'"), pytest.raises(RunNotFound):
            store.get_run("far")
    (kept,) = paths.journals("x").parent.rglob("*.refused")
    assert b'"loss","number",1' in kept.read_bytes()


def test_a_forked_child_writes_a_journal_of_its_own(shared):
    with closing(opened(shared, "forked")) as store:
        store.append("forked", [Point("loss", "number", 0, None, 1.0)])
        pid = os.fork()
        if pid == 0:
            try:
                for i in range(1, 100):
                    store.append("forked", [Point("child", "number", i, None, 1.0)])
                store.settle()
            finally:
                os._exit(0)
        for i in range(1, 100):
            store.append("forked", [Point("loss", "number", i, None, 1.0)])
        os.waitpid(pid, 0)
        assert values(store, "forked") == list(range(100))
        assert values(store, "forked", "child") == list(range(1, 100))


def test_a_disk_that_is_full_says_so_and_keeps_no_half_line(shared):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with closing(opened(shared, "full")) as store:
        journal = store._shipper.of("full")
        journal._fd = os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(StoreError, match="Free some space"):
            store.append("full", [Point("loss", "number", 0, None, 1.0)])
        assert journal.end == 0


def test_the_clock_of_the_server_is_known(shared):
    server = Server(config.address(shared.address).url)
    server.ask("GET", "hello")
    assert abs(server.ahead_s) < 5


def test_a_journal_that_is_gone_takes_no_line_with_it(shared):
    with closing(opened(shared, "gone")) as store:
        store.append("gone", [Point("loss", "number", 0, None, 1.0)])
        assert store._shipper.flush(20)
        (file,) = journals()
        file.unlink()  # by a process that took this one for dead
        store.append("gone", [Point("loss", "number", 1, None, 1.0)])
        journal = store._shipper.of("gone")
        assert store._shipper.flush(20)
        assert journal.remove()  # as at the end of the run, while another thread goes on
        store.append("gone", [Point("loss", "number", 2, None, 1.0)])
        assert values(store, "gone") == [0, 1, 2]


def test_journals_of_another_machine_that_shares_the_folder_are_left_to_it_for_a_day(shared):
    with closing(opened(shared, "shared-home")) as store:
        file = paths.journals(config.address(shared.address).key) / "shared-home.0000beef-999999999-abc.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('["append",5.0,{"points":[["loss","number",1,null,1.0]]}]\n', "utf-8")
        assert store._shipper.adopt() == 0
        os.utime(file, (time.time() - 90_000,) * 2)
        assert store._shipper.adopt() == 1
        until(lambda: not file.exists())
        assert values(store, "shared-home") == [1]


def test_a_token_that_ends_in_the_middle_of_a_run_is_told_and_loses_nothing(shared, tmp_path, monkeypatch, hasty):
    from jupyter_runs import tokens
    from jupyter_runs.store.opening import open_store as open_at

    with closing(opened(shared, "expiring")):
        pass
    key = tokens.secret(shared.folder / "ws")
    short = tokens.mint(key, "expiring", time.time() + 2)
    store = open_at(config.address(f"{shared.url}?token={short}"))
    store.append("expiring", [Point("loss", "number", 0, None, 1.0)])
    time.sleep(3.2)
    store.append("expiring", [Point("loss", "number", 1, None, 1.0)])
    with pytest.warns(UserWarning, match="was good until"):
        store.close()
    (left,) = journals()
    assert b'"number",1' in left.read_bytes()
    left.unlink()


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_what_must_not_be_done_twice_is_done_once_when_a_request_or_an_answer_is_lost(shared, monkeypatch, lost):
    with closing(open_store(config.address(shared.address))) as store:
        call, cut = Server.call, set()

        def unreliable(self, name, arguments, **how):
            if name in {"create_runs", "claim", "add_model"} and name not in cut:
                cut.add(name)
                if lost == "answer":
                    call(self, name, arguments, **how)
                raise StoreAway
            return call(self, name, arguments, **how)

        monkeypatch.setattr(Server, "call", unreliable)
        run_id = f"once-{lost}"
        (made,) = store.create_runs([NewRun(run_id, run_id, "me", status=Status.QUEUED)])
        assert made.number == 1
        assert store.claim(run_id, ME).owner == ME
        model = ModelRecord(run_id, 1, None, 1.0, "me", None, None, None, f"models/{run_id}/1/x", {}, {})
        assert store.add_model(model)
        assert store.models(run_id) == [model]
        assert len(cut) == 3
        with pytest.raises(InvalidName, match="exists already"):
            store.create_runs([NewRun(run_id, run_id, "me")])
        with pytest.raises(IllegalTransition):
            store.claim(run_id, ME)
