"""When something is wrong: the server goes and comes back, the store cannot be used, a run is hostile."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

from lab import PROMPTLY, SECOND, STARTED, Panel, Sidebar, keep_picture
from labserver import wait_until
from playwright.sync_api import expect

WORKER = """
    import time
    from jupyter_runs import Experiment, Workspace
    with Experiment(Workspace.from_config(), "trouble").start_logging(snapshot_directory=None, outputs=False) as run:
        run.display_name = "worker"
        step = 0
        while True:
            step += 1
            run.log("loss", step + 0.5)
            time.sleep(0.1)
"""

# What a hostile run is made of; whatever of it is executed says so.
MARK = "window.__pwned = (window.__pwned || []).concat"
HOSTILE = f"""
    import os
    from jupyter_runs import Experiment, Workspace
    evil = "<img src=x onerror='{MARK}(1)'>"
    script = "<script>{MARK}(2)</script>"
    link = "javascript:{MARK}(3)//"
    run = Experiment(Workspace.from_config(), "hostile").start_logging(snapshot_directory=None, outputs=False)
    run.display_name = evil
    run.description = f"{{script}} [click]({{link}}) {{evil}}"
    run.tag(evil, script)
    run.tag("link", link)
    run.add_properties({{evil: link}})
    for step in range(5):
        run.log(evil, step)
    run.log(script, link)
    run.log_table(evil + " table", {{evil: [1, 2], script: [evil, link]}})
    child = run.child_run(evil)
    child.complete()
    os.makedirs("hostile", exist_ok=True)
    for name, text in {{
        "page.html": f"<html><body onload='{MARK}(4)'>{{script}}{{evil}}</body></html>",
        "picture.svg": f"<svg xmlns='http://www.w3.org/2000/svg' onload='{MARK}(5)'>{{script}}</svg>",
        "table.csv": f"{{evil}},{{script}}\\n=cmd|' /C calc'!A0,{{link}}\\n",
        "text.txt": script + evil,
        "fake.png": f"<svg xmlns='http://www.w3.org/2000/svg' onload='{MARK}(6)'/>",
    }}.items():
        with open(f"hostile/{{name}}", "w") as file:
            file.write(text)
        run.upload_file(f"outputs/{{name}}", f"hostile/{{name}}")
    run.fail(evil + script)
    import json
    print(json.dumps(run.id))
"""

# Holds the store as a backup or another program would. In WAL this keeps out those that write, else those that read, too.
HOLDER = """
    import sqlite3, time
    from pathlib import Path
    conn = sqlite3.connect({database!r}, isolation_level=None)
    conn.execute("PRAGMA journal_mode={mode}")
    conn.execute("BEGIN EXCLUSIVE")
    Path({held!r}).touch()
    time.sleep(600)
