"""Files of a workspace on another server: logs, artifacts, snapshots, models, from one machine to the server and on to another."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import textwrap
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from teamserver import TOKEN, TeamServer, until

from jupyter_runs import config, paths
from jupyter_runs.errors import ArtifactNotFound, InvalidName, JournalGap, StoreError
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import NewRun, Status
from jupyter_runs.models import Model
from jupyter_runs.script import ScriptRunConfig
from jupyter_runs.store import http, http_files, http_server
from jupyter_runs.store.opening import open_store
from jupyter_runs.store.sqlite import SqliteStore
from jupyter_runs.workspace import Workspace


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    server = TeamServer(tmp_path_factory.mktemp("shared"), base_url="/team/")
    yield server.start()
    server.stop()


@pytest.fixture
def machine(shared, tmp_path):
    """A workspace as one more machine has it: `machine("b")`."""
    made = []

    def machine(name, server=shared):
        workspace = Workspace(f"{server.address}&files={tmp_path / name}")
        made.append(workspace)
        return workspace

    yield machine
    for workspace in made:
        for session in list(workspace.sessions.values()):
            session.at_exit()
        workspace.store.close()


class Elsewhere:
    """A process on another machine: a folder of its own, and what it prints."""

    def __init__(self, server, tmp_path, code):
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            env=os.environ
            | {
                "JUPYTER_RUNS_WORKSPACE": server.url,
                "JUPYTER_RUNS_TOKEN": TOKEN,
                "JUPYTER_RUNS_HOME": str(tmp_path / "elsewhere"),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self):
        return self.process.stdout.readline().strip()

    def end(self, text=""):
        out, err = self.process.communicate(text, timeout=60)
        assert self.process.returncode == 0, err
        return out


def on_server(server, run_id, name):
    return paths.run_folder(server.folder / "ws", run_id).joinpath(*name.split("/"))


def test_what_a_run_prints_is_read_elsewhere_while_it_runs(shared, machine, tmp_path):
    far = Elsewhere(
        shared,
        tmp_path,
        """
        import sys
        from jupyter_runs import Experiment, Workspace
        with Experiment(Workspace(), "e").start_logging(snapshot_directory=None) as run:
            print(run.id, flush=True)
            sys.stdin.readline()
            print("ż" * 100_000)
        """,
    )
    run_id = far.line()
    run = machine("here").get_run(run_id)
    until(lambda: run.get_log() == f"{run_id}\n")
    far.end("go\n")
    assert run.get_log() == f"{run_id}\n{'ż' * 100_000}\n"
    assert on_server(shared, run_id, paths.STD_LOG).read_text("utf-8") == run.get_log()
    assert run._repr_mimebundle_()["application/vnd.jupyter-runs.run+json"]["log_tail"].endswith("ż\n")


def test_files_images_and_outputs_of_a_run_are_on_the_server_and_fetched_elsewhere(shared, machine, tmp_path):
    Path("notes.txt").write_text("first", "utf-8")
    Path("dot.png").write_bytes(b"\x89PNG\r\n\x1a\n....")
    with Experiment(machine("here"), "e").start_logging(snapshot_directory=None) as run:
        run.upload_file("deep/notes.txt", "notes.txt")
        assert on_server(shared, run.id, "deep/notes.txt").read_text("utf-8") == "first"
        run.log_image("dot", path="dot.png")
        Path("outputs/model.bin").write_bytes(b"x" * 10)
    there = machine("there").get_run(run.id)
    assert there.get_file_names() == ["deep/notes.txt", "dot.png", "outputs/model.bin", paths.STD_LOG][:3] + (
        [paths.STD_LOG] if paths.STD_LOG in there.get_file_names() else []
    )
    there.download_file("deep/notes.txt", tmp_path / "got.txt")
    assert (tmp_path / "got.txt").read_text("utf-8") == "first"
    there.download_files("outputs", tmp_path / "all")
    assert (tmp_path / "all" / "outputs" / "model.bin").read_bytes() == b"x" * 10
    assert there.get_metrics(populate=True)["dot"].read_bytes().startswith(b"\x89PNG")
    Path("notes.txt").write_text("second", "utf-8")
    run.upload_file("deep/notes.txt", "notes.txt")
    there.download_file("deep/notes.txt", tmp_path / "got.txt")
    assert (tmp_path / "got.txt").read_text("utf-8") == "second"
    with pytest.raises(ArtifactNotFound, match="available files include"):
        there.download_file("nothing")


def test_a_large_file_that_is_cut_goes_on_where_it_was(mortal, machine, tmp_path, monkeypatch):
    monkeypatch.setattr(http_files, "PIECE", 1 << 16)
    monkeypatch.setattr(http, "GRACE_S", 0.3)
    monkeypatch.setattr(http_server, "RETRY_S", 0.5)
    content = random.Random(1).randbytes(1 << 20)
    Path("large.bin").write_bytes(content)
    workspace = machine("here", mortal)
    run = Experiment(workspace, "e").start_logging(snapshot_directory=None)
    put, offsets = http_files.HttpFiles._put, []

    def cut(self, name, data, headers):
        if name.endswith("large.bin"):
            offsets.append(int(headers["X-Offset"]))
            if len(offsets) == 8:
                mortal.kill()
        return put(self, name, data, headers)

    monkeypatch.setattr(http_files.HttpFiles, "_put", cut)
    with pytest.warns(UserWarning, match="is away"):
        run.upload_file("large.bin", "large.bin")
    assert not on_server(mortal, run.id, "large.bin").exists()
    mortal.start()
    until(on_server(mortal, run.id, "large.bin").exists)
    assert on_server(mortal, run.id, "large.bin").read_bytes() == content
    assert sum(offset > 0 for offset in offsets) < 20, "it was not sent from the beginning again"
    run.complete()
    machine("there", mortal).get_run(run.id).download_file("large.bin", tmp_path / "got.bin")
    assert (tmp_path / "got.bin").read_bytes() == content
    assert not list(paths.run_folder(mortal.folder / "ws", run.id).glob(f"{paths.INCOMING}*"))


def test_files_that_a_killed_process_left_are_sent_by_the_next(mortal, tmp_path):
    far = Elsewhere(
        mortal,
        tmp_path,
        """
        import os, signal, sys
        from pathlib import Path
        from jupyter_runs import Experiment, Workspace, paths
        ws = Workspace()
        run = Experiment(ws, "e").start_logging(snapshot_directory=None)
        with run:
            print(run.id, flush=True)
            sys.stdin.readline()
            print("last words", flush=True)
            ws.store.files.touched(run.id)
            os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    run_id = far.line()
    until(lambda: on_server(mortal, run_id, paths.STD_LOG).exists())
    mortal.kill()
    far.process.communicate("go\n")
    mortal.start()
    Elsewhere(mortal, tmp_path, "from jupyter_runs import Workspace; Workspace().store.close()").end()
    assert on_server(mortal, run_id, paths.STD_LOG).read_text("utf-8") == f"{run_id}\nlast words\n"


