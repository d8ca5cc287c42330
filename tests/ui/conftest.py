"""Fixtures of the browser tests: one Chromium and one JupyterLab for all, a fresh browser context for each test."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from chromium import find as find_chromium
from lab import RESULTS, Lab, keep_picture
from labserver import Server
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from jupyter_runs import Run

# Not a sandbox inside the sandbox of CI, no graphics card, and nothing sent home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, without a window."""
    path = find_chromium()
    if path is None:
        pytest.fail("The browser tests need Chromium: `make test` installs it, or set CHROMIUM=/path/to/chromium.")
    RESULTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The JupyterLab that most tests share; their runs are told apart by name."""
    with Server(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab(request: pytest.FixtureRequest, server: Server, browser: Browser) -> Iterator[Lab]:
    """A fresh browser context; the test fails if a page of it complained on its console."""
    opened = Lab.on(server, browser, _slug(request.node.name))
    yield opened
    _close(opened, request)


@pytest.fixture(scope="module")
def shared_lab(request: pytest.FixtureRequest, server: Server, browser: Browser) -> Iterator[Lab]:
    """The same, for the tests of a module that go on with one page."""
    opened = Lab.on(server, browser, _slug(request.node.name))
    yield opened
    _close(opened, request)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server of the test's own, in `tmp_path`: `start_server("--more=arguments", store="postgresql://…")`."""
    with ExitStack() as running:
        yield lambda *extra, **more: running.enter_context(Server(tmp_path, *extra, **more))


@pytest.fixture
def lab_on(
    request: pytest.FixtureRequest, start_server: Callable[..., Server], browser: Browser
) -> Iterator[Callable[[Server], Lab]]:
    """A fresh browser context on such a server, closed before the server is."""
    opened: list[Lab] = []

    def open_on(server: Server) -> Lab:
        opened.append(Lab.on(server, browser, _slug(request.node.name)))
        return opened[-1]

    yield open_on
    for one in opened:
        _close(one, request)


@pytest.fixture
def find_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Run]:
    """Look a run up in the store of the shared server, as another process would: `find_run(experiment, name)`."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))

    def find(experiment: str, name: str) -> Run:
        runs = Experiment(Workspace.from_config(), experiment).get_runs(include_children=True)
        return next(run for run in runs if run.display_name == name)

    return find


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _close(lab: Lab, request: pytest.FixtureRequest) -> None:
    failed = getattr(request.node, "failed", False)
    for number, page in enumerate(lab.context.pages if failed else ()):
        keep_picture(page, f"failed-{lab.layout}-{number}")
    lab.close()
    if failed:
        print(f"\n--- end of the server's log\n{lab.server.log.read_text()[-4000:]}")
    assert not lab.complaints, "The page complained on its console:\n" + "\n".join(lab.complaints)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Tell the fixtures of a test that it failed."""
    report = yield
    if report.failed:
        item.failed = True
        item.parent.failed = True
    return report
