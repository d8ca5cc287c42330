"""The command line: what it prints, what it returns, what it finds; in this process and in real ones."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import psutil
import pytest
import yaml
from click.testing import CliRunner

import jupyter_runs
from jupyter_runs import cli as commands
from jupyter_runs import cli_output, liveness, paths
from jupyter_runs.cli import cli
from jupyter_runs.model import NewRun, Owner, Point, Status
from jupyter_runs.store.sqlite import SqliteStore

BIN = Path(sys.executable).parent
#: The three queries of the Azure ML documentation, word for word.
AZURE_QUERIES = {
    "[?properties.author=='azureml-user']": {"good", "plain"},
    "[?tags.keys(@)[?starts_with(@, 'worth another look')]]": {"look"},
    "[?properties.author=='azureml-user' && tags.quality=='fantastic run']": {"good"},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "shared"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path / "shared"


@pytest.fixture
def store(folder):
    opened = SqliteStore(folder / paths.DATABASE)
    yield opened
    opened.close()


@pytest.fixture
def make(store):
    numbers = iter(range(1, 10_000))

    def make(run_id=None, experiment="digits", **fields):
        new = NewRun(run_id or f"{next(numbers):x}run", experiment, "ada", **fields)
        return store.create_runs([new])[0]

    return make


@pytest.fixture
def run(folder):
    """Run a command: exit code, stdout, stderr."""

    def run(*args):
        result = CliRunner().invoke(cli, args)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def listed(run):
    """Names that `list` gives."""

    def listed(*args):
        code, out, err = run("list", *args)
        assert code == 0, err
        return [item["name"] for item in json.loads(out)]

    return listed


def on_terminal(*args, columns=100, **env):
    """What a real process writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"} | env
    process = subprocess.Popen([BIN / "jruns", *args], stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
    os.close(theirs)
    data = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        data += chunk
    os.close(ours)
    return process.wait(), data.decode().replace("\r\n", "\n")


def dead_owner():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        here = liveness.this_process()
        return Owner(here.host, here.pid_space, process.pid, psutil.Process(process.pid).create_time())


# -- list -------------------------------------------------------------------------------------------------------------


def test_nothing_is_an_empty_list(run, folder):
    assert run("list") == (0, "[]\n", "")


def test_the_newest_ten_root_runs_are_listed(listed, make):
    parent = make(name="0")
    make(name="child", parent_id=parent.run_id)
    for i in range(1, 12):
        make(name=str(i))
    assert listed() == [str(i) for i in range(11, 1, -1)]
    assert listed("--last", "3") == ["11", "10", "9"]


def test_more_runs_than_a_page_of_the_store_are_listed(listed, store):
    store.create_runs([NewRun(f"r{i}", "digits", "ada") for i in range(1100)])
    assert len(listed("--last", "1050")) == 1050


def test_an_experiment_is_listed(listed, make):
    make(name="a", experiment="one")
    make(name="b", experiment="two")
    assert listed("-e", "two") == ["b"]
    assert listed("--experiment-name", "three") == []


@pytest.mark.parametrize("word", ["Canceled", "canceled", "cancelled"])
def test_a_status_is_listed_however_it_is_spelled(listed, make, store, word):
    make(name="waiting")
    store.transition(make(name="gone").run_id, Status.CANCELED)
    assert listed("--status", word) == ["gone"]


def test_active_runs_are_listed(listed, make, store):
    make(name="waiting")
    store.transition(make(name="gone").run_id, Status.CANCELED)
    assert listed("--status", "active") == ["waiting"]


def test_tags_are_listed_by_key_and_by_value(listed, make):
    make(name="good", tags={"quality": "fantastic run"})
    make(name="bad", tags={"quality": "poor", "look": None})
    assert listed("--tags", "quality") == ["bad", "good"]
    assert listed("--tags", "quality=fantastic run") == ["good"]
    assert listed("--tags", "quality", "--tags", "look") == ["bad"]


def test_children_are_listed_by_their_parent_and_by_a_search(listed, make):
    parent = make(name="parent")
    make(name="needle", parent_id=parent.run_id)
    assert listed("--parent-run-id", parent.run_id) == ["needle"]
    assert listed("needle") == ["needle"]


def test_search_words_are_read_together(listed, make):
    make(name="fast one", tags={"quality": "fantastic run"})
    make(name="fast two")
    assert listed("fast", 'tag:quality="fantastic run"') == ["fast one"]
    assert listed("--", "fast", "-tag:quality") == ["fast two"]


@pytest.fixture
def documented(make):
    """Runs as in the documentation that the queries are from."""
    make(name="good", properties={"author": "azureml-user"}, tags={"quality": "fantastic run"})
    make(name="plain", properties={"author": "azureml-user"})
    make(name="look", tags={"worth another look": None})
    make(name="bare")


@pytest.mark.parametrize(("query", "names"), AZURE_QUERIES.items())
def test_the_queries_of_azure_ml_work_with_and_without_the_option(listed, documented, query, names):
    assert set(listed(query)) == names
    assert set(listed("--query", query)) == names


def test_a_search_and_a_query_work_together(run, make):
    make(name="a", tags={"x": None})
    make(name="b")
    code, out, _ = run("list", "tag:x", "[].display_name")
    assert (code, json.loads(out)) == (0, ["a"])


def test_runs_have_the_names_that_scripts_know(run, make):
    run_id = make(name="a").run_id
    _, out, _ = run("list")
    (item,) = json.loads(out)
    assert item["run_id"] == run_id
    assert (item["run_number"], item["display_name"], item["tags"], item["properties"]) == (1, "a", {}, {})
    assert (item["start_time_utc"], item["end_time_utc"]) == (None, None)


def test_times_are_utc_text(run, make, store):
    run_id = make().run_id
    started = store.transition(run_id, Status.RUNNING).started_at
    _, out, _ = run("show", "-r", run_id)
    text = json.loads(out)["start_time_utc"]
    assert text.endswith("Z")
    assert datetime.fromisoformat(text.removesuffix("Z") + "+00:00").timestamp() == pytest.approx(started, abs=1e-5)


# -- show and finding -------------------------------------------------------------------------------------------------


def test_a_run_is_shown_by_id_beginning_number_or_as_the_last(run, make):
    make("3f9c2a77", name="wanted")
    make("77aa", name="other", experiment="two")
    for text in ("3f9c2a77", "3f9c", "#1", "1"):
        code, out, err = run("show", "-e", "digits", "-r", text)
        assert (code, json.loads(out or "{}").get("name")) == (0, "wanted"), (text, err)
    _, out, _ = run("show", "-r", "last")
    assert json.loads(out)["name"] == "other"
    _, out, _ = run("show", "-r", "last", "-e", "digits")
    assert json.loads(out)["name"] == "wanted"


def test_the_last_run_is_a_root(run, make):
    parent = make(name="parent")
    make(name="child", parent_id=parent.run_id)
    _, out, _ = run("show", "-r", "last")
    assert json.loads(out)["name"] == "parent"


def test_an_id_of_digits_is_an_id_before_it_is_a_number(run, make):
    make("2", name="id two")
    make("x", name="number two")
    _, out, _ = run("show", "-r", "2")
    assert json.loads(out)["name"] == "id two"
    _, out, _ = run("show", "-r", "#2")
    assert json.loads(out)["name"] == "number two"


def test_a_number_is_found_among_names_that_hold_it(run, make):
    wanted = make(name="plain")
    for _ in range(600):
        make(name="after #1")
    _, out, _ = run("show", "-r", "#1")
    assert json.loads(out)["run_id"] == wanted.run_id


def test_a_query_shows_a_part(run, make):
    make(name="a", tags={"quality": "good"})
    assert run("show", "-r", "last", "--query", "tags.quality") == (0, '"good"\n', "")
    assert run("show", "-r", "last", "tags.quality") == (0, '"good"\n', "")
    assert run("show", "-r", "last", "tags.nothing") == (0, "", "")


def test_a_run_that_is_not_there_is_exit_code_3(run, make):
    make()
    for command in ("show", "cancel"):
        code, out, err = run(command, "-r", "nope")
        assert (code, out) == (3, "")
        assert "nope" in err


def test_a_text_that_means_several_runs_is_refused(run, make):
    make("abc1")
    make("abc2", experiment="two")
    for text in ("abc", "#1"):
        code, _, err = run("show", "-r", text)
        assert code == 2
        assert "more than one" in err
        assert "-e" in err


# -- output -----------------------------------------------------------------------------------------------------------


def test_yaml_is_the_same_data(run, make):
    make(name="ż", tags={"a": None})
    _, out, _ = run("list", "-o", "yaml")
    _, same, _ = run("list", "-o", "json")
    assert yaml.safe_load(out) == json.loads(same)


def test_tsv_is_one_line_a_row(run, make):
    make(name="tab\there", tags={"a": "1"})
    _, out, _ = run("list", "-o", "tsv", "--query", "[].[name, tags, description]")
    assert out == 'tab here\t{"a": "1"}\t\n'
    _, out, _ = run("list", "-o", "tsv", "--query", "[].name")
    assert out == "tab here\n"


def test_none_writes_nothing(run, make):
    make()
    assert run("list", "-o", "none") == (0, "", "")


def test_jsonc_is_coloured_even_in_a_pipe_unless_colours_are_off(run, make, monkeypatch):
    make(name="a")
    _, out, _ = run("list", "-o", "jsonc")
    assert "\x1b[" in out
    monkeypatch.setenv("NO_COLOR", "1")
    _, out, _ = run("list", "-o", "jsonc")
    assert json.loads(out)[0]["name"] == "a"


def test_a_table_in_a_pipe_is_not_cut(run, make):
    make(name="n" * 150, tags={"t": "v"})
    _, out, _ = run("list", "-o", "table")
    head, row = out.splitlines()
    assert head.split() == ["STATUS", "NAME", "EXPERIMENT", "#", "ELAPSED", "STARTED", "TAGS", "METRIC"]
    assert "n" * 150 in row
    assert "t=v" in row


def test_a_query_can_be_a_table(run, make):
    make(name="a", tags={"x": "1"})
    _, out, _ = run("list", "-o", "table", "--query", "[].{NAME: name, TAGS: tags}")
    assert [line.split() for line in out.splitlines()] == [["NAME", "TAGS"], ["a", '{"x":', '"1"}']]


def test_a_run_as_a_table_tells_what_matters(run, make, store):
    run_id = make(name="a", tags={"x": "1"}, params={"lr": "0.1"}).run_id
    make(parent_id=run_id)
    store.append(run_id, [Point("loss", "number", v, None, 1.0) for v in (2.0, 0.5)])
    _, out, _ = run("show", "-r", run_id, "-o", "table")
    for part in ("○ Queued", "digits #1", run_id, "x=1", "lr=0.1", "loss=0.5 (2 values, 0.5 to 2)", "1 Queued"):
        assert part in out


def test_hostile_text_does_not_steer_the_terminal(run, make):
    make(name="\x1b[2J\x1b]0;owned\x07[red]x[/red]", tags={"\x9b31m": "\x1b[31m"})
    for form in ("table", "tsv"):
        _, out, _ = run("list", "-o", form)
        assert "\x1b" not in out
        assert "\x9b" not in out
    assert "[red]x[/red]" in run("list", "-o", "table")[1]


def test_a_terminal_gets_a_table_that_fits(make):
    make(name="a rather long name for a run", experiment="explore-runs", tags={"quality": "fantastic run"})
    code, text = on_terminal("list", columns=60)
    assert code == 0
    lines = text.splitlines()
    assert "STATUS" in lines[0]
    assert "Queued" in lines[1]
    assert len(lines) == 2


def test_a_terminal_without_colours_gets_none(make, store):
    store.transition(make().run_id, Status.CANCELED)
    assert "\x1b[" in on_terminal("list")[1]
    assert "\x1b[3" not in on_terminal("list", NO_COLOR="1")[1]


def test_a_terminal_is_told_how_many_more_there_are_and_what_to_do_when_there_are_none(make, folder):
    assert "%%run_experiment" in on_terminal("list")[1]
    assert "No runs match" in on_terminal("list", "tag:x")[1]
    for _ in range(12):
        make()
    assert "10 of 12 runs; --last 12 shows all." in on_terminal("list")[1]


# -- cancel -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def obedient(store):
    """An owner that ends its runs when asked, as a kernel does."""
    owner = liveness.this_process()
    stop = threading.Event()

    def obey():
        while not stop.wait(0.02):
            for asked in store.stops_asked(owner):
                store.transition(asked.run_id, Status.CANCELED)

    thread = threading.Thread(target=obey)
    thread.start()
    yield owner
    stop.set()
    thread.join()


def test_cancel_waits_until_the_run_has_ended_and_says_how_long(run, make, store, obedient):
    run_id = make(name="busy", owner=obedient, status=Status.RUNNING).run_id
    code, out, err = run("cancel", "-r", run_id)
    assert (code, err) == (0, "")
    assert out.startswith("Run #1 digits/busy: Canceled in 0.")
    record = store.get_run(run_id)
    assert (record.status, record.cancel_via) == (Status.CANCELED, "cli")


def test_cancel_of_a_run_that_nobody_has_started_ends_it(run, make, store):
    run_id = make().run_id
    assert "Canceled in 0.0 s" in run("cancel", "-r", run_id)[1]
    assert store.get_run(run_id).status is Status.CANCELED


def test_cancel_of_a_run_whose_process_died_ends_it(run, make, store):
    # Nobody has looked since the process died.
    run_id = make(owner=dead_owner(), status=Status.RUNNING).run_id
    code, out, _ = run("cancel", "-r", run_id)
    assert code == 0
    assert "had ended before: Failed" in out


def test_cancel_that_is_not_obeyed_says_so_and_fails(run, make, store, monkeypatch):
    monkeypatch.setattr(commands, "CANCEL_WAIT_S", 0.2)
    run_id = make(owner=liveness.this_process(), status=Status.RUNNING).run_id
    code, out, _ = run("cancel", "-r", run_id)
    assert code == 1
    assert "cancel requested; still Running after 0 s" in out
    assert store.get_run(run_id).cancel_requested_at is not None


def test_cancel_without_waiting_only_asks(run, make):
    run_id = make(owner=liveness.this_process(), status=Status.RUNNING).run_id
    code, out, _ = run("cancel", "-r", run_id, "--no-wait")
    assert (code, out) == (0, "Run #1 digits/run-1: cancel requested.\n")


def test_cancel_of_a_run_that_has_ended_changes_nothing(run, make, store):
    run_id = make().run_id
    store.transition(run_id, Status.RUNNING)
    store.transition(run_id, Status.COMPLETED)
    code, out, _ = run("cancel", "-r", run_id)
    assert code == 0
    assert "had ended before: Completed" in out
    assert store.get_run(run_id).cancel_requested_at is None


def test_cancel_gives_data_where_data_is_asked_for(run, make):
    code, out, err = run("cancel", "-r", make().run_id, "-o", "json")
    assert (code, json.loads(out)["status"]) == (0, "Canceled")
    assert "Canceled in" in err


def test_a_run_whose_process_died_is_listed_as_failed(listed, make):
    make(name="dead", owner=dead_owner(), status=Status.RUNNING)
    assert listed("--status", "Running") == []
    assert listed("--status", "Failed") == ["dead"]


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "code", "named"),
    [
        (["lst"], 2, "list"),
        (["list", "--last", "0"], 2, "--last"),
        (["list", "--last", "x"], 2, "--last"),
        (["list", "--status", "Busy"], 2, "Busy"),
        (["list", "-o", "xml"], 2, "xml"),
        (["list", "stat:x"], 2, "stat"),
        (["list", '"x'], 2, "quote"),
        (["list", "--query", "[?"], 2, "JMESPath"),
        (["list", "--query", "nofunction(@)"], 2, "JMESPath"),
        (["list", "[]", "--query", "[]"], 2, "two queries"),
        (["list", "-w", "/nowhere/at/all"], 1, "/nowhere/at/all"),
        (["list", "--parent-run-id", "nope"], 3, "nope"),
        (["show"], 2, "--run"),
        (["show", "-r", ""], 3, "No run"),
        (["show", "-r", "last", "a", "--query", "b"], 2, "two queries"),
    ],
)
def test_mistakes_are_one_line_on_stderr_and_a_code(run, folder, args, code, named):
    SqliteStore(folder / paths.DATABASE).close()
    found, out, err = run(*args)
    assert (found, out) == (code, "")
    assert named in err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert not Path("/nowhere").exists()


