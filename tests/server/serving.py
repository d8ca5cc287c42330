"""What the server tests share beside fixtures: the contract, owners, waiting."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import jupyter_runs
from jupyter_runs import liveness, paths
from jupyter_runs.model import Owner

SERVER = Path(jupyter_runs.__file__).parent / "server"
OPENAPI = yaml.safe_load((SERVER / "openapi.yaml").read_text("utf-8"))
RUN_SCHEMA = json.loads((SERVER.parent / "schema" / "run.v1.json").read_text("utf-8"))
REGISTRY = Registry().with_resources(
    [
        ("urn:openapi", Resource.opaque(json.loads(json.dumps(OPENAPI).replace("../schema/run.v1.json", "urn:run")))),
        ("urn:run", Resource.from_contents(RUN_SCHEMA)),
    ]
)
OPERATIONS = [
    (path, method)
    for path, item in OPENAPI["paths"].items()
    for method in item
    if method in {"get", "post", "patch", "put", "delete"}
]


def route_of(path, method):
    """The path of openapi.yaml that a request is for; the one with the fewest variables where several fit."""
    for route in sorted(OPENAPI["paths"], key=lambda route: (route.count("{"), len(route))):
        pattern = re.sub(r"\\{(name|path)\\}$", ".+", re.escape(route)) if route.count("{") == 2 else re.escape(route)
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", pattern), f"/{path}") and method in OPENAPI["paths"][route]:
            return route
    raise AssertionError(f"openapi.yaml has no route for {path}")


def check_answer(path, method, status, data):
    """Hold an answer against openapi.yaml."""
    route = route_of(path, method.lower())
    responses = OPENAPI["paths"][route][method.lower()]["responses"]
    pointer = f"/paths/{route.replace('/', '~1')}/{method.lower()}/responses/{status}"
    assert str(status) in responses
    response = responses[str(status)]
    if "$ref" in response:
        pointer = response["$ref"].removeprefix("#")
    schema = {"$ref": f"urn:openapi#{quote(pointer, safe='/~{}')}/content/application~1json/schema"}
    Draft202012Validator(schema, registry=REGISTRY).validate(data)


async def until(condition, timeout_s=10.0):
    """Wait until `condition()`, or what it awaits, is true; its value."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, "this never came true"
        await asyncio.sleep(0.02)


def living_owner(kernel_id=None):
    return liveness.this_process(kernel_id)


def dead_owner():
    """An owner on this machine whose process has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        here = living_owner()
        return Owner(here.host, here.pid_space, process.pid, psutil.Process(process.pid).create_time())


def write_log(folder, run_id, data):
    path = paths.run_log(folder, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
