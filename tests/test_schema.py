"""One vocabulary: the enum, the wire schema and the checks of the SQL say the same; every kind of run fits the schema."""

from __future__ import annotations

import json
import math
import re
from importlib import resources

import jsonschema
import pytest

from jupyter_runs import Experiment, model, wire
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, RunError, RunRecord, Status
from jupyter_runs.snapshot import snapshot

SCHEMA = json.loads(resources.files("jupyter_runs").joinpath("schema/run.v1.json").read_text("utf-8"))
SQL = resources.files("jupyter_runs.store").joinpath("001_start.sql").read_text("utf-8")
HOSTILE = "<img src=x onerror=alert(1)>\"'&\x00\x1b[31m\u202e"


def checked_in_sql(column):
    allowed = re.search(rf"\b{column} TEXT NOT NULL CHECK \({column} IN \(([^)]*)\)", SQL)
    return re.findall(r"'(\w+)'", allowed[1])


def test_the_schema_is_a_json_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_statuses_are_the_same_in_the_enum_the_schema_and_the_sql():
    names = [status.value for status in Status]
    assert SCHEMA["properties"]["status"]["enum"] == names
    assert checked_in_sql("status") == names
    assert SCHEMA["properties"]["shown_status"]["enum"] == [*names, CANCEL_REQUESTED, NOT_RESPONDING]


def test_the_kinds_of_metrics_are_the_same_in_the_schema_and_the_sql():
    kinds = SCHEMA["properties"]["metrics"]["additionalProperties"]["properties"]["kind"]["enum"]
    assert (
        re.search(r"kind IN \('number'[^)]*\)", SQL)[0].replace("'", '"')
        == f"kind IN ({json.dumps(kinds)[1:-1].replace(', ', ',')})"
    )


def test_the_schema_requires_every_field_and_no_other():
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"])
    assert SCHEMA["additionalProperties"] is False


def test_every_field_of_a_record_is_on_the_wire():
    derived = {"workspace", "shown_status", "is_final"}
    assert set(SCHEMA["properties"]) - derived == set(RunRecord.__dataclass_fields__)


def plain(exp):
    return exp.start_logging()


def full(exp):
    run = exp.start_logging(
        name="n", description="d", tags={"a": None, "b": "c"}, properties={"p": "q"}, params={"lr": 0.1}
    )
    run.log("number", 1)
    run.log("nan", math.nan)
    run.log("inf", -math.inf)
    run.log("big", 10**30)
    run.log("text", "t")
    run.log("nothing", None)
    run.log("yes", True)
    run.log_list("list", [1, None, "x"])
    run.log_row("row", x=1)
    run.log_table("table", {"x": [1, 2]})
    run.progress(1, 2, "half")
    return run


def failed(exp):
    run = exp.start_logging()
    with pytest.raises(ValueError), run:
        raise ValueError("no\n" + HOSTILE)
    return run


def completed(exp):
    with exp.start_logging() as run:
        pass
    return run


def canceled(exp):
    run = exp.start_logging()
    run.cancel()
    return run


def with_children(exp):
    run = exp.start_logging()
    done, *_ = run.create_children(3)
    done.complete()
    run.child_run().fail("x")
    return run


def not_started(exp):
    store = exp.workspace.store
    store.create_runs([model.NewRun("waiting", exp.name, "me")])
    return exp.workspace.get_run("waiting")


def asked_to_cancel(exp):
    store = exp.workspace.store
    far = model.Owner("elsewhere", "", 1, 1.0, "kernel-1")
    store.create_runs([model.NewRun("far", exp.name, "me", status=Status.RUNNING, owner=far)])
    store.request_cancel("far", by="me", via="rest")
    return exp.workspace.get_run("far")


def died(exp):
    store = exp.workspace.store
    far = model.Owner("elsewhere", "", 1, 1.0)
    store.create_runs([model.NewRun("gone", exp.name, "me", status=Status.RUNNING, owner=far)])
    store.end_owned(far, RunError("ProcessEnded", "killed"))
    return exp.workspace.get_run("gone")


def hostile(exp):
    run = exp.start_logging(name=HOSTILE, description=HOSTILE, tags={HOSTILE: HOSTILE}, properties={HOSTILE: HOSTILE})
    run.log(HOSTILE, HOSTILE)
    return run


KINDS = [plain, full, failed, completed, canceled, with_children, not_started, asked_to_cancel, died, hostile]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_every_kind_of_run_fits_the_schema(ws, make):
    run = make(Experiment(ws, "e"))
    data = json.loads(json.dumps(run.wire(), allow_nan=False))
    jsonschema.validate(data, SCHEMA)
    assert data["is_final"] == (data["status"] in {"Completed", "Failed", "Canceled"})
    assert data["workspace"] == ws.key


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("live", [True, False])
def test_every_run_in_a_snapshot_fits_the_schema(ws, make, live):
    run = make(Experiment(ws, "e"))
    data = json.loads(json.dumps(snapshot(ws, run.id, live=live), allow_nan=False))
    for one in (data["run"], *data["children"]):
        jsonschema.validate(one, SCHEMA)
    assert {series["name"] for series in data["series"]} <= set(data["run"]["metrics"])


def test_a_series_on_the_wire_has_at_most_the_points_that_were_asked_for(ws):
    run = Experiment(ws, "e").start_logging()
    run.log_list("x", [1.0, math.nan, math.inf] * 1000)
    _, (series,) = ws.store.series(run.id, max_points=50)
    data = json.loads(json.dumps(wire.series_data(series), allow_nan=False))
    assert (data["name"], data["kind"], data["count"]) == ("x", "list", 3000)
    assert 2 <= len(data["points"]) <= 50