def test_a_broken_store_is_one_line(run, folder):
    folder.mkdir()
    (folder / paths.DATABASE).write_bytes(b"no database at all" * 100)
    code, _, err = run("list")
    assert code == 1
    assert paths.DATABASE in err
    assert err.count("\n") == 1


def test_a_folder_can_be_named(run, make, tmp_path, monkeypatch):
    make(name="here")
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "elsewhere"))
    assert run("list")[1] == "[]\n"
    _, out, _ = run("list", "-w", str(tmp_path / "shared"))
    assert json.loads(out)[0]["name"] == "here"


# -- real processes ---------------------------------------------------------------------------------------------------


def _process(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


@pytest.mark.parametrize("command", [["jupyter", "runs"], ["jruns"]])
def test_the_programs_are_there(folder, command):
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    result = _process(*command, "--version", env=environment)
    assert (result.returncode, result.stdout.strip()) == (0, jupyter_runs.__version__)
    result = _process(*command, env=environment)
    assert result.returncode == 0
    assert f"Usage: {' '.join(command)} " in result.stdout
    result = _process(*command, "show", "-r", "nope", env=environment)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error_to_see(store):
    store.create_runs([NewRun(f"r{i}", "digits", "ada") for i in range(500)])
    process = subprocess.Popen(
        [BIN / "jruns", "list", "--last", "500"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()


def test_a_terminal_that_cannot_draw_a_letter_shows_another(make):
    make(name="zażółć")
    for form in ("table", "json", "yaml"):
        result = _process(BIN / "jruns", "list", "-o", form, env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert (result.returncode, result.stderr) == (0, "")


def test_a_list_loads_neither_jupyter_nor_what_it_does_not_draw(folder):
    script = "import sys\nsys.argv[1:] = ['list']\nfrom jupyter_runs.cli import main\ntry:\n main()\nfinally:\n print(*sys.modules)"
    loaded = set(_process(sys.executable, "-c", script).stdout.split())
    assert "jupyter_runs.cli" in loaded
    heavy = {
        "IPython",
        "jupyter_core",
        "jupyter_server",
        "tornado",
        "traitlets",
        "rich",
        "yaml",
        "jmespath",
        "psutil",
        "asyncio",
    }
    assert loaded & heavy == set()


# -- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_names_every_command_option_and_format():
    page = (Path(__file__).parent.parent / "docs" / "cli.md").read_text("utf-8")
    for name, command in cli.commands.items():
        assert f"`{name} " in page
        for option in command.params:
            assert any(spelling in page for spelling in option.opts) or option.name in {"words", "expression"}, option
    assert f"-o {'|'.join(cli_output.FORMATS)}" in page
