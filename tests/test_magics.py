"""The magics in a real kernel: one Out, one traceback, the right run, and what a notebook keeps of it."""

from __future__ import annotations

import re

import pytest
from kernel import Kernel, until

from jupyter_runs import Workspace
from jupyter_runs.model import NewRun, Status
from jupyter_runs.wire import MIME

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("k")


@pytest.fixture(scope="module")
def kernel(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)  # with it the kernel does not show what C code writes
        kernel = Kernel(
            JUPYTER_RUNS_WORKSPACE=str(folder / "ws"),
            JUPYTER_RUNS_HOME=str(folder / "home"),
            JPY_SESSION_NAME="/home/me/My notebook (1).ipynb",
        )
    assert kernel.run("%load_ext jupyter_runs").ok
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def workspace(kernel, folder):
    workspace = Workspace(folder / "ws")
    yield workspace
    workspace.store.close()


@pytest.fixture
def kws(kernel, workspace):
    """The kernel's workspace. Afterwards no run of the kernel is open and its settings are as they were."""
    yield workspace
    reset = kernel.run("%config RunsMagics.panel = 'full'\n%config RunsMagics.experiment = ''")
    assert reset.errors == []
    assert list(workspace.search("status:active")) == []


def count(kws):
    return len(kws.search("-id:nothing"))


def newest(kws):
    return kws.search("-id:nothing")[0]


# -- one cell, one run -----------------------------------------------------------------------------------------------------


def test_a_cell_is_a_run_and_the_body_sees_it(kernel, kws):
    result = kernel.run("%%run_experiment digits\nrun.log('loss', 0.5)\nkept = run.id\nrun.status")
    run = newest(kws)
    assert (run.experiment.name, run.status, run.get_metrics(), run.parent) == (
        "digits",
        "Completed",
        {"loss": 0.5},
        None,
    )
    assert [r["data"]["text/plain"] for r in result.results] == ["'Running'"]
    assert kernel.run("print(kept == run.id == _run.id)").stdout == "True\n"


def test_every_option_is_recorded(kernel, kws):
    kernel.run(
        "%%run_experiment explore --name 'lr sweep' -t quality=good --tag plain -t \"worth another look\" --prop author=ada "
        "--desc 'a first try' -p lr=0.1 --param layers=[1,2] --panel none --var trial\n"
        "assert (lr, layers) == (0.1, [1, 2])\ntrial.log('lr', lr)"
    )
    run = newest(kws)
    assert (run.experiment.name, run.name, run.description, run.status) == (
        "explore",
        "lr sweep",
        "a first try",
        "Completed",
    )
    assert run.get_tags() == {"quality": "good", "plain": None, "worth another look": None}
    assert run.get_properties()["author"] == "ada"
    assert run.params == {"lr": "0.1", "layers": "[1,2]"}
    assert kernel.run("print(trial.id)").stdout.strip() == run.id


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("3", 3),
        ("1e-3", 0.001),
        ("True", True),
        ("None", None),
        ("[1,2]", [1, 2]),
        ("'a b'", "a b"),
        ("adam", "adam"),
        ("a=b", "a=b"),
        ("__import__('os')", "__import__(os)"),
        ("", ""),
    ],
)
def test_a_parameter_is_a_variable_of_its_type(kernel, kws, text, value):
    result = kernel.run(f"%%run_experiment p --panel none -p value={text}\nprint(repr(value))")
    assert result.stdout.splitlines()[0] == repr(value)


def test_without_a_name_the_experiment_is_the_notebooks(kernel, kws):
    kernel.run("%%run_experiment\npass")
    assert newest(kws).experiment.name == "My-notebook-1"
    kernel.run("%config RunsMagics.experiment = 'by-config'")
    kernel.run("%%run_experiment\npass")
    assert newest(kws).experiment.name == "by-config"


