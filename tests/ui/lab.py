"""Pages of a real Jupyter, spoken to as a user would: by what is seen and what it is called."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from labserver import Server
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator

SECOND = 1000  # playwright counts in milliseconds
STARTED = 20 * SECOND  # a kernel starts and a first output appears, on a busy machine
PROMPTLY = 5 * SECOND  # what a user calls "at once, more or less": a cancel, a live update

#: Of the repository: tests run in folders of their own.
RESULTS = Path(__file__).parents[2] / "test-results"

EVERYTHING_FINISHED = re.compile(r"\[\d+\]:?")

# JupyterLab says these by itself on the console; none of them is about a run.
NOT_OURS = (
    # A kernel that was killed, restarted or shut down takes its socket with it.
    re.compile(r"WebSocket connection to '.*/api/kernels/.*' failed"),
    re.compile(r"WebSocket connection to '.*/terminals/websocket/"),
    re.compile(r"Kernel .*(does not exist|is dead|was killed)|Canceled future for .* message"),
    # After a reload of the page it does not know the widgets of before, to which the kernel still speaks.
    re.compile(r"Comm not found for comm id"),
    re.compile(r"Failed to load resource: .* 404 .*(/api/(sessions|kernels)/|/lab/api/workspaces)"),
    # Chromium without a graphics card, and without a favicon.
    re.compile(r"GPU stall due to ReadPixels|favicon"),
    # Notebook 7 looks for a setting and a command that only JupyterLab has.
    re.compile(r"uncaught: (Cannot read properties of undefined \(reading 'schema'\)|Command 'filebrowser:open-path')"),
)


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the page in test-results/."""
    page.screenshot(path=RESULTS / f"{name}.png")


