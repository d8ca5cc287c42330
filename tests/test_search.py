"""The search grammar: what people type, and what they are told when it does not parse. What it finds: test_search_store.py."""

from __future__ import annotations

import getpass
import json
import random
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from jupyter_runs.errors import InvalidQuery
from jupyter_runs.model import Status
from jupyter_runs.search import FIELDS, MAX_DEPTH, MAX_TEXT, Group, Sort, Term, _tokens, parse
from jupyter_runs.search_terms import IS_WORDS, SORTS
from jupyter_runs.search_values import duration, number, span

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc).timestamp()

PARSED = {
    "": [],
    "   ": [],
    "sweep": [Term("text", "sweep")],
    "two words": [Term("text", "two"), Term("text", "words")],
    '"two words"': [Term("text", "two words")],
    '"say ""hi"" twice"': [Term("text", 'say "hi" twice')],
    'tag:"a""b"=""""': [Term("tag", '"', key='a"b', op="is")],
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
    "by:me": [Term("submitted_by", "ada", op="is")],
    "by:ME": [Term("submitted_by", "ada", op="is")],
    'by:"me"': [Term("submitted_by", "me")],
    "is:mine": [Term("submitted_by", "ada", op="is")],
    "is:root": [Term("is", "root", op="is")],
    "is:Archived": [Term("is", "archived", op="is")],
    "-is:deleted": [Term("is", "deleted", op="is", negated=True)],
    "is:active": [Term("status", "active", op="is")],
    "parent:#128": [Term("parent", 128, op="=")],
    "parent:3f9c": [Term("parent", "3f9c", op="starts")],
    "parent:128": [Term("parent", "128", op="starts")],
    "notebook:train.ipynb": [Term("notebook", "train.ipynb")],
    "git:4be1": [Term("git", "4be1", op="starts")],
    "tag:wow!": [Term("tag", "", key="wow!", op="has")],
    'tag:a" b"^="c d"': [Term("tag", "c d", key="a b", op="starts")],
    "tag:fold>3": [Term("tag", 3, key="fold", op=">")],
    "tag:n=1": [Term("tag", "1", key="n", op="is")],
    "prop:author": [Term("property", "", key="author", op="has")],
    "property:author=me": [Term("property", "me", key="author", op="is")],
    "prop:author^=a": [Term("property", "a", key="author", op="starts")],
    "param:lr<=0.01": [Term("param", 0.01, key="lr", op="<=")],
    "-param:lr<=0.01": [Term("param", 0.01, key="lr", op="<=", negated=True)],
    "param:lr=0.01": [Term("param", 0.01, key="lr", op="=")],
    'param:lr="0.01"': [Term("param", "0.01", key="lr", op="is")],
    "param:seed=12345678901234567890": [Term("param", "12345678901234567890", key="seed", op="is")],
    "param:model=resnet": [Term("param", "resnet", key="model", op="is")],
    'param:"learning rate">1e-3': [Term("param", 0.001, key="learning rate", op=">")],
    "metric:acc": [Term("metric", "", key="acc", op="has")],
    "metric:acc>0.9": [Term("metric", 0.9, key="acc", op=">")],
    "metric.last:acc>=-.5": [Term("metric", -0.5, key="acc", op=">=")],
    "metric.max:acc!=1": [Term("metric.max", 1, key="acc", op="!=")],
    'METRIC.MIN:"val loss"<1e-3': [Term("metric.min", 0.001, key="val loss", op="<")],
    "metric:loss<inf": [Term("metric", float("inf"), key="loss", op="<")],
    "started:<2h": [Term("started_at", NOW - 7200, op=">")],
    "started:2h": [Term("started_at", NOW - 7200, op=">")],
    "created:>=1.5d": [Term("created_at", NOW - 129_600, op="<=")],
    "-ended:>1h30m": [Term("ended_at", NOW - 5400, op="<", negated=True)],
    "dur:>10m": [Term("duration", 600.0, op=">")],
    "duration:<=1h20m30s": [Term("duration", 4830.0, op="<=")],
    "f(x)": [Term("text", "f(x)")],
    "loss)": [Term("text", "loss)")],
    '"("': [Term("text", "(")],
    '"or"': [Term("text", "or")],
    "-or": [Term("text", "or", negated=True)],
    "oracle": [Term("text", "oracle")],
    "train.py:30": [Term("text", "train.py:30")],
    "a and b": [Term("text", "a"), Term("text", "b")],
    "(a)": [Term("text", "a")],
    "((a) (b))": [Group((Term("text", "a"), Term("text", "b")))],
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
    assert list(parse(text, user="ada", now=NOW).root.parts) == terms


A, B, C, D = (Term("text", letter) for letter in "abcd")
JOINED = {
    "a or b": Group((A, B), either=True),
    "a OR b": Group((A, B), either=True),
    "a b or c d": Group((Group((A, B)), Group((C, D))), either=True),
    "a and b or c": Group((Group((A, B)), C), either=True),
    "a or b or c": Group((A, B, C), either=True),
    "(a or b)c": Group((A, B), either=True),
    "(a or b)": Group((A, B), either=True),
    "-(a b)": Group((A, B), negated=True),
    "-(a or b)": Group((A, B), either=True, negated=True),
    "-(a)": Group((A,), negated=True),
    "-(-(a))": Group((Group((A,), negated=True),), negated=True),
    "status:running,failed": Group(
        (Term("status", "Running", op="is"), Term("status", "Failed", op="is")), either=True
    ),
    "-status:running,Active": Group(
        (Term("status", "Running", op="is"), Term("status", "active", op="is")), either=True, negated=True
    ),
    "tag:q!=x": Group((Term("tag", "", "q", "has"), Term("tag", "x", "q", "is", negated=True))),
    "-param:q!=1": Group((Term("param", "", "q", "has"), Term("param", 1, "q", "=", negated=True)), negated=True),
}


@pytest.mark.parametrize(("text", "group"), JOINED.items(), ids=[repr(text) for text in JOINED])
def test_and_binds_tighter_than_or_and_parentheses_tighter_than_both(text, group):
    assert parse(text).root.parts[0] == group


def test_terms_within_parentheses_end_where_the_group_ends():
    assert parse("(name:f(x) or exp:b) -c").root.parts == (
        Group((Term("name", "f(x)"), Term("experiment", "b", op="is")), either=True),
        Term("text", "c", negated=True),
    )


#: The search box of the front end reads the same file (searchtext.spec.ts): both find the same words.
TOKENS = json.loads(Path(__file__).with_name("search_tokens.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "tokens"), TOKENS.items(), ids=[repr(text) for text in TOKENS])
def test_words_begin_and_end_where_the_search_box_draws_them(text, tokens):
    assert [[token.kind, token.text, token.position] for token in _tokens(text)] == tokens


def test_terms_are_all_terms_wherever_they_stand():
    assert [term.value for term in parse("a (b or -(c d)) e").terms] == ["a", "b", "c", "d", "e"]


SORTED = {
    "sort:started": Sort("started_at"),
    "sort:-started": Sort("started_at", descending=True),
    "sort:dur": Sort("duration"),
    "sort:name": Sort("name"),
    "sort:-number": Sort("number", descending=True),
    "sort:by": Sort("submitted_by"),
    "sort:exp": Sort("experiment"),
    "sort:-metric:acc": Sort("metric", "acc", descending=True),
    "sort:metric.min:loss": Sort("metric.min", "loss"),
    "sort:param:lr": Sort("param", "lr"),
    'sort:-tag:"a b"': Sort("tag", "a b", descending=True),
    "sort:prop:a:b": Sort("property", "a:b"),
}


@pytest.mark.parametrize(("text", "order"), SORTED.items(), ids=list(SORTED))
def test_an_order_is_no_condition(text, order):
    query = parse(f"a {text} b")
    assert (query.sort, query.root.parts) == (order, (A, B))
    assert parse(text).root == Group(())


def test_every_order_can_be_asked_for():
    assert [parse(f"sort:{word}").sort.descending for word in SORTS] == [False] * len(SORTS)


def test_me_is_the_user_of_this_process_unless_said_otherwise():
    assert parse("by:me").terms == parse("is:mine").terms == (Term("submitted_by", getpass.getuser(), op="is"),)


@pytest.fixture
def berlin(monkeypatch):
    """Local time is an hour ahead of UTC, two in summer."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process cannot be set here")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


def at(text):
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


SPANS = {
    "today": ("2026-11-23T23:00", "2026-11-24T23:00"),
    "Yesterday": ("2026-11-22T23:00", "2026-11-23T23:00"),
    "2026-11-01": ("2026-10-31T23:00", "2026-11-01T23:00"),
    "2026-10-25": ("2026-10-24T22:00", "2026-10-25T23:00"),  # the day has 25 hours
    "2026-11-01T14:30": ("2026-11-01T13:30", "2026-11-01T13:31"),
    "2026-11-01 14:30:15": ("2026-11-01T13:30:15", "2026-11-01T13:30:16"),
    "2026-11-01T14:30Z": ("2026-11-01T14:30", "2026-11-01T14:31"),
    "2026-11-01T14:30:15+0200": ("2026-11-01T12:30:15", "2026-11-01T12:30:16"),
}


@pytest.mark.parametrize(("text", "expected"), SPANS.items(), ids=list(SPANS))
def test_days_and_times_are_local(berlin, text, expected):
    assert span(text, NOW) == tuple(at(instant) for instant in expected)


def test_comparisons_with_a_day_leave_the_day_out_or_in():
    first, after = span("2026-11-01", NOW)
    ends = {"<": [("<", first)], "<=": [("<", after)], ">": [(">=", after)], ">=": [(">=", first)]}
    ends |= {"": [(">=", first), ("<", after)], "=": [(">=", first), ("<", after)], "!=": [("<", first), (">=", after)]}
    for op, expected in ends.items():
        assert [(term.op, term.value) for term in parse(f"started:{op}2026-11-01").terms] == expected


def test_numbers_are_read_as_people_write_them():
    good = {
        "1": 1,
        "-2": -2,
        "+3.": 3.0,
        ".5": 0.5,
        "1e-3": 0.001,
        "1E5": 1e5,
        "inf": float("inf"),
        "-Infinity": -float("inf"),
    }
    assert {text: number(text) for text in good} == good
    assert isinstance(number("1"), int)
    assert isinstance(number("9" * 40), float)
    assert [number(text) for text in ("", "nan", "1_0", "0x10", "1,5", "٣", "1 ", "e5", ".", "--1")] == [None] * 10


def test_a_duration_always_has_its_units():
    good = {"90s": 90, "10m": 600, "1.5h": 5400, "4m12s": 252, "2D": 172_800, "1w": 604_800, ".5m": 30}
    assert {text: duration(text) for text in good} == good
    assert [duration(text) for text in ("", "10", "m", "10x", "10m5", "-1m", "1 m", "1.2.3h", "٣m")] == [None] * 9


@pytest.mark.parametrize("status", Status)
def test_every_status_can_be_searched_for_in_any_case(status):
    for word in (status.value, status.value.lower(), status.value.upper()):
        assert parse(f"status:{word}").terms == (Term("status", status.value, op="is"),)


REFUSED = {
    "status:runin": "Unknown status",
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
    '""x:"': 'add a second "',
    "statu:x": "Did you mean status?",
    "tagg:x": "Did you mean tag?",
    "metric.mx:x>1": "Did you mean metric.max?",
    "metric.:x": "expected one of",
    "status:runing": "Did you mean running?",
    "status:running,": "Unknown status",
    "status:": "e.g. status:running",
    "is:": "e.g. is:root",
    "is:rot": "Did you mean root?",
    "is:blue": "root, child, active, script, mine, archived, deleted",
    "parent:#x": "parent:#128",
    "parent:#": "parent:#128",
    "parent:#٣": "parent:#128",
    'exp:""': "exp:digits",
    'by:""': "by:me",
    "tag:a<x": "a number, e.g. 0.9",
    "tag:!=x": "tag:KEY=VALUE",
    "prop:": "prop:author",
    "param:lr<": "a number",
    "param:lr<fast": "a number",
    "metric:": "metric:acc>0.9",
    "metric:acc>": "a number",
    "metric:acc>nan": "a number",
    "metric:acc=good": "a number",
    "metric:acc==1": "a number",
    "metric:acc^=1": "metric:NAME>NUMBER",
    "metric:>1": "metric:NAME>NUMBER",
    "started:soon": "started:<2h",
    "started:": "e.g. started:<2h",
    "created:=2h": "created:today",
    "ended:>": "ended:>2026-11-01",
    "started:2026-13-01": "started:>2026-11-01",
    "started:2026-02-30": "started:>2026-11-01",
    "started:>9999-12-31": "started:>2026-11-01",
    "started:2026-11-01T25:00": "started:>2026-11-01",
    "started:2026-11-01T12:00+99:00": "started:>2026-11-01",
    "dur:10m": "dur:>10m",
    "dur:>10": "units s m h d w",
    "dur:=10m": "dur:>10m",
    "dur:>today": "units s m h d w",
    "sort:": "e.g. sort:-metric:acc",
    "sort:-": "created, started",
    "sort:color": "created, started",
    "sort:statu": "Did you mean status?",
    "sort:metric": "a key, e.g. sort:metric:acc",
    'sort:param:""': "a key, e.g. sort:param:lr",
    "sort:name:x": "created, started",
    "sort:name sort:dur": "one sort:",
    "-sort:name": "beside the conditions",
    "(a sort:name)": "beside the conditions",
    "(a": "add a )",
    "a (b (c)": "add a )",
    "-(a": "add a )",
    "(": "add a )",
    "()": "write a condition there",
    "a ( ) b": "write a condition there",
    "(a))": "closes nothing",
    ")": "closes nothing",
    "a or": "Nothing follows 'or'",
    "or a": "Nothing stands before 'or'",
    "a OR": "Nothing follows 'OR'",
    "a or or b": "Nothing follows 'or'",
    "a and": "Nothing follows 'and'",
    "a and or b": "Nothing follows 'and'",
    "(a or)": "Nothing follows 'or'",
    "(or a)": "Nothing stands before 'or'",
    "a or sort:name": "on both sides",
    "sort:name or a": "on both sides",
    "(" * 500: f"more than {MAX_DEPTH} parentheses",
    "-(" * 300 + "a" + ")" * 300: f"more than {MAX_DEPTH} parentheses",
    "\ud800": "half of one",
    "x" * (MAX_TEXT + 1): f"at most {MAX_TEXT}",
    "a " * MAX_TEXT: f"at most {MAX_TEXT}",
}


@pytest.mark.parametrize(("text", "remedy"), REFUSED.items(), ids=[repr(text[:20]) for text in REFUSED])
def test_what_does_not_parse_is_refused_in_one_line_with_the_remedy(text, remedy):
    with pytest.raises(InvalidQuery) as refused:
        parse(text)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 350
    error = refused.value
    assert error.token, "the part that does not parse"
    assert error.expected
    assert text[error.position :].startswith(error.token)


def test_an_error_says_where_in_the_text_it_is():
    with pytest.raises(InvalidQuery) as refused:
        parse("exp:digits (fast or  colour:red) slow")
    assert (refused.value.token, refused.value.position) == ("colour:red", 21)
    assert "'colour:red'" in str(refused.value)
    assert "tag" in refused.value.expected
    with pytest.raises(InvalidQuery) as refused:
        parse("fast or")
    assert (refused.value.token, refused.value.position, refused.value.expected) == ("or", 5, "a condition")


MEANT = {
    "tagg:x": "tag:x",
    "a -tagg:x b": "-tag:x",
    "TAGG:x": "tag:x",
    "status:failed,runing": "status:failed,running",
    "is:rot": "is:root",
    "sort:-statu": "sort:-status",
    "sort:Metrc:acc": "sort:metric:acc",
    "zzzzz:x": "",
    "tag:": "",
    "param:lr<fast": "",
    "(a": "",
}


@pytest.mark.parametrize(("text", "instead"), MEANT.items(), ids=list(MEANT))
def test_an_error_says_what_was_probably_meant(text, instead):
    with pytest.raises(InvalidQuery) as refused:
        parse(text)
    assert refused.value.instead == instead
    if instead:
        parse(text.replace(refused.value.token, instead))


def test_every_field_has_an_example_in_its_error():
    for field in FIELDS:
        with pytest.raises(InvalidQuery, match=f"{field}:"):
            parse(f"{field}:")


def test_parentheses_may_be_as_deep_as_the_limit():
    text = "-(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH
    assert parse(text).terms == (A,)


SOUP = [
    *(
        "-",
        "(",
        ")",
        "-(",
        "or",
        "and",
        '"',
        '"a b"',
        " ",
        "  ",
        ":",
        "=",
        "<",
        ">",
        "!=",
        "^=",
        "a",
        "lr",
        "#12",
        "0.9",
        "10m",
    ),
    *(
        "2h",
        "today",
        "2026-11-01",
        "acc>0.9",
        "//",
        "\n",
        "\0",
        "\\",
        "%",
        "_",
        "'",
        ";",
        ",",
        "ö",
        "🎉",
        "\u202e",
        "nan",
        "inf",
    ),
    *(f"{field}:" for field in FIELDS),
    *(f"is:{word}" for word in IS_WORDS),
    *(f"sort:{word}" for word in SORTS),
]


def soup(rng):
    return "".join(rng.choice(SOUP) + rng.choice(["", "", " "]) for _ in range(rng.randint(1, 12)))


def test_no_text_raises_anything_but_an_error_that_points_into_it():
    rng = random.Random(1)
    refused = []
    for _ in range(5000):
        text = soup(rng)
        try:
            parse(text, now=NOW)
        except InvalidQuery as error:
            refused.append((text, error))
    assert 1000 < len(refused) < 4900
    for text, error in refused:
        assert error.token, text
        assert text[error.position :].startswith(error.token), text
        assert "\n" not in str(error), text


DOCS = Path(__file__).parents[1] / "docs" / "search.md"


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_on_the_page_for_users(field):
    assert f"{field}:" in DOCS.read_text("utf-8")


def test_every_word_after_is_and_sort_is_on_the_page_for_users():
    page = DOCS.read_text("utf-8")
    assert [word for word in IS_WORDS if f"`is:{word}`" not in page] == []
    assert [word for word in SORTS if f"`{word}`" not in page] == []


def test_every_example_on_the_page_for_users_is_a_search():
    rows = [line.split("|")[1] for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `")]
    examples = [example for row in rows for example in row.split("`")[1::2]]
    assert len(examples) > len(FIELDS)
    for example in examples:
        parse(example)
