"""The program as a whole: mistakes, exit codes, start, shells, its page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from terminal import BIN, dead_owner, in_pipe

import jupyter_runs
from jupyter_runs import cli_output, paths
from jupyter_runs.cli import cli
from jupyter_runs.model import NewRun, Status
from jupyter_runs.store.sqlite import SqliteStore


def commands(group=cli, above=()):
    """Every command that can be called, as its words and itself."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))
        else:
            yield " ".join((*above, name)), command


COMMANDS = list(commands())


@pytest.mark.parametrize(
    ("args", "code", "named"),
    [
        (["lst"], 2, "Did you mean list"),
        (["list", "[?properties.author==azureml-user]"], 2, "double quotes"),
        (["list", "[?properties.author=='azureml-user'"], 2, "double quotes"),
        (["list", "--parent-run-id", "a", "--pipeline-run-id", "b"], 2, "exclude"),
        (["list", "--watch"], 2, "terminal"),
        (["list", "--path", "/nowhere/at/all"], 1, "--path"),
        (["list", "-w", "nobodys"], 1, "known: none yet"),
        (["update", "-r", "last"], 2, "--add-tag"),
        (["update", "-r", "last", "--name", ""], 2, "name"),
        (["tag", "-r", "last"], 2, "KEY"),
        (["tag", "-r", "last", "a", "--remove", "a"], 2, "both"),
        (["tag", "-r", "last", "=x"], 2, "key"),
        (["complete", "-r", "nope"], 3, "nope"),
        (["wait", "-r", "nope"], 3, "nope"),
        (["delete", "-r", "nope"], 3, "nope"),
        (["folder", "attach"], 2, "-w NAME"),
        (["folder", "attach", "-w", "mine", "-e", "no good"], 2, "no-good"),
        (["export", "x.zip"], 2, "-e EXPERIMENT"),
        (["export", "x.zip", "-e", "nope"], 2, "no runs"),
        (["import", "/nowhere/x.zip"], 2, "/nowhere/x.zip"),
        (["completion", "tcsh"], 2, "tcsh"),
        (["submit-script", "train.py"], 2, "-e EXPERIMENT"),
        (["download-logs", "-r", "last"], 2, "--output-dir"),
        (["submit-hyperdrive", "-c", "x"], 1, "child runs"),
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


@pytest.mark.parametrize("command", [["jupyter", "runs"], ["jruns"]])
def test_the_programs_are_there(folder, command):
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    result = in_pipe(*command, "--version", env=environment)
    assert (result.returncode, result.stdout.strip()) == (0, jupyter_runs.__version__)
    result = in_pipe(*command, env=environment)
    assert result.returncode == 0
    assert f"Usage: {' '.join(command)} " in result.stdout
    result = in_pipe(*command, "show", "-r", "nope", env=environment)
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
        result = in_pipe(BIN / "jruns", "list", "-o", form, env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert (result.returncode, result.stderr) == (0, "")


def test_a_list_loads_neither_jupyter_nor_what_it_does_not_draw(folder):
    script = "import sys\nsys.argv[1:] = ['list']\nfrom jupyter_runs.cli import main\ntry:\n main()\nfinally:\n print(*sys.modules)"
    loaded = set(in_pipe(sys.executable, "-c", script).stdout.split())
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


def test_a_run_whose_process_died_is_listed_as_failed(listed, make):
    make(name="dead", owner=dead_owner(), status=Status.RUNNING)
    assert listed("--status", "Running") == []
    assert listed("--status", "Failed") == ["dead"]


def test_commands_are_loaded_when_they_are_called(folder):
    script = "import sys\nsys.argv[1:] = ['list']\nfrom jupyter_runs.cli import main\ntry:\n main()\nfinally:\n print(*sys.modules)"
    loaded = in_pipe(sys.executable, "-c", script).stdout.split()
    ours = {name for name in loaded if name.startswith("jupyter_runs.cli_")}
    assert ours == {f"jupyter_runs.cli_{name}" for name in ("options", "complete", "output", "list", "runs")}
    assert "jupyter_runs.run" not in loaded


def test_the_word_run_of_azure_ml_may_stay(listed, run, make):
    make(name="a")
    assert listed() == ["a"]
    code, out, _ = run("run", "list")
    assert (code, json.loads(out)[0]["name"]) == (0, "a")
    code, out, _ = run("run")
    assert (code, out.startswith("Usage:")) == (0, True)


@pytest.mark.parametrize(("words", "command"), COMMANDS)
def test_every_command_takes_the_options_of_azure_ml_and_explains_them(run, words, command):
    code, out, _ = run(*words.split(), "-h")
    assert code == 0
    assert out.startswith("Usage:")
    if words != "completion":
        for option in (
            "-w,",
            "-g,",
            "-e,",
            "--subscription-id",
            "--path",
            "-t,",
            "-o,",
            "--query",
            "--debug",
            "--verbose",
        ):
            assert option in out


@pytest.mark.parametrize("words", ["", "experiment", "folder"])
def test_a_group_alone_shows_its_help(run, words):
    code, out, err = run(*words.split())
    assert (code, err) == (0, "")
    assert out.startswith("Usage:")


def test_options_of_azure_ml_that_mean_nothing_here_are_taken(listed, make):
    make(name="a")
    assert listed("-g", "group", "--subscription-id", "0000", "--only-show-errors") == ["a"]


def test_verbose_says_which_workspace_is_used(run, folder):
    code, out, err = run("list", "--verbose")
    assert (code, out) == (0, "[]\n")
    assert str(folder) in err


def test_debug_shows_where_an_error_arises(folder):
    result = in_pipe(BIN / "jruns", "show", "-r", "nope", "--debug")
    assert result.returncode == 3
    assert "Traceback" in result.stderr
    assert "Traceback" not in in_pipe(BIN / "jruns", "show", "-r", "nope").stderr


def test_a_result_is_kept_in_a_file_too(run, make, tmp_path):
    make(name="ż")
    file = tmp_path / "result.json"
    code, out, _ = run("list", "-t", str(file), "--query", "[].name")
    assert (code, json.loads(out)) == (0, ["ż"])
    assert json.loads(file.read_text("utf-8"))[0]["name"] == "ż"


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(run, make, store, tmp_path):
    run_id = make().run_id
    code, _, err = run("update", "-r", run_id, "--add-tag", "a", "-t", str(tmp_path / "no" / "such" / "file"))
    assert code == 2
    assert "folder" in err
    assert store.get_run(run_id).tags == {}


# -- completion -------------------------------------------------------------------------------------------------------


def completed(line):
    """What a bash is told to offer after `line`."""
    words = line.split(" ")
    environment = os.environ | {
        "_JRUNS_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    result = in_pipe(BIN / "jruns", env=environment)
    assert result.stderr == ""
    return [found.split(",", 1)[1] for found in result.stdout.splitlines() if found]


def test_commands_options_and_what_the_store_knows_are_completed(make):
    make("3f9c2a77", experiment="explore-runs", tags={"quality": "good"})
    make("77aa", experiment="digits")
    assert completed("jruns mon") == ["monitor-logs"]
    assert completed("jupyter-runs run li") == ["list"]
    assert completed("jruns show --ru") == ["--run"]
    assert completed("jruns show -r ") == ["last", "77aa", "3f9c2a77"]
    assert completed("jruns show -r 3f") == ["3f9c2a77"]
    assert completed("jruns show -e digits -r ") == ["last", "77aa"]
    assert completed("jruns list -e ex") == ["explore-runs"]
    assert completed("jruns list --tags ") == ["quality"]
    assert completed("jruns list --status R") == ["Running"]
    assert completed("jruns list -o j") == ["json", "jsonc"]


def test_runconfigs_are_completed(run, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("folder", "attach", "-w", "mine")[0] == 0
    assert completed("jruns submit-script -c sk") == ["sklearn"]


def test_completion_makes_no_store_and_never_fails_aloud(folder):
    assert completed("jruns show -r ") == []
    assert not folder.exists()
    folder.mkdir()
    (folder / paths.DATABASE).write_bytes(b"no database at all" * 100)
    assert completed("jruns show -r ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_serves_both_programs(run, shell):
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert "jruns" in out
    assert "jupyter-runs" in out
    if program := shutil.which(shell):
        assert in_pipe(program, "-n", "-c", out).returncode == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("program", ["jruns", "jupyter-runs"])
def test_bash_completes_both_programs(folder, run, program):
    script = run("completion", "bash")[1]
    asked = f"{script}\nCOMP_WORDS=({program} mon); COMP_CWORD=1\n"
    asked += f'"$(complete -p {program} | sed "s/.*-F //; s/ .*//")" {program}; echo "${{COMPREPLY[@]}}"'
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    result = in_pipe("bash", "-c", asked, env=environment)
    assert result.stdout.strip() == "monitor-logs", result.stderr


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    return (Path(__file__).parent.parent.parent / "docs" / "cli.md").read_text("utf-8")


@pytest.mark.parametrize(("words", "command"), COMMANDS)
def test_the_page_names_every_command_and_every_option(page, words, command):
    assert re.search(rf"`{words}[ `]", page)
    for option in command.params:
        if isinstance(option, click.Option):
            for spelling in option.opts:
                assert re.search(rf"(?<![\w-]){spelling}(?![\w-])", page), f"{words} {spelling}"


def test_the_page_names_every_form_of_output_and_every_exit_code(page):
    assert f"-o {'|'.join(cli_output.FORMATS)}" in page
    for code in (0, 1, 2, 3, 4, 5, 130):
        assert f"| {code} |" in page