def test_a_snapshot_travels_and_only_what_is_missing_of_it(shared, machine, tmp_path):
    Path("src").mkdir()
    Path("src/train.py").write_text("print(1)\n", "utf-8")
    Path("src/lib.py").write_text("x = 1\n", "utf-8")
    run = Experiment(machine("here"), "e").start_logging(snapshot_directory="src")
    run.complete()
    packed = machine("there").get_run(run.id).restore_snapshot(path=tmp_path / "zip")
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("train.py") == b"print(1)\n"
    Path("src/train.py").write_text("print(2)\n", "utf-8")
    sent = []
    workspace = machine("here")
    upload = workspace.store.files._upload
    workspace.store.files._upload = lambda name, *rest: (sent.append(name), upload(name, *rest))[1]
    again = Experiment(workspace, "e").start_logging(snapshot_directory="src")
    again.complete()
    assert len([name for name in sent if "blobs" in name]) == 1
    shutil.rmtree(tmp_path / "there")
    with zipfile.ZipFile(machine("there").get_run(again.id).restore_snapshot(path=tmp_path / "zip2")) as archive:
        assert archive.read("train.py") == b"print(2)\n"


def test_a_model_is_registered_here_and_used_there_and_deleted_for_all(shared, machine, tmp_path):
    Path("model.pkl").write_bytes(b"weights")
    run = Experiment(machine("here"), "e").start_logging(snapshot_directory=None)
    run.upload_file("outputs/model.pkl", "model.pkl")
    model = run.register_model("digits", "outputs/model.pkl")
    run.complete()
    there = machine("there")
    (found,) = Model.list(there, "digits")
    assert Path(found.download(tmp_path / "got")).read_bytes() == b"weights"
    assert model.version == found.version == 1
    found.delete()
    assert not (shared.folder / "ws" / "models" / "digits" / "1" / "model.pkl").exists()
    assert Model.list(machine("here"), "digits") == []


