"""Runs in groups: what is counted where, and that the search text of a group lists exactly what was counted."""

from __future__ import annotations

import pytest
import stores

from jupyter_runs.model import Status


@pytest.fixture(params=stores.KINDS)
def kind(request):
    return request.param


NOTEBOOK = "jupyter_runs.notebook"


@pytest.fixture
def runs(make, store):
    made = {
        "a": make("a", tags={"q": "good one"}, properties={NOTEBOOK: "work/a b.ipynb"}, params={"lr": "0.1"}),
        "b": make("b", tags={"q": None}, properties={NOTEBOOK: "work/a b.ipynb"}),
        "c": make("c", tags={"q": ""}, params={"lr": "0.1"}),
        "d": make("d", experiment="text", tags={"q": "good one"}),
        "e": make("e", experiment="text"),
        "child": make("child", parent_id="d", tags={"q": "child"}),
        "archived": make("archived", tags={"q": "old"}, experiment="text"),
        "binned": make("binned", tags={"q": "old"}),
    }
    for run_id in ("b", "c", "d", "archived", "binned"):
        store.transition(run_id, Status.CANCELED)
    store.set_archived("archived", True)
    store.delete_run("binned")
    return made


@pytest.fixture
def grouped(ask, runs):
    """(value, has) -> ids that the search text of the group finds; counts are held against them."""

    async def grouped(by, **params):
        code, answer = await ask("groups", by=by, **params)
        assert code == 200
        assert answer["total"] == len(answer["groups"])
        found = {}
        for one in answer["groups"]:
            code, page = await ask("runs", q=one["q"], limit=500)
            assert code == 200
            ids = [run["run_id"] for run in page["runs"]]
            assert page["total"] == one["total"] == len(ids)
            found[one["value"] if one["has"] else "(none)"] = "".join(sorted(run_id[0] for run_id in ids))
        return found

    return grouped


async def test_experiments_with_the_newest_run_come_first(grouped):
    found = await grouped("experiment")
    assert list(found.items()) == [("text", "de"), ("digits", "abc")]


async def test_runs_of_no_notebook_come_last(grouped):
    assert list((await grouped("notebook")).items()) == [("work/a b.ipynb", "ab"), ("(none)", "cde")]


async def test_a_tag_may_have_a_value_none_or_an_empty_one(grouped):
    assert await grouped("tag:q") == {"good one": "ad", None: "b", "": "c", "(none)": "e"}
    assert await grouped("param:lr") == {"0.1": "ac", "(none)": "bde"}
    assert await grouped(f"prop:{NOTEBOOK}") == await grouped("notebook")


async def test_a_status_is_the_one_that_is_shown(grouped):
    assert await grouped("status") == {"Canceled": "bcd", "NotStarted": "ae"}


async def test_all_runs_may_be_one_group(grouped):
    assert await grouped("none") == {None: "abcde"}


async def test_archived_runs_are_counted_on_demand(grouped):
    assert await grouped("tag:q", archived="1") == {"good one": "ad", None: "b", "": "c", "old": "a", "(none)": "e"}


async def test_a_search_narrows_the_groups(grouped):
    assert await grouped("experiment", q="tag:q") == {"digits": "abc", "text": "d"}
    assert await grouped("experiment", q="id:a or id:d") == {"digits": "a", "text": "d"}
    assert await grouped("experiment", q="id:nothing") == {}


async def test_active_runs_are_told_and_those_with_active_children(ask, runs):
    _, answer = await ask("groups", by="experiment")
    assert {one["value"]: (one["total"], one["active"]) for one in answer["groups"]} == {
        "digits": (3, 1),
        "text": (2, 2),
    }


@pytest.mark.parametrize("value", ['say "x"', '"', '""', 'a""b "c', "two\nlines"])
async def test_quotation_marks_are_found_again(ask, make, value):
    make("a", tags={'the "q"': value})
    make("b", tags={'the "q"': value.replace('"', "") + "!"})
    _, answer = await ask("groups", by='tag:the "q"')
    group = next(one for one in answer["groups"] if one["value"] == value)
    _, found = await ask("runs", q=group["q"])
    assert [one["run_id"] for one in found["runs"]] == ["a"]


async def test_a_value_longer_than_a_search_has_no_search_text(ask, make):
    make("a", tags={"q": '"' * 600})
    _, answer = await ask("groups", by="tag:q")
    assert [(one["value"], one["q"]) for one in answer["groups"]] == [('"' * 600, None)]


@pytest.mark.parametrize("by", ["", "colour", "tag:", "tag", "metric:acc"])
async def test_what_is_no_group_is_refused_with_what_is(ask, by):
    code, answer = await ask("groups", by=by)
    assert code == 400
    assert "experiment, status, none, notebook, tag:KEY" in answer["message"]


async def test_an_order_is_refused(ask):
    code, answer = await ask("groups", by="none", q="sort:name")
    assert (code, "sort:" in answer["message"]) == (400, True)