def test_variables_are_expanded_on_the_magics_line_and_not_in_the_body(kernel, kws):
    kernel.run("rate = 0.25")
    result = kernel.run("%%run_experiment e --panel none -t lr={rate} --name trial-$rate\nprint('{rate}')")
    run = newest(kws)
    assert (run.get_tags(), run.name) == ({"lr": "0.25"}, "trial-0.25")
    assert result.stdout.startswith("{rate}\n")


# -- the cell stays a cell -------------------------------------------------------------------------------------------------


def test_one_out_and_a_semicolon_silences_it(kernel, kws):
    result = kernel.run("%%run_experiment e\n1 + 1")
    assert [r["data"]["text/plain"] for r in result.results] == ["2"]
    assert kernel.run("print(_)").stdout == "2\n"
    assert kernel.run("%%run_experiment e\n1 + 1;").results == []


def test_one_traceback_with_the_notebooks_line_numbers(kernel, kws):
    result = kernel.run("# a comment\n\n%%run_experiment e\nx = 1\n\ny = x / 0")
    assert len(result.errors) == 1
    assert (result.reply["status"], result.reply["ename"]) == ("error", "ZeroDivisionError")
    assert result.traceback.count("ZeroDivisionError: division by zero") == 1
    assert re.search(r"----> 6 y = x / 0|line: 6|line 6", result.traceback)
    assert "jupyter_runs" not in result.traceback
    error = newest(kws).get_details()["error"]["error"]
    assert (newest(kws).status, error["code"], error["message"]) == ("Failed", "ZeroDivisionError", "division by zero")
    assert "y = x / 0" in error["debugInfo"]


@pytest.mark.parametrize("above", ["", "\n\n", "# a comment\n", "\n# one\n   # two\n\n"], ids=repr)
def test_blank_and_comment_lines_above_are_fine(kernel, kws, above):
    result = kernel.run(f"{above}%%run_experiment above --panel none\nprint(run.status)")
    assert result.stdout.startswith("Running\n")
    assert newest(kws).status == "Completed"


@pytest.mark.parametrize("magic", ["%%run_experiment e", "%%child_run c"])
def test_a_magic_that_is_not_first_is_a_usage_error_and_no_run(kernel, kws, magic):
    before = count(kws)
    result = kernel.run(f"import os\n{magic}\nprint('body')")
    assert result.reply["status"] == "error"
    assert "must be the first line of the cell" in result.stderr
    assert "body" not in result.stdout
    assert count(kws) == before


@pytest.mark.parametrize("body", ["x = = 1", "def f(:\n  pass", "'open", "if True:"])
def test_a_syntax_error_starts_no_run(kernel, kws, body):
    before = count(kws)
    result = kernel.run(f"%%run_experiment e\nprint('started')\n{body}")
    assert result.reply["ename"] in {"SyntaxError", "IndentationError", "_IncompleteInputError"}
    assert "started" not in result.stdout
    assert count(kws) == before


def test_an_await_at_the_top_works(kernel, kws):
    result = kernel.run(
        "%%run_experiment e\nimport asyncio\nawait asyncio.sleep(0.01)\nrun.log('x', 1)\nawait asyncio.sleep(0, 'value')"
    )
    assert [r["data"]["text/plain"] for r in result.results] == ["'value'"]
    assert (newest(kws).status, newest(kws).get_metrics()) == ("Completed", {"x": 1})