"""


def _live(panel):
    """The value that the run is at."""
    return panel.place.get_by_text(re.compile(r"^\d+\.5\b")).first


def test_while_the_server_is_away_values_are_old_and_few_requests_go_out_then_all_is_live_again(lab_on, start_server):
    server = start_server()
    lab = lab_on(server)
    for complaint in ("Failed to load resource", "WebSocket connection to", "Failed to fetch", "NetworkError", "502"):
        lab.expects_complaints_about(complaint)
    with server.program(WORKER):
        page = lab.own_page()
        sidebar = Sidebar(page)
        expect(sidebar.row("worker")).to_contain_text("Running", timeout=STARTED)
        sidebar.row("worker").dblclick()
        panel = Panel(page.get_by_role("region", name="Run", exact=True)).reads("Running")
        expect(_live(panel)).to_be_visible(timeout=STARTED)

        server.kill()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        away = re.compile(r"Live updates paused.*Values as of \d")
        for place in (sidebar.place, panel.place):
            expect(place.get_by_role("note")).to_contain_text(away, timeout=25 * SECOND)
        asked.clear()
        old = _live(panel).inner_text()
        keep_picture(page, "page-server-away")
        page.wait_for_timeout(10 * SECOND)
        ours = [url for url in asked if "/jupyter-runs/api/" in url]
        # With growing pauses: after 1, 2, 4 … seconds.
        assert len(ours) <= 12, ours
        assert _live(panel).inner_text() == old

        server.start()
        expect(sidebar.place.get_by_role("note")).to_have_count(0, timeout=45 * SECOND)
        expect(panel.place.get_by_role("note")).to_have_count(0, timeout=PROMPTLY)
        expect(_live(panel)).not_to_have_text(old, timeout=STARTED)
        panel.cancel()
        panel.reads("Canceled")


def test_a_store_that_is_newer_or_gone_is_named_with_what_to_do(lab_on, start_server):
    server = start_server()
    server.python(HOSTILE)
    lab = lab_on(server)
    lab.expects_complaints_about("503")
    lab.expects_complaints_about("500")
    page = lab.own_page()
    sidebar = Sidebar(page)
    sidebar.row("<img").wait_for(timeout=STARTED)
    database = server.workspace / "runs.db"
    kept = database.with_suffix(".kept")

    # Another file at its place, as a restore from a newer installation leaves it.
    with closing(sqlite3.connect(database)) as old:
        old.execute(f"VACUUM INTO '{kept}'")
    with closing(sqlite3.connect(kept)) as newer:
        newer.execute("PRAGMA user_version=999")
    for stale in server.workspace.glob("runs.db*"):
        if stale != kept:
            stale.unlink()
    kept.rename(database)
    page.reload()
    note = sidebar.place.get_by_role("note").first
    expect(note).to_contain_text(str(database), timeout=STARTED)
    expect(note).to_contain_text(re.compile("[Uu]pdate|[Uu]pgrade|pip install"))
    keep_picture(page, "page-store-newer")

    database.unlink()
    database.mkdir()
    expect(note).to_contain_text(re.compile(r"runs\.db.*(cannot|unable|not)"), timeout=45 * SECOND)
    expect(note).to_contain_text(str(database))


def test_a_locked_store_is_named_with_what_to_do_and_all_goes_on_when_it_is_free(lab_on, start_server, tmp_path):
    # A server that waits two seconds for the lock, not thirty.
    config = tmp_path / "home" / "config" / "jupyter_server_config.py"
    config.parent.mkdir(parents=True)
    config.write_text("from jupyter_runs.store import sqlite_db\nsqlite_db.BUSY_TIMEOUT_S = 2.0")
    server = start_server()
    run_id = server.python(HOSTILE.replace("= evil\n", "= 'prisoner'\n", 1))
    database = str(server.workspace / "runs.db")
    lab = lab_on(server)
    lab.expects_complaints_about("/jupyter-runs/api/")  # the browser's own note of each answer that is an error
    remedy = re.compile(
        re.escape(database) + r" stayed locked for 2 s\. Try again; .*find the process that has it open"
    )

    # Nobody can read: the side bar says so, and is there as soon as they can. The server comes when it is locked already.
    held = tmp_path / "held"
    server.kill()
    with server.program(HOLDER.format(database=database, mode="DELETE", held=str(held))):
        wait_until(held.exists, "the store is locked")
        server.start()
        sidebar = lab.open().show()
        expect(sidebar.place.get_by_role("note").first).to_contain_text(remedy, timeout=STARTED)
        keep_picture(sidebar.page, "sidebar-locked-light")
    row = sidebar.row("prisoner")
    expect(row).to_be_visible(timeout=45 * SECOND)
    expect(sidebar.place.get_by_role("note")).to_have_count(0, timeout=PROMPTLY)

    # Nobody can write: runs are shown as ever, a wish is refused with the same words, and can be had later.
    held.unlink()
    page = sidebar.page
    with server.program(HOLDER.format(database=database, mode="WAL", held=str(held))):
        wait_until(held.exists, "the store is locked")
        row.click()
        page.keyboard.press("Delete")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(remedy, timeout=STARTED)
        keep_picture(page, "action-locked-light")
        dialog.get_by_role("button").last.click()
        expect(sidebar.place.get_by_role("note")).to_have_count(0)
    page.evaluate("id => window.jupyterapp.commands.execute('jupyter-runs:archive', {run_id: id})", run_id)
    expect(sidebar.rows("prisoner")).to_have_count(0)


def test_nothing_that_a_run_holds_is_executed(lab_on, start_server):
    server = start_server()
    run_id = server.python(HOSTILE)
    lab = lab_on(server)
    page = lab.own_page(f"/run/{run_id}")
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    panel = Panel(page.get_by_role("region", name="Run", exact=True)).reads("Failed", timeout=STARTED)
    tabs = panel.place.get_by_role("tablist", name="Views of the run").get_by_role("tab")
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        for more in panel.place.get_by_role("button", name=re.compile("^(Show|Open|Preview|More) ")).all():
            if more.is_visible():
                more.click()
        page.wait_for_load_state("networkidle")
    sidebar = Sidebar(page)
    sidebar.row("<img").click(button="right")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{server.url}/jupyter-runs/experiment/hostile")
    expect(page.get_by_role("row").filter(has_text="<img").first).to_be_visible(timeout=STARTED)
    assert page.evaluate("() => window.__pwned ?? null") is None
    assert dialogs == []

    # What a link to a file gives is no page with the rights of the reader.
    for name in ("page.html", "picture.svg", "fake.png"):
        alone = page.context.new_page()
        path = f"/jupyter-runs/api/runs/{run_id}/files/outputs/{name}?inline=1"
        answer = page.request.get(server.url + path)
        headers = answer.headers
        assert "sandbox" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "html" not in headers["content-type"]
        assert "svg" not in headers["content-type"]
        alone.close()


def test_an_untrusted_notebook_with_a_hostile_run_executes_nothing(lab, server):
    evil = f"<img src=x onerror='{MARK}(7)'>"
    snapshot = {"schema": 1, "run": {"run_id": evil, "name": evil}, "children": evil, "series": [], "log_tail": evil}
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {
            "application/vnd.jupyter-runs.run+json": {**snapshot, "view": "full", "recorded_at": 0},
            "text/html": evil,
            "text/plain": evil,
        },
    }
    server.write_notebook("untrusted.ipynb", "1 + 1")
    content = server.read_notebook("untrusted.ipynb")
    content["cells"][0]["outputs"] = [output]
    (server.root / "untrusted.ipynb").write_text(json.dumps(content))
    notebook = lab.notebook("untrusted.ipynb")
    expect(notebook.cell(0).output).to_contain_text(evil)
    expect(notebook.cell(0).output).to_contain_text("not in this store")
    assert notebook.page.evaluate("() => window.__pwned ?? null") is None