def test_the_log_on_the_server_never_doubles_and_a_gap_is_refused(shared):
    with closing(open_store(config.address(shared.address))) as store:
        store.create_runs([NewRun("logged", "e", "me")])
        put = store.files._put
        name = f"runs/logged/{paths.STD_LOG}"
        assert put(name, b"abc", {"X-Offset": "0"})["end"] == 3
        assert put(name, b"abcdef", {"X-Offset": "0"})["end"] == 6
        assert put(name, b"cd", {"X-Offset": "2"})["end"] == 6
        with pytest.raises(JournalGap) as gap:
            put(name, b"z", {"X-Offset": "9"})
        assert gap.value.end == 6
    assert on_server(shared, "logged", paths.STD_LOG).read_bytes() == b"abcdef"


@pytest.mark.parametrize(
    "path",
    [
        "runs/victim/../../runs.db",
        "runs/nobody/x",
        "runs/victim/..%2F..%2Fruns.db",
        "runs.db",
        "tokens.key",
        "models/../runs.db",
        "models/a/1/../../../runs.db",
        "snapshots/blobs/ab/../../../runs.db",
        "work/victim/x",
    ],
)
def test_no_path_leads_out_of_what_it_is_for(shared, path):
    with (
        closing(open_store(config.address(shared.address))) as store,
        closing(SqliteStore(shared.folder / "ws" / "runs.db")) as there,
    ):
        if not there.get_runs(["victim"]):
            there.create_runs([NewRun("victim", "e", "me", status=Status.RUNNING)])
        server, headers = store._server, {"X-Offset": "0", "X-Size": "1", "X-Upload": "0" * 32}
        with pytest.raises((StoreError, ValueError, LookupError)):
            server.ask("PUT", f"tree/{path}", data=b"x", headers=headers)
        with pytest.raises((StoreError, ValueError, LookupError)):
            server.ask("GET", f"tree/{path}")


def test_contents_that_are_not_what_their_name_says_are_refused(shared):
    with closing(open_store(config.address(shared.address))) as store:
        headers = {"X-Offset": "0", "X-Size": "1", "X-Upload": "0" * 32}
        for name in (f"snapshots/blobs/ab/{'0' * 62}", f"snapshots/manifests/{'a' * 32}.json"):
            with pytest.raises(StoreError, match=r"damaged|not the list"):
                store._server.ask("PUT", f"tree/{name}", data=b"x", headers=headers)
            assert not (shared.folder / "ws" / name).exists()


def test_an_experiment_is_exported_and_imported_and_the_bin_emptied_from_afar(shared, machine, tmp_path):
    workspace = machine("here")
    Path("x.txt").write_text("content", "utf-8")
    with Experiment(workspace, "travels").start_logging(snapshot_directory=None) as run:
        run.log("loss", 1)
        run.upload_file("x.txt", "x.txt")
    file = Experiment(workspace, "travels").export(tmp_path / "e.zip")
    with zipfile.ZipFile(file) as archive:
        assert archive.read(f"files/{run.id}/x.txt") == b"content"
    run.delete()
    assert workspace.gc(older_than_days=0, dry_run=True).runs == 1
    removed = workspace.gc(older_than_days=0)
    assert (removed.runs, removed.files > 0) == (1, True)
    assert not on_server(shared, run.id, "x.txt").exists()
    back = workspace.import_experiment(file, name="again")
    (found,) = back.get_runs()
    assert (found.id, found.get_metrics()) == (run.id, {"loss": 1})
    assert on_server(shared, run.id, "x.txt").read_text("utf-8") == "content"
    with pytest.raises(InvalidName, match="no whole export"):
        workspace.import_experiment("x.txt")


def test_a_submitted_script_logs_and_leaves_files_and_is_canceled_from_afar(shared, machine):
    Path("src").mkdir()
    Path("src/train.py").write_text(
        "import os, time\nfrom pathlib import Path\nfrom jupyter_runs import Run\nrun = Run.get_context()\nrun.log('loss', 1)\n"
        "child = run.child_run('part')\nchild.complete()\nPath('outputs/m.txt').write_text('hi')\nprint('printed', flush=True)\n"
        "time.sleep(60 if os.environ.get('SLOW') else 0)\n",
        "utf-8",
    )
    workspace = machine("here")
    run = Experiment(workspace, "scripts").submit(ScriptRunConfig("src", "train.py"))
    assert run.wait_for_completion()["status"] == "Completed"
    assert run.get_metrics() == {"loss": 1}
    assert [child.status for child in run.get_children()] == ["Completed"]
    assert on_server(shared, run.id, "outputs/m.txt").read_text("utf-8") == "hi"
    assert "printed" in on_server(shared, run.id, paths.STD_LOG).read_text("utf-8")
    long = ScriptRunConfig("src", "train.py")
    long.run_config.environment_variables["SLOW"] = "1"
    slow = Experiment(workspace, "scripts").submit(long)
    until(lambda: slow.get_metrics() == {"loss": 1})
    slow.cancel()
    until(lambda: slow.status == "Canceled")