@pytest.mark.parametrize(
    ("body", "status", "ename"),
    [
        ("raise ValueError('no')", "Failed", "ValueError"),
        ("import asyncio\nawait asyncio.sleep(0)\nraise ValueError('no')", "Failed", "ValueError"),
        ("raise KeyboardInterrupt", "Canceled", "KeyboardInterrupt"),
        ("import sys; sys.exit(0)", "Completed", "SystemExit"),
        ("import sys; sys.exit('out of data')", "Failed", "SystemExit"),
        ("run.cancel()\nrun.log('x', 1)", "Canceled", "RunCanceled"),
        ("run.fail('on purpose')", "Failed", None),
        ("run.complete()", "Completed", None),
        ("nested = run.child_run()\nraise ValueError", "Failed", "ValueError"),
    ],
)
def test_the_run_ends_as_the_cell_does(kernel, kws, body, status, ename):
    result = kernel.run(f"%%run_experiment e --name ends --panel none\n{body}")
    run = next(iter(kws.search("name:ends")))
    assert (run.status, result.reply.get("ename")) == (status, ename)
    assert {child.status for child in run.get_children()} <= {status}
    assert kernel.run("print('alive')").stdout == "alive\n"


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("%%run_experiment e --panel none\n%%time\nx = run.id\nprint('body')", "Wall time"),
        ("%%time\n%%run_experiment e --panel none\nx = run.id\nprint('body')", "Wall time"),
        ("%%run_experiment e --panel none\n\n%%time\nx = run.id\nprint('body')", "Wall time"),
        ("%%run_experiment e --panel none\n%time x = run.id; print('body')", "body"),
        ("%%run_experiment e --panel none\n%%capture shown\nx = run.id\nprint('body')", "Completed"),
        ("%%capture shown\n%%run_experiment e --panel none\nx = run.id\nprint('body')", ""),
    ],
    ids=[
        "%%time inside",
        "%%time outside",
        "%%time after a blank line",
        "%time",
        "%%capture inside",
        "%%capture outside",
    ],
)
def test_other_magics_work_inside_and_outside(kernel, kws, code, output):
    result = kernel.run(code)
    assert result.errors == []
    assert output in result.stdout
    run = newest(kws)
    assert run.status == "Completed"
    assert kernel.run("print(x)").stdout.strip() == run.id
    if "%%capture" in code:
        assert "body" not in result.stdout
        assert "body" in kernel.run("print(shown.stdout)").stdout


def test_time_inside_with_an_error_fails_the_run_with_one_traceback(kernel, kws):
    result = kernel.run("%%run_experiment e --panel none\n%%time\n1/0")
    assert len(result.errors) == 1
    assert newest(kws).status == "Failed"


def test_a_program_may_call_the_magic(kernel, kws):
    code = "get_ipython().run_cell_magic('run_experiment', 'program --panel none', 'x = run.id\\nrun.log(\"x\", 1)')"
    assert kernel.run(code).errors == []
    run = newest(kws)
    assert (run.experiment.name, run.status, run.get_metrics()) == ("program", "Completed", {"x": 1})
    kernel.run("get_ipython().run_cell_magic('run_experiment', 'program --panel none', '1/0')")
    assert newest(kws).status == "Failed"


def test_the_persons_own_interrupt_cancels_the_run_and_the_kernel_lives(kernel, kws):
    cell = kernel.start("%%run_experiment e --panel none\nimport time; time.sleep(60)")
    run = until(lambda: next(iter(kws.search("status:running")), None))
    kernel.manager.interrupt_kernel()
    assert kernel.finish(cell).reply["ename"] == "KeyboardInterrupt"
    assert (run.status, run._record().cancel_via) == ("Canceled", "interrupt")
    assert kernel.run("print('alive')").stdout == "alive\n"


# -- nesting ---------------------------------------------------------------------------------------------------------------


def test_a_cell_run_inside_a_run_is_its_child_and_says_so(kernel, kws):
    inside = "%%run_experiment inner --panel none\nrun.log('x', 1)"
    code = f"%%run_experiment outer --panel none\nr = get_ipython().run_cell({inside!r})\nprint('after')"
    result = kernel.run(code)
    inner, outer = newest(kws), kws.search("exp:outer")[0]
    assert inner.parent == outer
    assert (inner.status, outer.status, inner.get_metrics()) == ("Completed", "Completed", {"x": 1})
    assert f"Child of {outer.name} (#{outer.number}); use --parent none" in result.stdout
    assert result.stdout.index("Child of") < result.stdout.index("after")


