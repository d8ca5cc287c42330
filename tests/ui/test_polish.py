"""In Polish: JupyterLab when it is set to, the page of its own when the browser is."""

from __future__ import annotations

import re

import pytest
from lab import PROMPTLY, STARTED, keep_picture
from playwright.sync_api import expect

#: Texts that reach beyond the place that they are in; what is cut with an ellipsis or can be scrolled is meant to.
OVERFLOWING = """place => {
  const edge = place.getBoundingClientRect().right + 1;
  const isHeld = one => one !== place && (getComputedStyle(one).overflowX !== 'visible' || isHeld(one.parentElement));
  return [...place.querySelectorAll('*')]
    .filter(one => [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter(one => one.getBoundingClientRect().right > edge && !isHeld(one))
    .map(one => one.textContent);
}"""
#: Words of the surfaces that are looked at.
ENGLISH = re.compile(r"\b(Runs?|Search|Cancel|Archive|Compare|Completed|Failed|Running|ago)\b")

#: The tabs of a run, and a text on each.
TABS = {
    "Podrzędne": "Zakończone",
    "Metryki": "Wygładzanie",
    "Parametry": "Zapisane",
    "Logi": "Nic nie wypisano.",
    "Artefakty": "To uruchomienie nie ma plików.",
    "Kod": "Pakiety",
    "Przegląd": "Oś czasu",
}


@pytest.fixture
def runs(server, monkeypatch):
    """A run that has completed, with a child, one that has failed and one that goes on; their ids, by name."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    experiment = Experiment(Workspace.from_config(), "po-polsku")
    names = ("gotowe", "zepsute", "trwa")
    runs = [experiment.start_logging(snapshot_directory=None, outputs=False, display_name=name) for name in names]
    for run in runs:
        run.tag("jakość", "dobra")
        for step in range(20):
            run.log("strata", 2 / (1 + step))
    done, broken, active = runs
    done.child_run("podrzędne").complete()
    done.complete()
    broken.fail("ValueError: zły kształt")
    yield {run.display_name: run.id for run in runs}
    active.complete()


@pytest.fixture
def polish_lab(lab, server):
    """JupyterLab as its language pack makes it."""
    server.setting("@jupyterlab/translation-extension", "plugin", {"locale": "pl_PL"})
    yield lab
    server.setting("@jupyterlab/translation-extension", "plugin", {"locale": "en"})


def execute(page, command, **args):
    """A command, as a menu or a key would call it; does not wait for its dialogs."""
    page.evaluate(
        "([id, args]) => void window.jupyterapp.commands.execute(id, args)", [f"jupyter-runs:{command}", args]
    )


def is_polish(place, name):
    """Nothing of a surface is English, and nothing reaches beyond it; keeps a picture."""
    keep_picture(place.page, name)
    expect(place).not_to_contain_text(ENGLISH)
    assert place.evaluate(OVERFLOWING) == []


def test_with_jupyterlab_in_polish_our_texts_are_polish(polish_lab, runs):
    page = polish_lab.open().page
    bar = page.locator("#jp-main-statusbar")
    expect(bar.get_by_role("button", name="1 uruchomienie", exact=True)).to_be_visible(timeout=STARTED)
    page.get_by_role("tab", name=re.compile("^Uruchomienia")).click()
    sidebar = page.locator("#jupyter-runs-sidebar")
    box = sidebar.get_by_role("combobox", name="Szukaj uruchomień")
    box.fill("exp:po-polsku")
    row = sidebar.get_by_role("treeitem").filter(has_text="gotowe")
    expect(row.first).to_contain_text("Zakończone", timeout=PROMPTLY)
    is_polish(sidebar, "polish-sidebar")
    sidebar.get_by_role("button", name="Widok").click()
    keep_picture(page, "polish-view")
    page.keyboard.press("Escape")
    row.first.click()
    row.first.press("Space")
    sidebar.get_by_role("treeitem").filter(has_text="zepsute").first.click(modifiers=["ControlOrMeta"])
    is_polish(sidebar, "polish-selection")
    box.fill("nic-takiego")
    expect(sidebar).to_contain_text("Żadne uruchomienie nie pasuje do nic-takiego.")
    is_polish(sidebar, "polish-nothing")

    execute(page, "open-run", run_id=runs["gotowe"])
    run = page.get_by_role("region", name="Uruchomienie", exact=True)
    for tab, text in TABS.items():
        run.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        expect(run.get_by_role("tabpanel")).to_contain_text(text)
        is_polish(run, f"polish-{tab}")

    execute(page, "open-experiment", experiment="po-polsku")
    table = page.get_by_role("region", name="Eksperyment po-polsku")
    expect(table).to_contain_text("Początek")
    table.get_by_role("checkbox").nth(1).check()
    is_polish(table, "polish-table")
    execute(page, "compare", run_ids=[runs["gotowe"], runs["zepsute"]])
    comparison = page.get_by_role("region", name="Porównanie uruchomień")
    expect(comparison).to_contain_text("Tylko różnice")
    is_polish(comparison, "polish-compare")

    execute(page, "add-tag", run_id=runs["gotowe"])
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Dodaj tag do gotowe")
    expect(dialog.get_by_role("combobox", name="Tag (klucz lub klucz=wartość)")).to_be_focused()
    is_polish(dialog, "polish-tag")
    page.keyboard.press("Escape")
    execute(page, "submit")
    expect(dialog.get_by_label("Skrypt lub notatnik")).to_be_visible()
    dialog.get_by_text("Więcej").click()
    is_polish(dialog, "polish-submit")


def test_with_the_browser_in_polish_the_page_is_polish(lab, runs):
    lab.context.add_init_script("Object.defineProperty(navigator, 'languages', { value: ['de-DE', 'pl-PL', 'en'] })")
    page = lab.own_page(f"/run/{runs['gotowe']}")
    run = page.get_by_role("region", name="Uruchomienie", exact=True)
    expect(run.get_by_role("status")).to_contain_text("Zakończone", timeout=STARTED)
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    expect(page).to_have_title("gotowe — Uruchomienia — 1 aktywne")
    is_polish(run, "polish-page")
