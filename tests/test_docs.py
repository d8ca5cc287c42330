"""The pages in docs/ name everything that is public, their links lead somewhere, and their examples are Python."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import jupyter_runs
from jupyter_runs import errors, magic_args
from jupyter_runs.magics import RunsMagics
from jupyter_runs.runlist import RunList
from jupyter_runs.server.handlers import HANDLERS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])
PYTHON = (DOCS / "python.md").read_text("utf-8")
MAGICS = (DOCS / "magics.md").read_text("utf-8")
REST = (DOCS / "rest.md").read_text("utf-8")
OPENAPI = yaml.safe_load((ROOT / "jupyter_runs/server/openapi.yaml").read_text("utf-8"))

#: Section of python.md -> the class that it is about, and an object that has its plain attributes.
CLASSES: dict[str, tuple[type, Any]] = {
    "Workspace": (jupyter_runs.Workspace, None),
    "Experiment": (jupyter_runs.Experiment, None),
    "Run": (jupyter_runs.ScriptRun, None),
    "RunList": (RunList, None),
    "ScriptRunConfig": (jupyter_runs.ScriptRunConfig, jupyter_runs.ScriptRunConfig(".")),
    "RunConfiguration": (jupyter_runs.RunConfiguration, jupyter_runs.RunConfiguration()),
    "Environment": (jupyter_runs.Environment, jupyter_runs.Environment("any")),
    "CondaDependencies": (jupyter_runs.CondaDependencies, None),
    "Model": (jupyter_runs.Model, None),
    "Panels": (jupyter_runs.RunPanel, None),
}


def section(page: str, heading: str) -> str:
    """The text below `## heading`, to the next heading of that level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading!r}"
    return found[1]


def prose(text: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def code_in(text: str) -> str:
    """All that stands between backticks, without code blocks."""
    return "\n".join(re.findall(r"`([^`\n]+)`", prose(text)))


def public(kind: type, example: object) -> set[str]:
    """Public names of a class, of ours among its bases, and of an object of it."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("jupyter_runs")]
    names = {name for base in ours for name in vars(base)} | set(vars(example) if example is not None else ())
    return {name for name in names if not name.startswith("_")}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def cells(page: Path) -> list[str]:
    """Python examples without lines that are for IPython or a cell that begins with a magic."""
    return [re.sub(r"^%.*$", "", block, flags=re.MULTILINE) for block in blocks(page, "python")]


def anchors(page: Path) -> set[str]:
    """Where `page.md#…` leads, by GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", prose(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# -- Python --------------------------------------------------------------------------------------------------------------


def test_the_python_page_names_every_public_name_of_the_package():
    named = set(re.findall(r"\w+", code_in(PYTHON)))
    assert set(jupyter_runs.__all__) - named == set()


@pytest.mark.parametrize("heading", CLASSES)
def test_the_python_page_names_every_public_method_and_attribute_of_a_class(heading):
    named = set(re.findall(r"\w+", code_in(section(PYTHON, heading))))
    assert public(*CLASSES[heading]) - named == set()


def test_the_python_page_names_every_error():
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, BaseException)}
    assert kinds - set(re.findall(r"\w+", code_in(section(PYTHON, "Errors")))) == set()


@pytest.mark.parametrize("heading", CLASSES)
def test_a_parameter_that_the_python_page_names_exists(heading):
    kind = CLASSES[heading][0]
    shown = re.findall(r"^(?:[A-Z]\w+\.)?(\w+)\(([^()]*)\)$", code_in(section(PYTHON, heading)), re.MULTILINE)
    calls = [(name, parameters) for name, parameters in shown if hasattr(kind, name)]
    for name, parameters in calls:
        takes = inspect.signature(getattr(kind, name)).parameters
        given = set(re.findall(r"(\w+)=", parameters))
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values()):
            assert given <= takes.keys(), f"{heading}.{name}({parameters})"
        for parameter, default in re.findall(r"""(\w+)=(None|True|False|\d+|"[^"]*")""", parameters):
            if parameter in takes and name != "log_row":
                assert ast.literal_eval(default) == takes[parameter].default, f"{heading}.{name}({parameter}=)"


