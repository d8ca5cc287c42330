"""Corrections of a search text that finds nothing: what is near, and that it finds what was counted."""

from __future__ import annotations

import pytest

from jupyter_runs.model import Point, Status


@pytest.fixture
def runs(make, store):
    """Runs with tags, params, a metric and names of experiments that one can mistype."""
    made = [
        make(experiment="digits", tags={"quality": "fantastic run", "my key": "a"}, params={"model": "resnet"}),
        make(experiment="digits", tags={"quality": "poor", 'a"b': "x"}, params={"model": "vgg"}),
        make(experiment="letters 2", tags={"Team": None}),
    ]
    store.append(made[0].run_id, [Point("accuracy", "number", 0.5, None, 1.0)])
    store.transition(made[1].run_id, Status.CANCELED)
    return made


@pytest.fixture
def meant(ask):
    """Labels and counts of the corrections of a search text; each text finds as many runs as it says."""

    async def meant(text):
        code, answer = await ask("corrections", q=text)
        assert code == 200
        for one in answer["corrections"]:
            _, found = await ask("runs", q=one["text"])
            assert found["total"] == one["count"] > 0
            assert one["token"] in text
        return [(one["label"], one["count"]) for one in answer["corrections"]]

    return meant


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("tag:qualty", [("tag:quality", 2)]),
        ("tag:QUALITY", [("tag:quality", 2)]),
        ("tag:team", [("tag:Team", 1)]),
        ('tag:"my kee"', [('tag:"my key"', 1)]),
        ("tag:qualty=poor", [("tag:quality=poor", 1)]),
        ("tag:quality=por", [("tag:quality=poor", 1)]),
        ('tag:quality="fantastc run"', [('tag:quality="fantastic run"', 1)]),
        ("-tag:qualty exp:digts", [("exp:digits", 2)]),
        ("param:modl=vgg", [("param:model=vgg", 1)]),
        ("metric.max:acuracy>0.1", [("metric.max:accuracy>0.1", 1)]),
        ("exp:Digits", [("exp:digits", 2)]),
        ('exp:"letters"', [('exp:"letters 2"', 1)]),
        ("(tag:qualty or tag:x)", [("(tag:quality", 2)]),
        ("cancelled", [("status:canceled", 1)]),
        ("acuracy", [("metric:accuracy", 1)]),
        ("😀 or qualty", [("tag:quality", 2)]),
    ],
)
async def test_the_nearest_that_runs_have_is_offered(meant, text, corrected):
    expected = [(label.removeprefix("("), count) for label, count in corrected]
    assert (await meant(text))[: len(expected)] == expected


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    "text",
    ["", "tag:quality", "tag:quality=poor exp:nowhere-near", "status:failed", "zzz", "metric:accuracy>1"],
)
async def test_what_is_right_or_far_from_everything_is_left_alone(meant, text):
    assert await meant(text) == []


@pytest.mark.usefixtures("runs")
async def test_a_correction_that_would_find_nothing_is_not_offered(meant):
    assert await meant("tag:qualty status:failed") == []


async def test_what_does_not_parse_is_refused_as_everywhere(ask):
    code, answer = await ask("corrections", q="tagg:quality")
    assert (code, answer["instead"]) == (400, "tag:quality")