def test_parent_none_makes_a_run_of_its_own(kernel, kws):
    kernel.run(
        "%%run_experiment outer --panel none\nr = get_ipython().run_cell('%%run_experiment own --parent none --panel none\\npass')"
    )
    assert newest(kws).parent is None
    assert newest(kws).status == "Completed"


def test_a_parent_may_be_named_by_id_or_last(kernel, kws):
    kernel.run("%%run_experiment first --panel none\npass")
    first = newest(kws)
    kernel.run("%%run_experiment --parent last --panel none\npass")
    second = newest(kws)
    assert (second.parent, second.experiment.name) == (first, "first")
    kernel.run(f"%%run_experiment --parent {first.id} --panel none\npass")
    assert newest(kws).parent == first


def test_a_child_cell_belongs_to_the_last_run_and_has_a_name(kernel, kws):
    kernel.run("%%run_experiment parent --panel none\npass")
    parent = newest(kws)
    kernel.run("%%child_run trial -t a=b --panel none\nrun.log('x', 1)")
    child = newest(kws)
    assert (child.name, child.get_tags(), child.experiment.name) == ("trial", {"a": "b"}, "parent")
    assert child.parent == parent
    assert parent.get_metrics(recursive=True) == {child.id: {"x": 1}}


def test_a_cell_is_a_child_of_a_run_that_was_opened_by_hand(kernel, kws):
    kernel.run("from jupyter_runs import *\nhand = Experiment(Workspace.from_config(), 'hand').start_logging()")
    kernel.run("%%run_experiment --panel none\npass")
    child = newest(kws)
    kernel.run("hand.complete()")
    assert child.parent.experiment.name == "hand"
    assert (child.status, child.parent.status) == ("Completed", "Completed")


# -- what is wrong is said in one line ---------------------------------------------------------------------------------------


USAGE = {
    "%%run_experiment two words": "Unrecognized arguments: words. See %%run_experiment --help.",
    "%%run_experiment e --nope": "Unrecognized arguments: --nope",
    "%%run_experiment e --panel huge": "invalid choice: 'huge'",
    "%%run_experiment e -p lr": "not of the form KEY=VALUE",
    "%%run_experiment e -p =1": "not of the form KEY=VALUE",
    "%%run_experiment e -p 1x=1": "no variable name",
    "%%run_experiment e --prop author": "not of the form KEY=VALUE",
    "%%run_experiment e --var 1x": "no variable name",
    "%%run_experiment e -t =x": "not of the form KEY or KEY=VALUE",
    "%%run_experiment e --name": "expected one argument",
    "%%run_experiment e --name 'open": "A quote is never closed",
    "%%run_experiment ../up": "cannot name an experiment",
    "%%run_experiment 'two words'": "Try 'two-words'",
    "%%run_experiment e --parent nowhere": "No run 'nowhere'",
    "%%child_run c --parent nowhere": "No run 'nowhere'",
    f"%%run_experiment e -t {'k' * 10000}": "use at most 256",
    f"%%run_experiment e --name {'n' * 300}": "use at most 256",
    "%run_tag": "required: KEY",
    "%run_tag a --id nowhere": "No run 'nowhere'",
    "%run_cancel nowhere": "No run 'nowhere'",
    "%run_cancel a --all": "not allowed with",
    "%run_panel nowhere": "No run 'nowhere'",
    "%run_panel last --panel none": "invalid choice",
    "%runs colour:red": "expected one of",
    '%runs "open': "never closed",
}


@pytest.mark.parametrize(("line", "message"), USAGE.items(), ids=[line[:40] for line in USAGE])
def test_a_mistake_is_one_line_and_no_run(kernel, kws, line, message):
    before = count(kws)
    result = kernel.run(f"{line}\nprint('body')" if line.startswith("%%") else line)
    assert result.reply["status"] == "error"
    assert result.reply["ename"] == "UsageError"
    assert result.stderr.startswith("UsageError: ")
    assert message in result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert "body" not in result.stdout
    assert result.displays == []
    assert count(kws) == before


