"""RunPanel, a real ipywidget that follows a run of any process, and RunDetails, its name in SDK v1."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time

import ipywidgets
import pytest
import traitlets
from kernel import Kernel, until

from jupyter_runs import Experiment, RunDetails, RunPanel
from jupyter_runs.model import NewRun, Owner, Status
from jupyter_runs.snapshot import snapshot
from jupyter_runs.wire import MIME

VIEW = "application/vnd.jupyter.widget-view+json"
HOSTILE = "<img src=x onerror=alert(1)>\"'&</td><script>alert(2)</script>\x1b[31m"

pytestmark = pytest.mark.usefixtures("no_new_threads")


@pytest.fixture
def run(ws):
    return Experiment(ws, "e").start_logging(name="trial")


@pytest.fixture
def panel(run):
    panel = RunPanel(run)
    yield panel
    panel.close()


def elsewhere(ws, code):
    """Do this to `run` in another process."""
    text = f"from jupyter_runs import Workspace\nrun = Workspace().get_run(next(iter(Workspace().search())).id)\n{code}"
    env = {**os.environ, "JUPYTER_RUNS_WORKSPACE": str(ws.folder)}
    subprocess.run([sys.executable, "-W", "error", "-c", text], check=True, env=env)


def followed(ws):
    return [*ws.feed._subscriptions]


def test_a_panel_shows_the_run_as_it_is(ws, run):
    run.log("loss", 0.5)
    run.tag("quality", "good")
    run.create_children(2)
    panel = RunPanel(run, view="mini")
    assert isinstance(panel, ipywidgets.DOMWidget)
    assert (panel.status, panel.tags, panel.metrics) == ("Running", {"quality": "good"}, {"loss": 0.5})
    assert (panel.children_count, panel.view, panel.run) == (2, "mini", run)
    panel.close()


def test_what_a_notebook_keeps_holds_the_authors_properties_before_the_recorded_ones(ws):
    properties = {f"jupyter_runs.fact{i}": "recorded" for i in range(40)} | {"author": "ada"}
    run = Experiment(ws, "e").start_logging(properties=properties)
    run.create_children(1)
    saved = snapshot(ws, run.id)
    assert saved["run"]["properties"]["author"] == "ada"
    assert len(saved["run"]["properties"]) < 25
    assert saved["children"][0]["properties"] == {}


def test_the_traits_follow_a_run_that_another_process_changes(ws, run, panel):
    elsewhere(ws, "run.log('loss', 0.25); run.tag('seen', 'there'); run.log('bad', float('nan'))")
    until(lambda: panel.metrics == {"loss": 0.25, "bad": "NaN"} and panel.tags == {"seen": "there"})
    assert panel.status == "Running"


def test_the_panel_of_another_processs_run_follows_it_to_its_end(ws):
    code = """
from jupyter_runs import Experiment, Workspace
import sys
with Experiment(Workspace(), "far").start_logging() as run:
    print("on", flush=True)
    sys.stdin.readline()
    run.log("x", 1)
    run.create_children(3)
