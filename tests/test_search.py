"""The search grammar: what people type, and what they are told when it does not parse. What it finds: test_store.py."""

from __future__ import annotations

import pytest

from jupyter_runs.errors import InvalidQuery
from jupyter_runs.model import Status
from jupyter_runs.search import FIELDS, MAX_TEXT, Term, parse

PARSED = {
    "": [],
    "   ": [],
    "sweep": [Term("text", "sweep")],
    "two words": [Term("text", "two"), Term("text", "words")],
    '"two words"': [Term("text", "two words")],
    'half"quoted "word': [Term("text", "halfquoted word")],
    "-sweep": [Term("text", "sweep", negated=True)],
    '-"two words"': [Term("text", "two words", negated=True)],
    "a-b": [Term("text", "a-b")],
    "--x": [Term("text", "-x", negated=True)],
    "12:30": [Term("text", "12:30")],
    "http://host/x": [Term("text", "http://host/x")],
    "#12": [Term("text", "#12")],
    "status:running": [Term("status", "Running", op="is")],
    "STATUS:Running": [Term("status", "Running", op="is")],
    "status:active": [Term("status", "active", op="is")],
    "status:canceling": [Term("status", "CancelRequested", op="is")],
    "status:cancelled": [Term("status", "Canceled", op="is")],
    "status:notresponding": [Term("status", "NotResponding", op="is")],
    "-status:failed": [Term("status", "Failed", op="is", negated=True)],
    "tag:quality": [Term("tag", "", key="quality", op="has")],
    "tag:quality=good": [Term("tag", "good", key="quality", op="is")],
    'tag:quality="fantastic run"': [Term("tag", "fantastic run", key="quality", op="is")],
    "tag:quality^=fan": [Term("tag", "fan", key="quality", op="starts")],
    'tag:"worth another look"': [Term("tag", "", key="worth another look", op="has")],
    'tag:"a=b"=c': [Term("tag", "c", key="a=b", op="is")],
    "tag:a=b=c": [Term("tag", "b=c", key="a", op="is")],
    "tag:a=": [Term("tag", "", key="a", op="is")],
    "-tag:a": [Term("tag", "", key="a", op="has", negated=True)],
    "exp:digits": [Term("experiment", "digits", op="is")],
    "experiment:digits": [Term("experiment", "digits", op="is")],
    "name:sweep": [Term("name", "sweep")],
    "desc:base": [Term("description", "base")],
    "by:ada": [Term("submitted_by", "ada")],
    "id:3f9c": [Term("run_id", "3f9c", op="starts")],
    "exp:a  status:failed\tloss": [
        Term("experiment", "a", op="is"),
        Term("status", "Failed", op="is"),
        Term("text", "loss"),
    ],
    "'; DROP TABLE run; --": [
        Term("text", "';"),
        Term("text", "DROP"),
        Term("text", "TABLE"),
        Term("text", "run;"),
        Term("text", "-", negated=True),
    ],
}


@pytest.mark.parametrize(("text", "terms"), PARSED.items(), ids=[repr(text) for text in PARSED])
def test_a_search_text_is_read_as_a_person_means_it(text, terms):
    assert list(parse(text).terms) == terms


@pytest.mark.parametrize("status", Status)
def test_every_status_can_be_searched_for_in_any_case(status):
    for word in (status.value, status.value.lower(), status.value.upper()):
        assert parse(f"status:{word}").terms == (Term("status", status.value, op="is"),)


REFUSED = {
    "status:": "status:running",
    "status:runing": "Unknown status",
    "tag:": "tag:quality",
    "tag:=x": "tag:KEY=VALUE",
    "tag:a^b": "tag:KEY=VALUE",
    'tag:""': "tag:KEY",
    "colour:red": "expected one of",
    "exp:": "exp:digits",
    "-": "write a word after it",
    '""': "write a word after it",
    '"open': 'add a second "',
    f'"{"x" * 500}': 'add a second "',
    "x" * (MAX_TEXT + 1): f"at most {MAX_TEXT}",
    "a " * MAX_TEXT: f"at most {MAX_TEXT}",
}


@pytest.mark.parametrize(("text", "remedy"), REFUSED.items(), ids=[repr(text[:20]) for text in REFUSED])
def test_what_does_not_parse_is_refused_in_one_line_with_the_remedy(text, remedy):
    with pytest.raises(InvalidQuery) as refused:
        parse(text)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_every_field_has_an_example_in_its_error():
    for field in FIELDS:
        with pytest.raises(InvalidQuery, match=f"{field}:"):
            parse(f"{field}:")
