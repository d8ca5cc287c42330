"""Completions of a search text: what is offered, where it goes, and that every offer is a search that finds what was counted."""

from __future__ import annotations

import pytest
import stores
from serving import living_owner

from jupyter_runs import search
from jupyter_runs.model import Point, Status
from jupyter_runs.search_terms import FIELDS


@pytest.fixture(params=stores.KINDS)
def kind(request):
    return request.param


@pytest.fixture
def runs(make, store):
    """Three runs that are found, one archived, one in the bin."""
    made = [
        make(tags={"quality": "good", "my key": "a b"}, params={"lr": "0.1", "model": "resnet"}),
        make(tags={"quality": "good", "quick": None}, params={"lr": "0.2"}, properties={"author": "ż, (me)"}),
        make(experiment="text-2", tags={"quality": "50%_\\", 'a"b': "x"}, params={"lr": "0.1"}),
        make(tags={"quality": "hidden", "hidden": "1"}, experiment="digits"),
        make(tags={"quality": "binned", "binned": "1"}, experiment="digits"),
    ]
    store.append(made[0].run_id, [Point("acc", "number", 0.5, None, 1.0), Point("val loss", "number", 1, None, 1.0)])
    store.append(made[4].run_id, [Point("binned", "number", 0.5, None, 1.0)])
    store.transition(made[1].run_id, Status.CANCELED)
    store.set_archived(made[3].run_id, True)
    store.transition(made[4].run_id, Status.CANCELED)
    store.delete_run(made[4].run_id)
    return made


@pytest.fixture
def offered(ask):
    """Texts and counts that are offered for a search text."""

    async def offered(text, **params):
        code, answer = await ask("suggest", q=text, **params)
        assert code == 200
        return [(one["text"], one["count"]) for one in answer["suggestions"]]

    return offered


async def test_fields_are_offered_first(offered):
    found = await offered("")
    assert ("status:", None) in found
    assert ("tag:", None) in found
    assert await offered("stat") == [("status:", None)]
    assert await offered("EXPERIM") == [("experiment:", None)]
    assert ("tag:", None) in await offered("exp:digits -(t")


async def test_each_field_is_offered_by_its_shortest_name(offered):
    names = [text.rstrip(":") for text, _ in await offered("e")]
    assert names[:2] == ["exp", "ended"]
    assert "experiment" not in names


@pytest.mark.usefixtures("runs")
async def test_who_knows_no_fields_is_offered_keys_statuses_and_experiments(offered):
    assert ("tag:quality", 3) in await offered("qua")
    assert ("status:canceled", 1) in await offered("canc")
    assert ("exp:text-2", 1) in await offered("text")
    assert ("metric:acc", 1) in await offered("ac")
    assert ("param:lr", 3) in await offered("lr")


@pytest.mark.usefixtures("runs")
async def test_keys_come_with_their_runs_and_begin_before_they_contain(offered):
    assert await offered("tag:") == [
        ("tag:quality", 3),
        ('tag:"a""b"', 1),
        ('tag:"my key"', 1),
        ("tag:quick", 1),
    ]
    assert await offered('tag:"a""') == [('tag:"a""b"', 1)]
    assert await offered('tag:"a""b"=') == [('tag:"a""b"=x', 1)]
    assert await offered("tag:qu") == [("tag:quality", 3), ("tag:quick", 1)]
    assert await offered("tag:key") == [('tag:"my key"', 1)]
    assert await offered("prop:") == [("prop:author", 1)]
    assert await offered("metric.max:") == [("metric.max:acc", 1), ('metric.max:"val loss"', 1)]


@pytest.mark.usefixtures("runs")
async def test_values_come_after_a_key(offered):
    assert await offered("tag:quality=") == [("tag:quality=good", 2), ("tag:quality=50%_\\", 1)]
    assert (await offered("tag:quality"))[0] == ("tag:quality", 3)
    assert ("tag:quality=good", 2) in await offered("tag:quality")
    assert await offered('tag:"my key"="a') == [('tag:"my key"="a b"', 1)]
    assert await offered("tag:quality^=go") == [("tag:quality^=good", 2)]
    assert await offered("tag:quality=%") == [("tag:quality=50%_\\", 1)]
    assert await offered("tag:quality=_") == [("tag:quality=50%_\\", 1)]
    assert await offered("param:lr=") == [("param:lr=0.1", 2), ("param:lr=0.2", 1)]
    assert await offered("prop:author=") == [('prop:author="ż, (me)"', 1)]
    assert await offered("param:lr<") == []


@pytest.mark.usefixtures("runs")
async def test_statuses_are_counted_and_a_list_of_them_goes_on(offered, make):
    make(owner=living_owner(), status=Status.RUNNING)
    found = dict(await offered("status:"))
    assert (found["status:active"], found["status:running"], found["status:canceled"]) == (3, 1, 1)
    assert found["status:failed"] == 0
    assert await offered("status:failed,run") == [("status:failed,running", 1)]
    assert "status:failed,failed" not in dict(await offered("status:failed,"))


@pytest.mark.usefixtures("runs")
async def test_words_names_and_orders_are_offered(offered):
    assert await offered("is:ar") == [("is:archived", None)]
    assert ("exp:digits", 2) in await offered("exp:")
    assert await offered("by:") == [("by:me", None), ("by:ada", 3)]
    assert ("created:today", None) in await offered("created:")
    assert await offered("sort:-creat") == [("sort:-created", None)]
    assert await offered("sort:-metric:a") == [("sort:-metric:acc", 1), ('sort:-metric:"val loss"', 1)]
    assert await offered("nothing:x") == []
    assert await offered("name:x") == []


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("tag:q", [0, 5]),
        ("status:running tag:q", [15, 20]),
        ("-tag:q", [1, 6]),
        ("a or (tag:q", [6, 11]),
        ('😀 tag:"my ', [3, 11]),
        ("fast ", [5, 5]),
    ],
)
async def test_what_is_replaced_is_the_last_word_as_a_browser_counts(ask, text, where):
    _, answer = await ask("suggest", q=text)
    assert {tuple(one["replace"]) for one in answer["suggestions"]} == {tuple(where)}


@pytest.mark.usefixtures("runs")
async def test_every_offer_that_is_whole_is_a_search_that_finds_the_runs_that_were_counted(ask, offered):
    texts = [
        *(f"{name}:" for name in FIELDS),
        "tag:quality=",
        'tag:"my key"=',
        "param:lr=",
        "param:model=",
        "prop:author=",
    ]
    checked = 0
    for text in texts:
        for offer, count in await offered(text):
            if offer.endswith(":"):
                continue
            search.parse(offer)
            checked += 1
            if count is not None and not offer.startswith("sort:"):
                _, page = await ask("runs", q=offer)
                assert page["total"] == count, offer
    assert checked > 50


async def test_at_most_as_many_as_asked_for_are_offered(offered, ask, make):
    make(tags={f"k{n:03}": "x" for n in range(50)})
    assert len(await offered("tag:")) == 20
    assert len(await offered("tag:", limit=3)) == 3
    for wrong in ({"limit": 21}, {"limit": 0}, {"q": "x" * 1001}):
        code, data = await ask("suggest", **wrong)
        assert (code, data["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "(((",
        "-",
        ":",
        "tag:=",
        "tag:^=",
        'tag:"',
        "sort:-",
        "sort::",
        "status:,",
        "'; DROP TABLE run",
        "\x00",
        "%_\\",
    ],
)
@pytest.mark.usefixtures("runs")
async def test_whatever_is_typed_there_is_an_answer(offered, text):
    assert isinstance(await offered(text), list)