"""
    env = {**os.environ, "JUPYTER_RUNS_WORKSPACE": str(ws.folder)}
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )
    assert other.stdout.readline() == "on\n"
    panel = RunPanel(next(iter(ws.search())))
    assert panel.status == "Running"
    other.communicate("go\n", timeout=30)
    until(lambda: panel.status == "Completed" and panel.children_count == 3 and panel.metrics == {"x": 1})
    until(lambda: not followed(ws))
    panel.close()


def test_a_request_to_cancel_is_seen(ws):
    far = Owner("elsewhere", "", 1, 1.0)
    ws.store.create_runs([NewRun("far", "e", "me", status=Status.RUNNING, owner=far)])
    panel = RunPanel(ws.get_run("far"))
    ws.store.request_cancel("far", by="me", via="rest")
    until(lambda: panel.status == "CancelRequested")
    ws.store.transition("far", Status.CANCELED)
    until(lambda: panel.status == "Canceled")
    panel.close()


def test_changes_can_be_observed_and_linked(run, panel):
    seen, text = [], ipywidgets.Text()
    panel.observe(lambda change: seen.append((change["old"], change["new"])), "status")
    link = traitlets.dlink((panel, "status"), (text, "value"))
    run.complete()
    until(lambda: text.value == "Completed")
    assert seen == [("Running", "Completed")]
    link.unlink()


def test_panels_compose(ws, run):
    other = run.child_run("child")
    box = ipywidgets.VBox([RunPanel(run), RunPanel(other)])
    run.log("x", 1)
    other.log("y", 2)
    until(lambda: [child.metrics for child in box.children] == [{"x": 1}, {"y": 2}])
    assert box.children[0].children_count == 1
    for child in box.children:
        child.close()
    assert followed(ws) == []


def test_a_closed_panel_leaves_no_thread_and_no_listener(ws, run):
    before = threading.active_count()
    panels = [RunPanel(run) for _ in range(3)]
    assert len(followed(ws)) == 3
    for panel in panels:
        panel.close()
        panel.close()
    assert followed(ws) == []
    until(lambda: threading.active_count() == before)


def test_a_panel_stops_listening_by_itself_when_run_and_children_have_ended(ws, run, panel):
    child = run.child_run()
    until(lambda: panel.children_count == 1)
    ws.store.transition(run.id, Status.COMPLETED)
    until(lambda: panel.status == "Completed")
    assert len(followed(ws)) == 1, "a child is running"
    ws.store.transition(child.id, Status.COMPLETED)
    until(lambda: not followed(ws))
    assert panel._snapshot["run"]["child_counts"] == {"Completed": 1}


def test_the_panel_of_an_ended_run_never_listens(ws, run):
    run.fail("no")
    panel = RunPanel(run)
    assert (panel.status, followed(ws)) == ("Failed", [])
    panel.close()


def test_the_bundle_has_our_renderers_payload_html_and_text(run, panel):
    bundle = panel._repr_mimebundle_()
    assert bundle[MIME]["run"]["run_id"] == run.id
    assert "trial" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Run #1 e/trial Running")


def test_a_panel_that_takes_long_to_draw_is_drawn_less_often(run, panel, monkeypatch):
    from jupyter_runs import widget

    drawn = []
    draw = widget.snapshot

    def slowly(*args, **options):
        drawn.append(time.monotonic())
        while time.monotonic() < drawn[-1] + 0.05:
            pass
        return draw(*args, **options)

    monkeypatch.setattr(widget, "snapshot", slowly)
    began = time.monotonic()
    i = 0
    while time.monotonic() < began + 1:
        run.log("x", i := i + 1)
    until(lambda: panel.metrics == {"x": i})
    assert min(later - earlier for earlier, later in itertools.pairwise(drawn)) > 0.4


ACTIONS = {
    "set_tags": ({"tags": {"a": "b"}}, lambda run: run.get_tags() == {"a": "b"}),
    "remove_tag": ({"key": "old"}, lambda run: run.get_tags() == {}),
    "rename": ({"name": "new"}, lambda run: run.display_name == "new"),
    "describe": ({"description": "text"}, lambda run: run.description == "text"),
    "cancel": ({}, lambda run: run.status == "Canceled"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_of_the_front_end_is_done_and_answered(run, panel, monkeypatch, action):
    fields, done = ACTIONS[action]
    if action == "remove_tag":
        run.tag("old")
    sent = []
    monkeypatch.setattr(panel, "send", sent.append)
    panel._on_message(panel, {"type": "action", "action": action, "id": 7, **fields}, [])
    until(lambda: done(run))
    assert sent == [{"type": "reply", "id": 7, "error": None}]


@pytest.mark.parametrize(
    "content",
    [
        {"action": "set_tags", "tags": {"": "x"}},
        {"action": "set_tags", "tags": 5},
        {"action": "set_tags"},
        {"action": "rename", "name": ""},
        {"action": "rename", "name": 5},
        {"action": "describe", "description": "x" * 6000},
        {"action": "explode"},
        {},
    ],
    ids=repr,
)
def test_a_bad_action_is_answered_in_one_line_and_changes_nothing(ws, run, panel, monkeypatch, content):
    before = ws.store.get_run(run.id)
    sent = []
    monkeypatch.setattr(panel, "send", sent.append)
    panel._on_message(panel, {"type": "action", "id": 1, **content}, [])
    ((reply),) = sent
    assert reply["error"]
    assert "\n" not in reply["error"]
    assert ws.store.get_run(run.id) == before


def test_a_panel_of_a_run_that_was_removed_for_good_says_so_and_goes_on_showing_it(ws, run, panel, monkeypatch):
    run.complete()
    run.delete()
    ws.gc(older_than_days=0)
    sent = []
    monkeypatch.setattr(panel, "send", sent.append)
    panel._on_message(panel, {"type": "action", "action": "set_tags", "tags": {"a": "b"}, "id": 7}, [])
    ((reply),) = sent
    assert run.id in reply["error"]
    assert panel._snapshot["run"]["name"] == "trial"


def test_a_panel_of_a_run_in_the_bin_tells_the_front_end(run):
    run.complete()
    run.delete()
    panel = RunPanel(run)
    assert panel._snapshot["run"]["deleted_at"] is not None
    panel.close()


@pytest.mark.parametrize("content", [None, "x", {}, {"type": "other"}, 5])
def test_other_messages_are_none_of_our_business(panel, monkeypatch, content):
    sent = []
    monkeypatch.setattr(panel, "send", sent.append)
    panel._on_message(panel, content, [])
    assert sent == []


def test_hostile_texts_are_escaped_everywhere_they_are_html(ws):
    run = Experiment(ws, "e").start_logging(
        name=HOSTILE, description=HOSTILE, tags={HOSTILE: HOSTILE}, properties={HOSTILE: HOSTILE}
    )
    run.log(HOSTILE, HOSTILE)
    run.log("<b>", 1)
    run.progress(1, 2, HOSTILE)
    run.child_run(HOSTILE).fail(ValueError(HOSTILE))
    print(HOSTILE)
    run.fail(ValueError(HOSTILE))
    panel = RunPanel(run)
    for page in (panel._repr_mimebundle_()["text/html"], run._repr_html_(), run.get_children()._repr_html_()):
        assert "&lt;img src=x" in page
        for raw in ("<img src=x", "<script", "<b>", "\x1b"):
            assert raw not in page
    panel.close()


def test_run_details_gives_its_data_as_a_dict(run):
    run.log("x", 1)
    data = RunDetails(run).get_widget_data()
    assert (data["run"]["run_id"], data["series"][0]["name"]) == (run.id, "x")
    assert repr(RunDetails(run)).startswith(f"RunDetails(Run('{run.id}'")


# -- in a real kernel ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("k")
    kernel = Kernel(JUPYTER_RUNS_WORKSPACE=str(folder / "ws"), JUPYTER_RUNS_HOME=str(folder / "home"))
    kernel.run("from jupyter_runs import *\nexp = Experiment(Workspace(), 'e')\nimport threading, ipywidgets")
    yield kernel
    kernel.close()


@pytest.mark.parametrize("show", ["RunDetails(run).show()", "display(RunPanel(run))", "RunPanel(run)"])
def test_it_is_shown_with_a_widget_while_the_run_runs_and_without_ours_it_has_html(kernel, show):
    result = kernel.run(f"run = exp.start_logging(name={show!r})\n{show}")
    kernel.run("run.complete()")
    assert result.errors == []
    # The last update of an earlier output may arrive here too.
    (data,) = [d["data"] for d in result.displays + result.results if d["data"][MIME]["run"]["name"] == show]
    assert data[VIEW]["model_id"]
    assert show in data["text/html"]


def test_the_output_of_run_details_becomes_static_when_the_run_ends(kernel):
    shown = kernel.run("run = exp.start_logging(name='ends')\nRunDetails(run).show()").displays[0]
    ended = kernel.run("run.complete()\nimport time\nwhile run._workspace.feed._subscriptions: time.sleep(0.01)")
    updates = [d for d in ended.displays if d["transient"]["display_id"] == shown["transient"]["display_id"]]
    assert VIEW not in updates[-1]["data"]
    assert updates[-1]["data"][MIME]["run"]["status"] == "Completed"


def test_the_panel_moves_while_the_cell_is_busy(kernel):
    code = """
run = exp.start_logging()
panel = RunPanel(run)
seen = []
panel.observe(lambda change: seen.append(threading.current_thread().name), "metrics")
run.log("x", 1)
import time
end = time.monotonic() + 10
while not seen and time.monotonic() < end: pass
panel.close()
print(seen[0], run._workspace.feed._subscriptions)
run.complete()
"""
    assert kernel.run(code).stdout == "jupyter-runs-feed []\n"