class Lab:
    """One browser context on one server: its own cookies and, by `workspace`, its own layout of JupyterLab."""

    def __init__(self, server: Server, context: BrowserContext, workspace: str) -> None:
        self.server = server
        self.context = context
        self.layout = workspace
        self.complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        self._notebooks: set[str] = set()

    @classmethod
    def on(cls, server: Server, browser: Browser, workspace: str) -> Lab:
        """Open a fresh browser context on a server."""
        # The theme is a setting of the server, and a test may have changed it.
        server.setting("@jupyterlab/apputils-extension", "themes", {"theme": "JupyterLab Light"})
        context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(10 * SECOND)
        return cls(server, context, workspace)

    def _page(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._complaint(f"uncaught: {error}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaint(f"{message.text} {message.location.get('url', '')}")

    def expects_complaints_about(self, text: str) -> None:
        """Take complaints with this text as part of the test."""
        self._expected.append(re.compile(re.escape(text)))

    def _complaint(self, text: str) -> None:
        if not any(known.search(text) for known in (*NOT_OURS, *self._expected)):
            self.complaints.append(text)

    def open(self, path: str = "") -> Sidebar:
        """Open JupyterLab without a notebook."""
        page = self._page()
        page.goto(f"{self.server.url}/lab/workspaces/{self.layout}{path}?token={self.server.token}")
        page.get_by_role("tablist").first.wait_for(timeout=STARTED)
        return Sidebar(page)

    def own_page(self, address: str = "") -> Page:
        """Open the page of its own, without JupyterLab."""
        page = self._page()
        page.goto(f"{self.server.url}/jupyter-runs{address}?token={self.server.token}")
        return page

    def notebook(self, name: str, *cells: str) -> Notebook:
        """Write a notebook if cells are given, open it in JupyterLab and wait for its kernel."""
        if cells:
            self.server.write_notebook(name, *cells)
        self._notebooks.add(name)
        page = self._page()
        address = f"{self.server.url}/lab/workspaces/{self.layout}-{Path(name).stem}/tree/{name}"
        page.goto(f"{address}?token={self.server.token}")
        return Notebook(page).ready()

    def notebook7(self, name: str, *cells: str) -> Notebook:
        """The same, in Notebook 7."""
        if cells:
            self.server.write_notebook(name, *cells)
        self._notebooks.add(name)
        page = self._page()
        page.goto(f"{self.server.url}/notebooks/{name}?token={self.server.token}")
        return Notebook(page).ready()

    def close(self) -> None:
        """Close the pages, then shut down the kernels that they used."""
        self.context.close()
        self.server.shutdown_kernels(self._notebooks)


_KERNEL_STATE = """async () => {
  const widget = window.jupyterapp?.shell.currentWidget;
  const kernel = widget?.context?.sessionContext?.session?.kernel;
  if (!kernel) return 'no kernel yet';
  if (kernel.connectionStatus !== 'connected') return kernel.connectionStatus;
  await widget.context.sessionContext.ready;
  await kernel.info;
  return kernel.status;
}"""


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ready(self) -> Notebook:
        """Wait until cells are shown and the kernel takes requests."""
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=3 * STARTED)
        deadline = time.monotonic() + 60
        while (state := self.page.evaluate(_KERNEL_STATE)) not in {"idle", "busy"}:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The kernel is not ready: {state}")
            self.page.wait_for_timeout(50)
        return self

    def cell(self, number: int) -> Cell:
        """The cell with this place in the notebook, from 0."""
        return Cell(self.page, self.page.locator(".jp-Notebook .jp-Cell").nth(number))

    def run(self, number: int) -> Cell:
        """Start a cell, with Shift+Enter."""
        cell = self.cell(number)
        cell.editor.click()
        self.page.keyboard.press("Shift+Enter")
        return cell

    def run_to_end(self, number: int) -> Cell:
        """Start a cell and wait until its prompt has a number."""
        return self.run(number).finished()

    def write(self, number: int, source: str) -> None:
        """Type a new source into a cell."""
        self.cell(number).editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def is_idle(self) -> bool:
        """Whether the kernel has nothing to do."""
        state: str = self.page.evaluate(_KERNEL_STATE)
        return state == "idle"

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does, without the question."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()")
        self.ready()

    def save(self) -> None:
        """Save, as File > Save does, and wait until it is saved."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def reload(self) -> None:
        """Reload the page and wait until the notebook is back; its kernel may go on being busy."""
        self.page.reload()
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=3 * STARTED)

    def sidebar(self) -> Sidebar:
        """The Runs sidebar beside this notebook, opened."""
        return Sidebar(self.page).show()

    def theme(self, name: str) -> None:
        """Change the theme and wait until it is on."""
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def screenshot(self, name: str) -> None:
        """Keep a picture of the page in test-results/."""
        keep_picture(self.page, name)


class Cell:
    """A code cell and its output."""

    def __init__(self, page: Page, place: Locator) -> None:
        self.page = page
        self.place = place
        self.editor = place.locator(".cm-content").first
        self.prompt = place.locator(".jp-InputPrompt").first
        self.output = place.locator(".jp-Cell-outputArea")

    @property
    def panel(self) -> Panel:
        """The run panel in the output."""
        return Panel(self.output.get_by_role("region", name="Run", exact=True))

    def panel_of(self, name: str) -> Panel:
        """The panel of one run where the output shows several."""
        region = self.output.get_by_role("region", name="Run", exact=True)
        return Panel(region.filter(has=self.page.get_by_text(name, exact=True)))

    def finished(self, timeout: float = STARTED) -> Cell:
        """Wait until the prompt has a number: the kernel has replied."""
        expect(self.prompt).to_have_text(EVERYTHING_FINISHED, timeout=timeout)
        return self

    def shows(self, text: str | re.Pattern[str], timeout: float = STARTED) -> Cell:
        """Wait until the output contains a text."""
        expect(self.output).to_contain_text(text, timeout=timeout)
        return self


class Panel:
    """A run panel, wherever it is shown."""

    def __init__(self, place: Locator) -> None:
        self.place = place
        self.status = place.get_by_role("status")
        self.cancel_button = place.get_by_role("button", name="Cancel run", exact=True)

    def reads(self, status: str, timeout: float = PROMPTLY) -> Panel:
        """Wait until the status chip reads so."""
        expect(self.status).to_have_text(re.compile(rf"^\s*{re.escape(status)}\s*$"), timeout=timeout)
        return self

    def cancel(self) -> None:
        """Click Cancel, and say yes if the panel asks."""
        click_cancel(self.place, self.cancel_button)


class Sidebar:
    """The Runs sidebar of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tab = page.get_by_role("tab", name=re.compile("^Runs"))
        self.place = page.locator("#jupyter-runs-sidebar")

    def show(self) -> Sidebar:
        """Open it, if it is not open."""
        if self.tab.get_attribute("aria-selected") != "true":
            self.tab.click()
        self.place.wait_for()
        return self

    def row(self, name: str) -> Locator:
        """The row of a run."""
        return self.rows(name).first

    def rows(self, name: str) -> Locator:
        """Its rows: an active run has one among the active ones and one in its experiment."""
        return self.place.get_by_role("treeitem", level=2).filter(has_text=name)

    def section(self, title: str) -> Locator:
        """The heading of a section."""
        return self.place.get_by_role("treeitem", level=1).filter(has_text=title)

    def cancel(self, name: str) -> None:
        """Cancel a run by the button of its row, and say yes if asked."""
        row = self.row(name)
        row.hover()
        click_cancel(self.place, row.get_by_role("button", name=f"Cancel run {name}", exact=True))

    def filter(self, text: str) -> None:
        """Type into the search box, in place of what is there."""
        self.place.get_by_role("combobox", name="Search runs").fill(text)


def click_cancel(place: Locator, button: Locator) -> None:
    """Click a Cancel button; where that asks whether to, say yes."""
    button.click()
    question = place.get_by_role("group", name=re.compile("^Cancel "))
    if question.is_visible():
        question.get_by_role("button", name="Cancel run", exact=True).click()