@pytest.mark.parametrize("magic", ["%%run_experiment", "%%child_run", "%run_tag", "%run_cancel", "%run_panel"])
def test_help_shows_the_options_and_starts_nothing(kernel, kws, magic):
    before = count(kws)
    result = kernel.run(f"{magic} --help")
    assert result.reply["status"] == "ok"
    assert f"usage: {magic}" in result.stdout
    assert "--help" in result.stdout
    assert count(kws) == before


def test_a_question_mark_explains_a_magic(kernel, kws):
    for magic in ("%%run_experiment", "%%child_run", "%runs", "%run_tag", "%run_cancel", "%run_panel"):
        result = kernel.run(f"{magic}?")
        assert result.ok
        assert magic in str(result.reply["payload"])


# -- what is shown -----------------------------------------------------------------------------------------------------------


def test_one_display_that_ends_static_with_the_final_status(kernel, kws):
    result = kernel.run(
        "%%run_experiment shown --name visible\nrun.log('loss', 0.25)\nprint('a line')\nprint('another')"
    )
    first, *updates = result.displays
    display_id = first["transient"]["display_id"]
    assert updates
    assert {update["transient"]["display_id"] for update in updates} == {display_id}
    assert first["data"][VIEW]["model_id"]
    assert first["data"][MIME]["run"]["status"] == "Running"
    last = updates[-1]["data"]
    assert VIEW not in last
    run = last[MIME]["run"]
    assert (run["status"], run["shown_status"], run["metrics"]["loss"]["last"]) == ("Completed", "Completed", 0.25)
    assert last[MIME]["log_tail"] == "a line\nanother\n"
    assert "Completed" in last["text/html"]
    assert re.fullmatch(rf"Run #{run['number']} shown/visible Completed \d+\.\ds loss=0\.25", last["text/plain"])
    assert result.stdout == "a line\nanother\n"


@pytest.mark.parametrize("body", ["1/0", "raise KeyboardInterrupt"])
def test_the_last_state_is_shown_when_the_cell_ended_badly(kernel, kws, body):
    result = kernel.run(f"%%run_experiment e\n{body}")
    last = result.displays[-1]["data"]
    assert VIEW not in last
    assert last[MIME]["run"]["status"] == newest(kws).status
    assert last[MIME]["run"]["is_final"]


def test_mini_shows_the_header_only_and_none_only_a_line_of_text(kernel, kws):
    mini = kernel.run("%%run_experiment e --panel mini\nrun.log('loss', 1)").displays[-1]["data"]
    assert mini[MIME]["view"] == "mini"
    assert "<table" not in mini["text/html"]
    none = kernel.run("%%run_experiment e --panel none\nrun.log('loss', 1)")
    assert none.displays == []
    assert re.fullmatch(r"Run #\d+ e/run-\d+ Completed \d+\.\ds loss=1\n", none.stdout)
    kernel.run("%config RunsMagics.panel = 'none'")
    assert kernel.run("%%run_experiment e\npass").displays == []
    assert kernel.run("%%run_experiment e --panel mini\npass").displays


def test_where_our_server_extension_runs_no_widget_is_made(kernel, kws, folder):
    pid = kernel.run("import os; os.environ['JPY_PARENT_PID'] = str(os.getppid()); print(os.getppid())").stdout.strip()
    mark = folder / "home" / "servers" / f"{pid}.json"
    mark.parent.mkdir(exist_ok=True)
    mark.write_text("{}")
    result = kernel.run("%%run_experiment e\npass")
    mark.unlink()
    assert [VIEW in display["data"] for display in result.displays] == [False] * len(result.displays)


