"""Search in a log: every match once, whatever its length, and never more work than a call may do."""

from __future__ import annotations

import random
import re

import pytest
from serving import write_log

from jupyter_runs.server import logsearch


async def every(ask, run_id, **query):
    """Offsets of all matches, call by call."""
    found, calls = [], 0
    while True:
        code, answer = await ask(f"runs/{run_id}/log/search", **query)
        assert code == 200
        found += [match["offset"] for match in answer["matches"]]
        calls += 1
        if answer["next"] is None:
            return found, calls
        query["from"] = answer["next"]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(logsearch, "_BLOCK", 64)
    monkeypatch.setattr(logsearch, "_BUDGET", 256)


async def test_every_match_is_found_once_in_both_directions(ask, make, folder, small):
    run = make()
    rng = random.Random(7)
    data = "".join(rng.choice(["ab", "aB", "\n", "żó", "xyz ", "😀"]) for _ in range(700)).encode()
    write_log(folder, run.run_id, data)
    for text in ("ab", "ŻÓ", "z ", "😀😀", "bab", "not there"):
        there = re.finditer(f"(?={re.escape(text.lower())})".encode(), data.decode().lower().encode())
        expected = [match.start() for match in there]
        for limit in (7, 1000):
            found, calls = await every(ask, run.run_id, q=text, limit=limit)
            assert found == expected, (text, limit)
            assert calls > 1
            found, _ = await every(ask, run.run_id, q=text, limit=limit, back=1)
            assert found == expected[::-1], (text, limit)


async def test_a_match_comes_with_its_line_and_its_place_for_a_range(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, "first\nzażółć GĘŚLĄ jaźń\nlast".encode())
    _, answer = await ask(f"runs/{run.run_id}/log/search", q="gęślą")
    (match,) = answer["matches"]
    assert (match["line"], answer["next"], answer["size"]) == ("zażółć GĘŚLĄ jaźń", None, 37)
    _, text = await ask(f"runs/{run.run_id}/log", offset=match["offset"], limit=match["length"])
    assert text.body.decode() == "GĘŚLĄ"


async def test_case_counts_where_it_is_asked_for(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, b"Error error ERROR")
    assert (await every(ask, run.run_id, q="error"))[0] == [0, 6, 12]
    assert (await every(ask, run.run_id, q="error", case=1))[0] == [6]


async def test_the_last_traceback_is_found_from_the_end(ask, make, folder, small):
    run = make()
    one = b"Traceback (most recent call last):\n  File x\nValueError: bad\n"
    write_log(folder, run.run_id, one + b"line\n" * 20 + one + b"x" * 100)
    _, answer = await ask(f"runs/{run.run_id}/log/search", find="traceback")
    assert [m["offset"] for m in answer["matches"]] == [len(one) + 100]
    _, answer = await ask(f"runs/{run.run_id}/log/search", find="traceback", **{"from": answer["next"]})
    assert [m["offset"] for m in answer["matches"]] == [0]
    assert answer["next"] is None


async def test_a_long_line_is_cut_between_characters(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, ("ż" * 500 + "needle" + "ó" * 500).encode())
    _, answer = await ask(f"runs/{run.run_id}/log/search", q="needle")
    (match,) = answer["matches"]
    assert "needle" in match["line"]
    assert len(match["line"].encode()) <= 400
    assert set(match["line"]) == set("żneedleó")


async def test_a_run_without_a_log_has_no_matches(ask, make):
    _, answer = await ask(f"runs/{make().run_id}/log/search", q="x")
    assert answer == {"matches": [], "next": None, "size": 0}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, "q"),
        ({"q": "x" * 501}, "500"),
        ({"find": "error"}, "traceback"),
        ({"q": "x", "limit": 0}, "limit"),
        ({"q": "x", "back": "yes"}, "back"),
        ({"q": "x", "from": "a"}, "from"),
    ],
)
async def test_a_wrong_search_is_named(ask, make, query, named):
    code, data = await ask(f"runs/{make().run_id}/log/search", **query)
    assert (code, data["reason"]) == (400, "BadRequest")
    assert named in data["message"]