# -- magics --------------------------------------------------------------------------------------------------------------


def test_the_magics_page_has_every_magic():
    names = {name for kind in RunsMagics.magics.values() for name in kind}
    assert names == set(re.findall(r"^## `%{1,2}(\w+)", MAGICS, re.MULTILINE))


@pytest.mark.parametrize("magic", sorted(magic_args._parsers()))
def test_the_magics_page_has_every_option_of_a_magic(magic):
    parser = magic_args._parsers()[magic]
    heading = re.search(rf"^## (`%{{1,2}}{magic}\b.*)$", MAGICS, re.MULTILINE)
    assert heading
    # Its own options are those of the first.
    text = section(MAGICS, heading[1]) + (section(MAGICS, "`%%run_experiment [EXPERIMENT]`") * (magic == "child_run"))
    words = set(re.findall(r"(?<![\w-])-{1,2}\w+", code_in(text)))
    options = {option for action in parser._actions for option in action.option_strings}
    assert words == options
    choices = {choice for action in parser._actions for choice in action.choices or ()}
    assert choices - set(re.findall(r"\w+", code_in(text))) == set()


def test_the_magics_page_has_every_setting():
    assert set(RunsMagics.class_own_traits(config=True)) == set(re.findall(r"`%config RunsMagics\.(\w+) =", MAGICS))


# -- REST ----------------------------------------------------------------------------------------------------------------


def test_the_rest_page_has_the_routes_of_the_contract_and_no_others():
    shown = set(re.findall(r"^\| `([A-Z]+) (/[^?`]*)", REST, re.MULTILINE))
    verbs = {"get", "post", "patch", "put", "delete"}
    contract = {(verb.upper(), path) for path, verbs_of in OPENAPI["paths"].items() for verb in verbs & verbs_of.keys()}
    assert shown == contract


def test_the_contract_has_every_route_that_is_served():
    served = {
        re.sub(r"\([^()]*\)", "{run_id}", route).removeprefix("/jupyter-runs/api")
        for route, _ in HANDLERS
        if "(?:" not in route  # what answers to everything else
    }
    assert served == {re.sub(r"\{\w+\}", "{run_id}", path) for path in OPENAPI["paths"]}


def test_the_rest_page_has_the_parameters_of_each_route():
    shown = dict(re.findall(r"^\| `GET (/[^?`]*)\?([^`]+)`", REST, re.MULTILINE))
    shared = OPENAPI["components"]["parameters"]
    for path, route in OPENAPI["paths"].items():
        parts = route.get("get", {}).get("parameters", ())
        given = [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in parts]
        asked = {p["name"] for p in given if p["in"] == "query"} - {"workspace"}  # any route takes it
        assert asked == set(re.findall(r"(\w+)=", shown.get(path, ""))), path


# -- all pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text("utf-8"))):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=name_of)
def test_every_link_of_a_notebook_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s:]+)\)", page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve()
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_python_example_of_a_page_compiles(page):
    for example in cells(page):
        compile(example, name_of(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("page", [DOCS / "python.md", ROOT / "README.md"], ids=name_of)
def test_the_python_examples_of_a_page_run(page, ws):
    """In one namespace, as cells of a notebook; a script named `src/train.py` is there."""
    Path("src").mkdir()
    Path("src/train.py").write_text("from jupyter_runs import Run\nRun.get_context().log('loss', 0.25)\n", "utf-8")
    namespace: dict[str, Any] = {}
    for example, source in zip(cells(page), blocks(page, "python"), strict=True):
        if not source.startswith("%"):  # a cell with a magic needs a notebook, and is in notebooks/
            exec(compile(example, name_of(page), "exec"), namespace)
    assert "run" in namespace
    assert len(ws.search()) >= 2


def test_the_first_page_names_all_others():
    linked = set(re.findall(r"\]\((docs/\w+\.md)\)", (ROOT / "README.md").read_text("utf-8")))
    assert {name_of(page) for page in DOCS.glob("*.md")} - linked == set()
