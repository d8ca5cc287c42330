"""What the store on PostgreSQL promises beyond the contract: many writers at once, servers and connections that die, poolers, refusals."""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import stores
from kernel import until
from ports import free_port
from postgres_server import Server, server

from jupyter_runs.errors import InvalidQuery, JournalGap, RunEnded, StoreBusy, StoreError, StoreReadOnly, StoreVersion
from jupyter_runs.model import NewRun, Owner, Point, Status
from jupyter_runs.store.base import JournalLine, RunFilter

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.fixture
def url():
    return server().new()


@pytest.fixture
def store(url):
    with closing(stores.opened(url)) as opened:
        yield opened


@pytest.fixture
def own_server():
    """A server that may be killed."""
    server()  # or skip
    own = Server()
    yield own
    own.stop()


def process(code, *args):
    command = [sys.executable, "-W", "error", "-c", stores.PRELUDE + textwrap.dedent(code), *map(str, args)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended_well(processes):
    for one in processes:
        _, errors = one.communicate(timeout=100)
        assert (one.returncode, errors) == (0, "")


def running(store, run_id="a", **fields):
    return store.create_runs([NewRun(run_id, "e", "me", status=Status.RUNNING, **fields)])[0].run_id


def log(store, run_id, value, name="x"):
    store.append(run_id, [Point(name, "number", value, None, 1.0)])


def values(store, run_id, name="x"):
    return [value for *_, value in store.series(run_id, name)[1][0].points]


def admin(sql, *params, url=None):
    """Done by somebody else."""
    import psycopg

    with psycopg.connect(url or server().url, autocommit=True) as conn:
        cursor = conn.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else None


# -- the feed ----------------------------------------------------------------------------------------------------------

WRITER = """
store, me = opened(sys.argv[1]), sys.argv[2]
store.create_runs([NewRun(me, "w", "me", status=Status.RUNNING)])
for i in range(150):
    if i % 3 == 0:
        store.append(me, [Point("x", "number", i, None, 0.0)])
    elif i % 3 == 1:
        store.update_run(me, log_bytes=i)
    else:
        store.create_runs([NewRun(f"{me}-{i}", "w", "me")])
        store.append(f"{me}-{i}", [Point("y", "number", i, None, 0.0)])
store.transition(me, Status.COMPLETED)
store.close()
"""


def test_a_reader_misses_nothing_of_eight_processes_while_a_long_transaction_is_open_elsewhere(store, url):
    import psycopg

    with psycopg.connect(server().url) as elsewhere:
        elsewhere.execute("CREATE TEMP TABLE long AS SELECT pg_current_xact_id()")
        cursor, latest = store.cursor(), {}
        writers = [process(WRITER, url, f"w{n}") for n in range(8)]
        more = at_end = False
        while more or not at_end:
            at_end = all(writer.poll() is not None for writer in writers)
            answer = store.changes(cursor, limit=random.choice([1, 2, 7, 500]))
            assert answer.runs or not answer.more
            cursor, more = answer.cursor, answer.more
            latest.update({run.run_id: run for run in answer.runs})
        ended_well(writers)
    assert latest == {run.run_id: run for run in store.find_runs(RunFilter(), limit=1000).runs}
    assert len(latest) == 8 * 51
    assert store.changes(cursor).runs == []


def test_an_answer_in_parts_tells_what_commits_late_between_them(store, url):
    for i in range(6):
        running(store, f"r{i}")
    with closing(stores.opened(url)) as late:
        cursor = store.cursor()
        with late._db.write(alone=False) as tx:
            tx.execute("UPDATE run SET name = 'late' WHERE run_id = 'r0'")
            for i in range(1, 6):
                store.update_run(f"r{i}", name="early")
            first = store.changes(cursor, limit=2)
            assert [run.run_id for run in first.runs] == ["r1", "r2"]
        told = list(first.runs)
        answer = first
        while answer.more:
            answer = store.changes(answer.cursor, limit=2)
            told += answer.runs
    assert sorted((run.run_id, run.name) for run in told) == [
        ("r0", "late"),
        *((f"r{i}", "early") for i in range(1, 6)),
    ]
    assert store.changes(answer.cursor).runs == []


def test_a_cursor_of_another_server_tells_everything(store):
    running(store)
    assert [run.run_id for run in store.changes(f"{2**40}:").runs] == ["a"]
    with pytest.raises(InvalidQuery, match="Unknown cursor"):
        store.changes("5:x")


def test_the_cursor_stays_while_only_others_write(store):
    running(store)
    cursor = store.cursor()
    admin("SELECT pg_current_xact_id()")
    store.heartbeat(store.get_run("a").owner or Owner("here", "", 1, 1.0))
    assert store.cursor() == cursor
    log(store, "a", 1)
    assert store.cursor() != cursor
    assert [run.run_id for run in store.changes(cursor).runs] == ["a"]


def test_revisions_of_a_run_only_rise_whoever_commits_first(store, url):
    running(store)
    seen = [store.get_run("a").rev]
    with closing(stores.opened(url)) as other, other._db.write(alone=False) as tx:
        early = tx.send("SELECT nextval('rev')").fetchone()[0]
        store.update_run("a", name="b")
        seen.append(store.get_run("a").rev)
        tx.execute("UPDATE run SET rev = ?, name = 'c' WHERE run_id = 'a'", (early,))
    seen.append(store.get_run("a").rev)
    assert seen == sorted(set(seen))


# -- values --------------------------------------------------------------------------------------------------------------


def test_no_value_is_logged_to_a_run_that_has_ended(store, url):
    writers = [
        process(
            """
            from jupyter_runs.errors import RunEnded
            store = opened(sys.argv[1])
            print("ready", flush=True)
            try:
                while True:
                    store.append("a", [Point(sys.argv[2], "number", 1, None, 0.0)])
            except RunEnded:
                store.close()
            """,
            url,
            f"x{n}",
        )
        for n in range(3)
    ]
    running(store)
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    until(lambda: sum(metric.count for metric in store.get_run("a").metrics.values()) > 50)
    store.transition("a", Status.COMPLETED)
    at_end = store.get_run("a").metrics
    ended_well(writers)
    assert store.get_run("a").metrics == at_end
    assert {metric.name: len(metric.points) for metric in store.series("a")[1]} == {
        n: m.count for n, m in at_end.items()
    }
    with pytest.raises(RunEnded):
        log(store, "a", 1)


def test_a_value_need_not_wait_for_those_who_change_many_runs(store, url):
    running(store)
    with closing(stores.opened(url)) as other, other._db.write() as tx:
        tx.execute("SELECT 1")
        log(store, "a", 1)
        store.update_run("a", log_bytes=5)
    assert values(store, "a") == [1]


def test_who_waits_too_long_for_a_lock_is_told_so_in_one_line(store, url, monkeypatch):
    running(store)
    monkeypatch.setattr(store._db, "_begin_write", store._db._begin_write.replace("'30s'", "'50ms'"))
    with closing(stores.opened(url)) as other, other._db.write() as tx:
        tx.execute("SELECT 1")
        with pytest.raises(StoreBusy, match=r"pg_stat_activity") as error:
            store.transition("a", Status.COMPLETED)
    assert "\n" not in str(error.value)
    assert store.get_run("a").status is Status.RUNNING


# -- others are heard of ---------------------------------------------------------------------------------------------------


def test_a_client_hears_of_another_one_without_polling(store, url, monkeypatch):
    monkeypatch.setattr("jupyter_runs.store.postgres_listen._SAFETY_S", 600.0)
    store.version()
    until(lambda: store._db.heard.listens)
    running(store)
    with closing(stores.opened(url)) as other:
        for i in range(5):
            before = store.version()
            log(other, "a", i)
            until(lambda before=before: store.version() != before)
    before = store.version()
    log(store, "a", 9)
    assert store.version() == before


def test_the_listener_comes_back_when_its_connection_was_cut(store, url):
    store.version()
    until(lambda: store._db.heard.listens)
    before = store.version()
    admin(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query LIKE 'SELECT CAST(pg_current_snap%'"
    )
    until(lambda: store.version() != before)
    until(lambda: store._db.heard.listens)
    running(store)
    with closing(stores.opened(url)) as other:
        before = store.version()
        log(other, "a", 1)
        until(lambda: store.version() != before)


@pytest.fixture
def pooled(tmp_path):
    """The address of a store behind pgbouncer in transaction mode."""
    if PGBOUNCER is None:
        pytest.skip("needs pgbouncer")
    direct, port = server(), free_port()
    folder = direct.folder / f"pooler{port}"
    folder.mkdir()
    (folder / "users").write_text(f'"{direct.user}" "{direct.password}"\n')
    (folder / "ini").write_text(
        f"[databases]\npostgres = host=127.0.0.1 port={direct.port} dbname=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = plain\nauth_file = {folder}/users\n"
        "pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\nunix_socket_dir =\n"
    )
    pooler = subprocess.Popen(
        [PGBOUNCER, folder / "ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **direct.as_user
    )
    try:
        until(lambda: _answers(port))
        yield direct.new().replace(f":{direct.port}/", f":{port}/")
    finally:
        pooler.terminate()
        pooler.wait()


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_pooler_in_transaction_mode_loses_nothing_and_others_are_heard_of(pooled):
    with closing(stores.opened(pooled)) as store:
        cursor = store.cursor()
        writers = [process(WRITER, pooled, f"w{n}") for n in range(4)]
        before = store.version()
        until(lambda: store.version() != before)
        ended_well(writers)
        seen, more = set(), True
        while more:
            answer = store.changes(cursor, limit=50)
            seen |= {run.run_id for run in answer.runs}
            cursor, more = answer.cursor, answer.more
        assert len(seen) == 4 * 51
        assert [len(values(store, f"w{n}")) for n in range(4)] == [50] * 4
        time_of_test = time.monotonic() + 3
        until(lambda: time.monotonic() > time_of_test)
        assert not store._db.heard.listens
        before = store.version()
        with closing(stores.opened(pooled)) as other:
            log(other, running(other, "late"), 1)
        until(lambda: store.version() != before)


# -- servers and connections that die ---------------------------------------------------------------------------------------


def test_a_server_that_is_killed_and_comes_back_under_a_writer_has_all_that_was_acknowledged_once(own_server):
    url = own_server.url
    with closing(stores.opened(url)) as store:
        running(store)
        writer = process(
            """
            store = opened(sys.argv[1])
            for i in range(100_000):
                store.append("a", [Point("x", "number", i, None, 0.0)])
                os.write(1, b"%d\\n" % i)
            """,
            url,
        )
        for _ in range(3):
            for _ in range(100):
                said = writer.stdout.readline()
            own_server.kill()
            own_server.start()
        for _ in range(100):
            said = writer.stdout.readline()
        assert writer.poll() is None, writer.stderr.read()
        writer.kill()
        rest = writer.communicate(timeout=30)[0]
        last = [line for line in (said + rest).split("\n")[:-1] if line][-1]
        kept = values(store, "a")
        assert kept == list(range(len(kept)))
        assert int(last) in kept


def test_many_writers_over_a_crash_of_the_server_lose_and_double_nothing(own_server):
    # Numbers of transactions that were lost in the crash are given out again: they must not be taken for ours.
    url = own_server.url
    with closing(stores.opened(url)) as store:
        names = [f"w{n}" for n in range(6)]
        for name in names:
            running(store, name)
        code = """
            store, me = opened(sys.argv[1]), sys.argv[2]
            for i in range(300):
                store.append(me, [Point("x", "number", i, None, 0.0)])
            store.close()
        """
        writers = [process(code, url, name) for name in names]
        for least in (50, 150):
            until(
                lambda least=least: all(
                    run.metrics and run.metrics["x"].count > least for run in store.get_runs(names)
                ),
                60,
            )
            own_server.kill()
            own_server.start()
        ended_well(writers)
        assert [values(store, name) for name in names] == [list(range(300))] * 6


def test_a_journal_is_done_and_noted_in_one_transaction_and_what_is_refused_is_told(store):
    running(store)
    lines = [
        JournalLine(10, "append", {"points": [Point("x", "number", 1, None, 1.0)]}, 1.0),
        JournalLine(20, "append", {"points": [Point("x", "row", {"a": 1}, None, 1.0)]}, 1.0),
        JournalLine(30, "edit_tags", {"set_": {"q": "good"}}, 1.0),
        JournalLine(40, "append", {"points": [Point("x", "number", 2, None, 1.0)]}, 1.0),
    ]
    shipped = store.ship("a", "me", 0, lines)
    assert (shipped.end, [(one.first, one.reason) for one in shipped.refused]) == (40, [(20, "InvalidName")])
    assert store.ship("a", "me", 0, lines) == shipped
    with pytest.raises(JournalGap):
        store.ship("a", "me", 50, lines)
    ending = JournalLine(50, "transition", {"to": Status.COMPLETED}, time.time())
    assert store.ship("a", "me", 40, [ending]).end == 50
    run = store.get_run("a")
    assert (run.status, run.tags, run.ended_at) == (Status.COMPLETED, {"q": "good"}, ending.at)
    assert values(store, "a") == [1, 2]


def test_a_server_that_stays_away_is_named_in_one_line_and_what_comes_back_is_used(own_server, monkeypatch):
    monkeypatch.setattr("jupyter_runs.store.postgres.PATIENCE_S", 0.3)
    with closing(stores.opened(own_server.url)) as store:
        running(store)
        own_server.kill()
        for call in (lambda: store.get_run("a"), lambda: log(store, "a", 1), store.cursor):
            with pytest.raises(StoreBusy, match="Check that the server runs") as error:
                call()
            assert own_server.address in str(error.value)
            assert "\n" not in str(error.value)
            assert own_server.password not in str(error.value)
        assert store.is_there()
        own_server.start()
        log(store, "a", 2)
        assert values(store, "a") == [2]


def test_idle_connections_that_were_cut_are_replaced(store):
    running(store)
    for i in range(3):
        log(store, "a", i)
        admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jupyter_runs'")
    assert values(store, "a") == [0, 1, 2]


@contextmanager
def proxy(port, cut):
    """Between client and server: after a message with `cut` in it, the server's answer is dropped and the line with it, once."""
    listener = socket.create_server(("127.0.0.1", 0))
    left = [cut]

    def serve(client):
        with client, socket.create_connection(("127.0.0.1", port)) as behind:
            dropping = False
            while True:
                for ready in select.select([client, behind], [], [])[0]:
                    data = ready.recv(65536)
                    if not data or (dropping and ready is behind):
                        return
                    if ready is client and left and left[0] in data:
                        left.clear()
                        dropping = True
                    (behind if ready is client else client).sendall(data)

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[client], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1], left
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.parametrize("cut", [b"COMMIT", b"INSERT INTO point", b"UPDATE series"], ids=lambda cut: cut.decode())
def test_a_line_that_breaks_at_any_moment_of_a_write_loses_and_doubles_nothing(url, cut):
    with closing(stores.opened(url)) as plain:
        running(plain)
        log(plain, "a", 0)
        with (
            proxy(server().port, cut) as (port, left),
            closing(stores.opened(url.replace(f":{server().port}/", f":{port}/"))) as store,
        ):
            for i in range(1, 5):
                log(store, "a", i)
            assert not left
        assert values(plain, "a") == [0, 1, 2, 3, 4]


def test_a_writer_that_is_stopped_by_ctrl_c_in_a_wait_leaves_a_store_that_works(url):
    with closing(stores.opened(url)) as store, closing(stores.opened(url)) as other:
        running(store)
        with other._db.write() as tx:
            tx.execute("SELECT 1")
            waiting = process(
                """
                store = opened(sys.argv[1])
                try:
                    print("waits", flush=True)
                    store.transition("a", Status.COMPLETED)
                except KeyboardInterrupt:
                    print(store.get_run("a").status.value)
                store.close()
                """,
                url,
            )
            assert waiting.stdout.readline() == "waits\n"
            until(lambda: admin("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == [(1,)])
            waiting.send_signal(signal.SIGINT)
            out, errors = waiting.communicate(timeout=30)
        assert (out, errors) == ("Running\n", "")
        assert store.transition("a", Status.COMPLETED).status is Status.COMPLETED


# -- opening -------------------------------------------------------------------------------------------------------------


def refused(url, kind=StoreError):
    with pytest.raises(kind) as error:
        stores.opened(url)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)
    return str(error.value)


def test_a_wrong_password_is_refused_in_one_line_without_it():
    url = server().url.replace(server().password, "another-secret")
    assert "Check user and password" in refused(url)


def test_a_server_that_is_down_is_named_with_the_remedy():
    port = free_port()
    message = refused(f"postgresql://me:secret-word@127.0.0.1:{port}/runs")
    assert f"127.0.0.1:{port}/runs" in message
    assert "Check that the server runs" in message


def test_a_database_that_is_not_there_is_named():
    assert 'database "nowhere" does not exist. Create it' in refused(server().url.replace("/postgres", "/nowhere"))


def test_an_address_that_is_none_is_refused():
    assert "is no address" in refused(f"{server().url}?nonsense=1")


def test_a_store_of_a_newer_version_is_refused_and_not_touched(store, url):
    schema = store._db.schema
    running(store)
    admin(f"UPDATE {schema}.version SET number = 99")
    message = refused(url, StoreVersion)
    assert "99" in message
    assert admin(f"SELECT number FROM {schema}.version") == [(99,)]
    assert store.get_run("a").run_id == "a"


def test_an_older_server_is_refused(url, monkeypatch):
    pytest.importorskip("psycopg")
    monkeypatch.setattr("jupyter_runs.store.postgres_db._OLDEST", 990000)
    assert "needs 13 or newer" in refused(url)


def test_without_psycopg_the_extra_is_named(tmp_path):
    (tmp_path / "psycopg").mkdir()
    (tmp_path / "psycopg" / "__init__.py").write_text("raise ImportError('not here')")
    code = "from jupyter_runs import Workspace\ntry: Workspace('postgresql://me@localhost/x')\nexcept Exception as e: print(e)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'jupyter_runs[postgres]'" in done.stdout


@pytest.fixture
def guest():
    """The address of a role without rights in a database of its own."""
    name = f"guest_{random.randrange(10**9)}"
    admin(f"CREATE ROLE {name} LOGIN PASSWORD 'secret-guest'")
    admin(f"CREATE DATABASE {name}")
    admin(f"REVOKE CREATE ON DATABASE {name} FROM PUBLIC")
    yield f"postgresql://{name}:secret-guest@{server().address}/{name}", name
    admin(f"DROP DATABASE {name} WITH (FORCE)")
    admin(f"DROP ROLE {name}")


def test_a_role_that_may_not_create_the_schema_is_told_what_to_ask_for_and_that_is_enough(guest):
    url, name = guest
    message = refused(url, StoreReadOnly)
    asked = f'CREATE SCHEMA "jupyter_runs" AUTHORIZATION {name}'
    assert asked in message
    admin(asked, url=server().url.replace("/postgres", f"/{name}"))
    with closing(stores.opened(url)) as store:
        log(store, running(store), 1)
        assert values(store, "a") == [1]


def test_a_role_that_may_only_read_reads_and_is_refused_in_one_line(guest):
    url, name = guest
    owner = server().url.replace("/postgres", f"/{name}")
    with closing(stores.opened(owner)) as store:
        running(store)
    admin(f"GRANT USAGE ON SCHEMA jupyter_runs TO {name}", url=owner)
    admin(f"GRANT SELECT ON ALL TABLES IN SCHEMA jupyter_runs TO {name}", url=owner)
    with closing(stores.opened(url)) as store:
        assert store.get_run("a").status is Status.RUNNING
        with pytest.raises(StoreReadOnly, match="cannot be written") as error:
            log(store, "a", 1)
        assert "\n" not in str(error.value)


def test_a_schema_that_was_dropped_or_made_anew_is_not_the_store_any_more(store, url, monkeypatch):
    monkeypatch.setattr("jupyter_runs.store.postgres_db.LOOK_S", 0.0)
    assert store.is_there()
    admin(f"DROP SCHEMA {store._db.schema} CASCADE")
    assert not store.is_there()
    with pytest.raises(StoreError, match="Open the workspace again"):
        store.get_run("a")
    with closing(stores.opened(url)) as again:
        running(again)
        assert again.is_there()
        assert not store.is_there()


def test_a_tag_is_found_by_its_index(store):
    running(store, tags={"q": "good" * 2000})
    with store._db.read() as conn:
        conn.send("SET LOCAL enable_seqscan = off")
        plan = conn.execute(
            "EXPLAIN SELECT run_id FROM tag WHERE kind = 'tag' AND key = ? AND value = ?", ("q", "good")
        ).fetchall()
    assert any('"left"(value, 200) = ' in row[0] and "Index Cond" in row[0] for row in plan)
    assert [run.run_id for run in store.find_runs(RunFilter(tags={"q": "good" * 2000})).runs] == ["a"]
    assert store.find_runs(RunFilter(tags={"q": "good" * 1999})).runs == []


def test_no_connection_is_left_when_a_store_is_closed(url):
    store = stores.opened(url)
    running(store)
    store.version()
    until(lambda: store._db.heard.listens)
    threads = [threading.Thread(target=log, args=(store, "a", n, f"x{n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'jupyter_runs'"
    assert 2 <= admin(mine)[0][0] <= 8
    store.close()
    until(lambda: admin(mine) == [(0,)])


# -- the product -----------------------------------------------------------------------------------------------------------


def test_a_cell_and_a_submitted_script_run_on_a_server(url, tmp_path):
    from kernel import Kernel

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(
        "from jupyter_runs import Run\nrun = Run.get_context()\nrun.log('loss', 0.5)\nprint('from the script')\n"
    )
    place = f"{url}&files={tmp_path / 'files'}"
    kernel = Kernel(JUPYTER_RUNS_WORKSPACE=place)
    try:
        assert kernel.run("%load_ext jupyter_runs").ok
        cell = kernel.run("%%run_experiment cells\nrun.log('acc', 0.9)\nprint('hello')\nrun.id")
        assert cell.ok, cell.traceback
        code = (
            "from jupyter_runs import Experiment, ScriptRunConfig, Workspace\n"
            f"script = Experiment(Workspace(), 'scripts').submit(ScriptRunConfig({str(tmp_path / 'src')!r}, script='train.py'))\n"
            "print(script.wait_for_completion()['status'], script.get_metrics(), script.get_log())"
        )
        script = kernel.run(code, timeout=60)
        assert "Completed {'loss': 0.5} from the script" in script.stdout, script.traceback
    finally:
        kernel.close()
    with closing(stores.opened(place)) as store:
        runs = {run.experiment: run for run in store.find_runs(RunFilter()).runs}
        assert {name: run.status for name, run in runs.items()} == {
            "cells": Status.COMPLETED,
            "scripts": Status.COMPLETED,
        }
        assert runs["cells"].metrics["acc"].last == 0.9
    listed = subprocess.run(["jupyter", "runs", "list", "-w", place], capture_output=True, text=True, check=False)
    assert listed.returncode == 0, listed.stderr
    assert "scripts" in listed.stdout
    assert "cells" in listed.stdout
    assert server().password not in listed.stdout


def test_doctor_tells_whether_the_server_answers(url):
    done = subprocess.run(["jupyter", "runs", "doctor", "-w", url], capture_output=True, text=True, check=False)
    assert "answered within" in done.stdout
    away = subprocess.run(
        ["jupyter", "runs", "doctor", "-w", f"postgresql://me:secret-word@127.0.0.1:{free_port()}/runs"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert away.returncode == 1
    assert "Check that the server runs" in away.stdout
    assert "secret" not in done.stdout + away.stdout


def test_values_of_many_metrics_go_in_few_messages(store, monkeypatch):
    from jupyter_runs.store.postgres_conn import Connection

    running(store)
    points = [Point(f"m{i}", "number", float(i), None, 1.0) for i in range(50)]
    store.append("a", points)
    sent, send = [], Connection.send
    monkeypatch.setattr(Connection, "send", lambda *args: sent.append(args) or send(*args))
    store.append("a", points)
    assert len(sent) <= 4
    sent.clear()
    log(store, "a", 1, "m0")
    assert len(sent) <= 3
    assert {metric.count for metric in store.get_run("a").metrics.values()} == {2, 3}


def test_who_has_another_folder_sees_the_runs_and_is_told_where_the_files_are_not(url, tmp_path):
    from jupyter_runs import Experiment, Workspace
    from jupyter_runs.errors import JupyterRunsError

    ours, theirs = (Workspace(f"{url}&files={tmp_path / name}") for name in ("ours", "theirs"))
    # One process has a store open once, by its address: as another process has it.
    theirs._config = stores.config.resolve(f"{url}&files={tmp_path / 'theirs'}")
    run = Experiment(ours, "e").start_logging(snapshot_directory=None)
    (tmp_path / "a.txt").write_text("a")
    run.upload_file("a.txt", str(tmp_path / "a.txt"))
    run.complete()
    seen = theirs.get_run(run.id)
    assert seen.get_status() == "Completed"
    with pytest.raises(JupyterRunsError, match="files="):
        seen.download_file("a.txt", str(tmp_path / "b.txt"))
    theirs.store.update_run(run.id, log_bytes=5)
    with pytest.raises(JupyterRunsError, match="files="):
        seen.get_log()
    run.download_file("a.txt", str(tmp_path / "b.txt"))
    assert Path(tmp_path / "b.txt").read_text() == "a"
    ours.store.close()