def test_a_panel_of_any_run_can_be_shown_later(kernel, kws):
    kernel.run("%%run_experiment e --name earlier --panel none\npass")
    run = newest(kws)
    for which in ("", "last", run.id, run.id[:13]):
        data = kernel.run(f"%run_panel {which}").displays[-1]["data"]
        assert data[MIME]["run"]["run_id"] == run.id
        assert VIEW not in data


# -- the log -----------------------------------------------------------------------------------------------------------------


def test_the_log_has_all_that_the_cell_wrote_in_order_and_the_cell_shows_it_too(kernel, kws):
    code = """%%run_experiment log --panel none
import logging, os, subprocess, sys
print('one')
print('two', file=sys.stderr)
sys.stdout.write('three\\n')
logging.basicConfig(stream=sys.stderr, format='%(message)s', force=True)
logging.warning('four')
print('five', flush=True)
!echo six
print('seven')
"""
    result = kernel.run(code)
    run = newest(kws)
    log = run.get_log()
    assert log.splitlines() == ["one", "two", "three", "four", "five", "six", "seven"]
    assert [line for line in result.stdout.splitlines() if not line.startswith("Run #")] == [
        "one",
        "three",
        "five",
        "six",
        "seven",
    ]
    assert result.stderr == "two\nfour\n"
    assert run._record().log_bytes == len(log)


def test_a_handler_that_was_made_before_the_run_is_in_the_log_and_nothing_from_after_it(kernel, kws):
    kernel.run("import logging, sys\nlogging.basicConfig(stream=sys.stderr, format='%(message)s', force=True)")
    kernel.run("%%run_experiment log --panel none\nlogging.error('inside')")
    kernel.run("logging.error('outside'); print('outside')")
    assert newest(kws).get_log() == "inside\n"


def test_what_c_code_writes_is_in_the_log(kernel, kws):
    code = """%%run_experiment log --panel none
import os, subprocess, time
os.write(1, b'from C\\n')
subprocess.run(['echo', 'from a child'])
end = time.monotonic() + 5
while 'from a child' not in run.get_log() and time.monotonic() < end: time.sleep(0.01)
"""
    kernel.run(code)
    assert {"from C", "from a child"} <= set(newest(kws).get_log().splitlines())


def test_what_threads_write_and_long_lines_are_whole_in_the_log(kernel, kws):
    code = """%%run_experiment log --panel none
import threading
threads = [threading.Thread(target=lambda n=n: [print(f'{n}-' + 'x' * 500) for _ in range(50)]) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print('é🎉\\ud800' * 2000)
"""
    kernel.run(code)
    log = newest(kws).get_log()
    assert sum(log.count(f"{n}-" + "x" * 500) for n in range(4)) == 200
    assert log.rstrip("\n").endswith("é🎉\\ud800" * 2000)


def test_the_panels_own_output_is_not_in_the_log(kernel, kws):
    kernel.run("%%run_experiment log\nprint('mine')")
    assert newest(kws).get_log() == "mine\n"


# -- the line magics -----------------------------------------------------------------------------------------------------------


def test_runs_lists_what_matches_newest_first(kernel, kws):
    for name in ("listed-a", "listed-b"):
        kernel.run(
            f"%%run_experiment lists --name {name} -t quality='fantastic run' --panel none\nrun.child_run('below')"
        )
    result = kernel.run('%runs exp:lists tag:quality="fantastic run"')
    assert result.results[0]["data"]["text/plain"].index("listed-b") < result.results[0]["data"]["text/plain"].index(
        "listed-a"
    )
    assert "listed-a" in result.results[0]["data"]["text/html"]
    assert kernel.run("found = %runs exp:lists name:listed\nprint(len(found), found[0].name)").stdout == "2 listed-b\n"
    assert kernel.run("print(len(%runs))") is not None
    assert kernel.run("all_roots = %runs\nprint({r.parent for r in all_roots})").stdout == "{None}\n"
    assert kernel.run("%runs name:nothing-is-called-so").results[0]["data"]["text/plain"] == "[]"


