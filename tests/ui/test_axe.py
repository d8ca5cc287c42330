"""axe-core finds nothing serious in what is ours: light, dark, and with the colours of a high-contrast system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lab import STARTED, Panel, Sidebar
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

RUNS = """
    import json
    from jupyter_runs import Experiment, Workspace
    looks = Experiment(Workspace.from_config(), "axe")
    ids = {}
    for name, rate in (("slow", 0.1), ("quick", 0.4), ("broken", 0.2)):
        run = looks.start_logging(snapshot_directory=None, outputs=False)
        run.display_name = name
        run.tag("quality", "fine")
        run.log("rate", rate)
        for step in range(30):
            run.log("loss", 2 / (1 + rate * step))
        with run.child_run("fold") as child:
            child.log("loss", rate)
        if name == "broken":
            run.fail("ValueError: no such column")
        else:
            run.complete()
        ids[name] = run.id
    print(json.dumps(ids))
"""

# Of the rules one is off: what is shown short (min, max, the beginning of an id) has a name that says it in full.
CHECK = """async within => {
  const rules = {'label-content-name-mismatch': {enabled: false}};
  const {violations} = await axe.run({include: within}, {resultTypes: ['violations'], rules});
  return violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => `${one.id}: ${one.help} — ${one.nodes.slice(0, 4).map(node => node.html.slice(0, 160)).join(' | ')}`);
}"""


@pytest.fixture(scope="module")
def runs(server):
    return server.python(RUNS)


LOOKS = [
    pytest.param({"color_scheme": "light"}, id="light"),
    pytest.param({"color_scheme": "dark"}, id="dark"),
    pytest.param({"color_scheme": "light", "forced_colors": "active"}, id="high-contrast"),
]


def _check(page, where, found, within="body"):
    # Evaluated by the debugger: the policy of the page lets no script in.
    page.evaluate(AXE.read_text("utf-8"))
    found.extend(f"{where}: {line}" for line in page.evaluate(CHECK, [[within]]))


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious(lab, runs, look):
    page = lab.own_page(f"/run/{runs['slow']}")
    page.emulate_media(**look)
    found: list[str] = []
    panel = Panel(page.get_by_role("region", name="Run", exact=True)).reads("Completed", timeout=STARTED)
    Sidebar(page).row("broken").wait_for()
    for tab in panel.place.get_by_role("tablist", name="Views of the run").get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        page.wait_for_load_state("networkidle")
        _check(page, f"tab {tab.inner_text().split()[0]}", found)
    page.goto(f"{lab.server.url}/jupyter-runs/experiment/axe")
    page.get_by_role("row").filter(has_text="quick").first.wait_for(timeout=STARTED)
    _check(page, "experiment", found)
    page.goto(f"{lab.server.url}/jupyter-runs/compare?ids={runs['slow']},{runs['quick']}")
    expect(page).to_have_title(re.compile("^Compare 2 runs"), timeout=STARTED)
    page.wait_for_load_state("networkidle")
    _check(page, "compare", found)
    page.keyboard.press("Control+Shift+C")
    page.get_by_role("textbox", name="Search commands").wait_for()
    _check(page, "palette", found)
    assert not found, "\n".join(found)
