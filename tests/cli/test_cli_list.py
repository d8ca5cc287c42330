"""What list, show and children find, and how a run is named."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from jupyter_runs.model import NewRun, Status

#: The three queries of the Azure ML documentation, word for word.
AZURE_QUERIES = {
    "[?properties.author=='azureml-user']": {"good", "plain"},
    "[?tags.keys(@)[?starts_with(@, 'worth another look')]]": {"look"},
    "[?properties.author=='azureml-user' && tags.quality=='fantastic run']": {"good"},
}


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


def test_several_statuses_are_listed_by_commas_or_by_repeating(listed, make, store):
    make(name="waiting")
    store.transition(make(name="gone").run_id, Status.CANCELED)
    make(name="busy", status=Status.RUNNING)
    assert listed("--status", "Canceled,running") == ["busy", "gone"]
    assert listed("--status", "Canceled", "--status", "running") == ["busy", "gone"]


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


def test_a_run_is_found_by_a_name_that_only_one_has(given, run, make):
    wanted = make(name="lr sweep")
    make(name="lr sweep two")
    assert given("show", "-r", "lr sweep")["run_id"] == wanted.run_id
    make(name="lr sweep")
    code, _, err = run("show", "-r", "lr sweep")
    assert code == 2
    assert "more than one" in err


def test_a_name_that_is_also_the_beginning_of_another_id_is_refused(run, make):
    make("abc1", name="x")
    make("zz", name="abc")
    assert run("show", "-r", "abc")[0] == 2


# -- more filters -----------------------------------------------------------------------------------------------------


def test_children_are_listed_one_level_or_all_the_way_down(given, make):
    root = make(name="root").run_id
    child = make(name="child", parent_id=root).run_id
    make(name="grandchild", parent_id=child)
    assert [item["name"] for item in given("children", "-r", root)] == ["child"]
    assert [item["name"] for item in given("children", "-r", root, "--recursive")] == ["grandchild", "child"]
    assert [item["name"] for item in given("children", "-r", root, "--recursive", "grand")] == ["grandchild"]
    assert [item["name"] for item in given("list", "--pipeline-run-id", root)] == ["grandchild", "child"]


def test_runs_are_listed_by_compute_target(listed, make):
    make(name="a")
    assert listed("--compute-target-name", "local") == ["a"]
    assert listed("--compute-target-name", "gpu-cluster") == []


def test_a_minimal_list_has_the_columns_of_azure_ml(given, make):
    run_id = make(tags={"a": None}).run_id
    (item,) = given("list", "--minimal")
    assert item == {
        "RunId": run_id,
        "RunType": None,
        "Status": "NotStarted",
        "StartTime": None,
        "EndTime": None,
        "Target": "local",
        "Tags": {"a": None},
    }


def test_a_query_that_the_shell_has_split_is_put_together(listed, documented):
    assert listed("[?properties.author=='azureml-user'", "&&", "tags.quality=='fantastic", "run']") == ["good"]
    assert listed("[?tags.keys(@)[?starts_with(@,", "'worth", "another", "look')]]") == ["look"]


def test_experiments_are_listed_the_latest_first(given, make):
    make(experiment="one")
    make(experiment="two")
    make(experiment="two")
    found = given("experiment", "list")
    assert [(item["name"], item["runs"], item["active"]) for item in found] == [("two", 2, 2), ("one", 1, 1)]
    assert given("experiment", "list", "[].name") == ["two", "one"]
    assert [item["name"] for item in given("experiment", "list", "-e", "one")] == ["one"]


def test_runs_have_the_names_of_azure_ml_beside_ours(given, make):
    parent = make(name="p")
    run_id = make(name="a", parent_id=parent.run_id, type="azureml.scriptrun").run_id
    data = given("show", "-r", run_id)
    assert (data["experiment_name"], data["experiment_id"], data["run_type"], data["target"]) == (
        "digits",
        "digits",
        "azureml.scriptrun",
        "local",
    )
    assert (data["parent_run_id"], data["root_run_id"]) == (parent.run_id, parent.run_id)