def test_a_tag_is_set_and_removed_on_the_active_run_the_last_one_or_a_named_one(kernel, kws):
    kernel.run("%%run_experiment tags --panel none\n%run_tag inside=yes 'worth another look'")
    run = newest(kws)
    assert run.get_tags() == {"inside": "yes", "worth another look": None}
    kernel.run("%run_tag after=1")
    kernel.run("%run_tag inside --remove")
    assert run.get_tags() == {"worth another look": None, "after": "1"}
    kernel.run("%%run_experiment tags --panel none\npass")
    kernel.run(f"%run_tag there --id {run.id[:13]}")
    assert "there" in run.get_tags()
    assert newest(kws).get_tags() == {}


def test_a_run_that_was_opened_by_hand_is_canceled_by_id_by_last_and_by_default(kernel, kws):
    for argument in ("", "last", "{hand.id}", "{hand.id[:13]}"):
        kernel.run(
            "from jupyter_runs import *\nhand = Experiment(Workspace.from_config(), 'by-hand-only').start_logging()"
        )
        run = kws.search("exp:by-hand-only")[0]
        result = kernel.run(f"%run_cancel {argument}")
        assert result.errors == [], argument
        assert re.fullmatch(rf"{run.name} is Canceled \(after \d+\.\d s\)\.\n", result.stdout), argument
        assert (run.status, run._record().cancel_via) == ("Canceled", "magic")


@pytest.fixture
def orphan(kws):
    """A run that nobody owns, whose parent has ended."""
    kws.store.create_runs([NewRun("ended", "all", "me", status=Status.RUNNING)])
    kws.store.create_runs([NewRun("orphan", "all", "me", parent_id="ended")])
    kws.store.transition("ended", Status.COMPLETED)
    yield kws.get_run("orphan")
    kws.store.request_cancel("orphan", by="me", via="rest")


def test_all_cancels_every_active_run(kernel, kws):
    kernel.run(
        "from jupyter_runs import *\na = Experiment(Workspace.from_config(), 'all').start_logging()\nb = a.child_run()"
    )
    assert kernel.run("%run_cancel --all").errors == []
    assert [run.status for run in kws.search("exp:all")] == ["Canceled", "Canceled"]
    assert kernel.run("%run_cancel --all").stdout == "No run is active.\n"


def test_all_cancels_children_whose_parent_has_ended_too(kernel, kws, orphan):
    kernel.run("from jupyter_runs import *\na = Experiment(Workspace.from_config(), 'all').start_logging()")
    kernel.run("%run_cancel --all")
    assert orphan.status == "Canceled"


# -- loading -------------------------------------------------------------------------------------------------------------------


def test_loading_again_is_harmless_and_unloading_takes_the_magics_away(folder):
    kernel = Kernel(JUPYTER_RUNS_WORKSPACE=str(folder / "ws2"), JUPYTER_RUNS_HOME=str(folder / "home2"))
    try:
        assert "not found" in kernel.run("%%run_experiment e\npass").stderr
        kernel.run("%load_ext jupyter_runs")
        kernel.run("%load_ext jupyter_runs\n%reload_ext jupyter_runs")
        kernel.run("%%run_experiment once --panel none\nprint('body')")
        workspace = Workspace(folder / "ws2")
        assert len(workspace.search("exp:once")) == 1
        assert kernel.run("%unload_ext jupyter_runs").errors == []
        result = kernel.run("%%run_experiment twice\nprint('body')")
        assert "not found" in result.stderr
        assert len(workspace.search("exp:twice")) == 0
        kernel.run("%load_ext jupyter_runs")
        assert kernel.run("%%run_experiment thrice --panel none\npass").ok
        assert [run.status for run in workspace.search("exp:thrice")] == ["Completed"]
        workspace.store.close()
    finally:
        kernel.close()
