"""What a saved notebook, nbconvert and GitHub show: static cards and tables, with no kernel and no JavaScript.

Pure functions from wire dicts to text. Sanitizers strip `<style>`, `<svg>` and `<script>`, GitHub inline styles too:
so only tables, `<details>`, inline styles that may be lost, and sparklines as images. Colours come from the page: no
background, no text colour, so light and dark both read. Every text goes through `_e`.
"""

from __future__ import annotations

import base64
import time
from html import escape
from typing import Any

from jupyter_runs import format as fmt

Run = dict[str, Any]

#: A saved card stays below this (bytes).
LIMIT = 20_000
ROWS = 20
_METRICS, _SPARKLINES, _TEXTS = 24, 10, 30
_WIDTH, _HEIGHT, _POINTS = 120, 24, 40

_MUTED = "opacity:.7"
#: Notebooks align cells to the right; their padding, theirs too, is right.
_LEFT = "text-align:left"
_TINTS = {"Completed": "46,160,67", "Failed": "218,54,51", "Canceled": "140,140,140"}
_VIAS = {
    "panel": "from the panel",
    "sidebar": "from the sidebar",
    "parent": "with its parent",
    "interrupt": "by Interrupt",
}


def plain(run: Run) -> str:
    """One line for terminals: `Run #128 explore-runs/lr-sweep Completed 4m12s loss=0.087`."""
    metric = fmt.key_metric(run)
    parts = [
        f"Run #{run['number']} {run['experiment']}/{fmt.one_line(run['name'])}",
        fmt.LOOKS.get(run["shown_status"], ("", run["shown_status"]))[1],
        fmt.elapsed(run, time.time()),
        f"{fmt.one_line(metric[0], 40)}={metric[1]}" if metric else "",
    ]
    return " ".join(part for part in parts if part)


def card(snapshot: dict[str, Any]) -> str:
    """The card of a run, below `LIMIT` bytes; less of log and children is shown when the rest is long."""
    for rows in (ROWS, 5):
        text = _card(snapshot, rows)
        if len(text.encode()) < LIMIT:
            return text
    return _card(snapshot, 0)


def _card(snapshot: dict[str, Any], rows: int) -> str:
    run, now = snapshot["run"], snapshot["recorded_at"]
    parts = [_header(run, now)]
    if snapshot["view"] != "mini":
        parts += [_facts(run, now), _metrics(run, snapshot["series"]), _children(run, snapshot["children"], now, rows)]
        parts += [_log(snapshot["log_tail"], rows), _recorded(run["properties"], rows)]
        if not run["is_final"]:
            parts.append(f'<div style="{_MUTED}">As of {fmt.moment(now)}, before the run had ended.</div>')
    tint = _TINTS.get(run["shown_status"], "56,139,253")
    style = f"border-left:4px solid rgb({tint});padding:2px 0 2px 10px;margin:4px 0;line-height:1.5"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _header(run: Run, now: float) -> str:
    where = f"{_e(run['experiment'])} · #{run['number']} · <code>{_e(fmt.short_id(run['run_id']))}</code>"
    took = fmt.elapsed(run, now)
    return (
        f"<div><strong>{_e(fmt.status(run['shown_status']))}</strong> &nbsp;<strong>{_e(run['name'])}</strong> "
        f'&nbsp;<span style="{_MUTED}">{where}{f" · {took}" if took else ""}</span></div>'
    )


def _facts(run: Run, now: float) -> str:
    error, progress = run["error"], run["progress"]
    started = run["started_at"] or run["created_at"]
    rows = [("Run", f"<code>{_e(run['run_id'])}</code>")]
    rows.append(("Started" if run["started_at"] else "Created", f"{fmt.moment(started)} by {_e(run['submitted_by'])}"))
    if run["started_at"]:
        rows.append(("Duration", fmt.elapsed(run, now)))
    if error is not None:
        first = next((line for line in error["message"].splitlines() if line.strip()), "")
        rows.append(("Error", f"<code>{_e(error['code'])}</code>{f': {_e(first, 300)}' if first else ''}"))
    if run["cancel_requested_at"] is not None:
        by = f"by {run['cancel_by']}" if run["cancel_by"] else ""
        via = _VIAS.get(run["cancel_via"] or "", f"({run['cancel_via']})" if run["cancel_via"] else "")
        rows.append(("Canceled" if run["status"] == "Canceled" else "Cancel asked", _e(f"{by} {via}")))
    if progress is not None and not run["is_final"]:
        total = f" of {fmt.number(progress['total'])}" if progress["total"] is not None else ""
        rows.append(("Progress", _e(f"{fmt.number(progress['done'])}{total} {progress['message'] or ''}")))
    if run["description"]:
        rows.append(("Description", _e(run["description"], 500)))
    own = {key: value for key, value in run["properties"].items() if not fmt.is_recorded(key)}
    texts = (("Tags", run["tags"]), ("Properties", own), ("Parameters", run["params"]))
    rows += [(title, _texts(items)) for title, items in texts if items]
    if run["deleted_at"] is not None:
        rows.append(("In the bin", f"since {fmt.moment(run['deleted_at'])}"))
    return _table(None, [[f"<strong>{title}</strong>", text] for title, text in rows])


def _recorded(properties: dict[str, str], most: int) -> str:
    """Where the run comes from, folded: nobody reads it every day, and it must be there on the day it is needed."""
    rows = fmt.recorded(properties)
    if not rows:
        return ""
    commit = fmt.commit(properties)
    title = f"{f'git {_e(commit)} · ' if commit else ''}Recorded ({len(rows)})"
    shown = [[f"<strong>{_e(label)}</strong>", f"<code>{_e(value, 300)}</code>"] for label, value in rows[:most]]
    body = _table(None, shown) if shown else ""
    return f"<details><summary>{title}</summary>{body}{_more(len(rows) - len(shown))}</details>"


def _texts(items: dict[str, str | None]) -> str:
    """Tags, properties or params in a row, each as code so that it reads as one piece without styles."""
    shown = [f"<code>{_e(fmt.tag_text(key, value, 120), 120)}</code>" for key, value in list(items.items())[:_TEXTS]]
    return " &nbsp;".join(shown) + _more(len(items) - len(shown))


def _metrics(run: Run, series: list[dict[str, Any]]) -> str:
    points = {one["name"]: one for one in series[:_SPARKLINES]}
    rows = []
    for name, metric in list(run["metrics"].items())[:_METRICS]:
        many = metric["count"] > 1
        last = metric["kind"] if metric["kind"] in {"row", "table"} else fmt.value_text(metric["last"])
        extremes = [fmt.number(metric[end]) if many and metric[end] is not None else "" for end in ("min", "max")]
        picture = sparkline(points[name]) if many and name in points else ""
        rows.append([_e(name, 60), _e(last), *extremes, str(metric["count"]) if many else "", picture])
    if not rows:
        return ""
    rest = len(run["metrics"]) - len(rows)
    return _table(["Metric", "Last", "Min", "Max", "Values", ""], rows) + (f"<div>{_more(rest)}</div>" if rest else "")


def sparkline(series: dict[str, Any]) -> str:
    """A curve as an image whose text says how it went; nothing for fewer than two numbers."""
    values = [fmt.as_number(value) for _, _, value in series["points"]]
    step = max(1, -(-len(values) // _POINTS))
    values = [*values[:-1:step], values[-1]] if values else []
    finite = [v for v in values if v is not None and abs(v) < 1e300]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    # A gap (NaN, infinity) ends a stroke and the next number begins another one.
    path, pen = "", "M"
    for i, value in enumerate(values):
        if value is None or not abs(value) < 1e300:
            pen = "M"
            continue
        x = round(i * (_WIDTH - 4) / (len(values) - 1)) + 2
        y = round((high - value) / (high - low) * (_HEIGHT - 4)) + 2 if high > low else _HEIGHT // 2
        path, pen = f"{path}{pen}{x} {y}", "L"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">'
        f'<path d="{path}" fill="none" stroke="#4a8fe0" stroke-width="1.5"/></svg>'
    )
    first, last = finite[0], finite[-1]
    went = "fell" if last < first else ("rose" if last > first else "stayed")
    way = f"at {fmt.number(last)}" if went == "stayed" else f"from {fmt.number(first)} to {fmt.number(last)}"
    alt = f"{fmt.one_line(series['name'], 60)} {went} {way} in {series['count']} values"
    data = base64.b64encode(svg.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" width="{_WIDTH}" height="{_HEIGHT}" alt="{_e(alt, 200)}">'


def _children(run: Run, children: list[Run], now: float, most: int) -> str:
    counts = run["child_counts"]
    total = sum(counts.values())
    if not total:
        return ""
    words = ", ".join(f"{count} {fmt.LOOKS.get(shown, ('', shown))[1]}" for shown, count in counts.items())
    title = f"{total} {'child' if total == 1 else 'children'}: {_e(words, 200)}"
    rows = [
        [_status(child), _e(child["name"]), f"#{child['number']}", fmt.elapsed(child, now), _metric(child)]
        for child in children[:most]
    ]
    body = _table(["Status", "Name", "#", "Elapsed", "Metric"], rows) if rows else ""
    return f"<details><summary>{title}</summary>{body}{_more(total - len(rows))}</details>"


def _log(text: str, most: int) -> str:
    lines = fmt.log_lines(text, most)
    if not lines:
        return ""
    body = escape("\n".join(lines))
    style = "font-family:monospace;margin:2px 0;max-height:24em;overflow:auto"
    return f'<details><summary>Last lines of the log</summary><pre style="{style}">{body}</pre></details>'


def runs_table(runs: list[Run], total: int, now: float | None = None) -> str:
    """A list of runs, at most `ROWS` of them, and how many more there are."""
    if not runs:
        return "<p>No runs.</p>"
    at = time.time() if now is None else now
    rows = [
        [
            _status(run),
            _e(run["name"]),
            _e(run["experiment"], 60),
            f"#{run['number']}",
            _e(fmt.moment(run["started_at"] or run["created_at"])).replace(" ", "&nbsp;"),
            fmt.elapsed(run, at),
            " ".join(f"<code>{_e(fmt.tag_text(k, v))}</code>" for k, v in list(run["tags"].items())[:2])
            + _more(len(run["tags"]) - 2),
            _metric(run),
        ]
        for run in runs[:ROWS]
    ]
    more = f"<div>{_more(total - len(rows))}</div>" if total > len(rows) else ""
    return _table(["Status", "Name", "Experiment", "#", "Started", "Elapsed", "Tags", "Metric"], rows) + more


def experiment_card(name: str, workspace_name: str, facts: dict[str, Any], runs: list[Run]) -> str:
    """An experiment in one row, and its newest runs. `facts`: total, active."""
    head = ["Experiment", "Workspace", "Runs", "Active"]
    row = [f"<strong>{_e(name)}</strong>", _e(workspace_name), str(facts["total"]), str(facts["active"])]
    return _table(head, [row]) + (runs_table(runs, facts["total"]) if runs else "<p>No runs yet.</p>")


def workspace_card(name: str, folder: str, experiments: list[dict[str, Any]]) -> str:
    """A workspace and its experiments: name, total, active, last_at."""
    head = _table(["Workspace", "Folder"], [[f"<strong>{_e(name)}</strong>", f"<code>{_e(folder, 300)}</code>"]])
    if not experiments:
        return f"{head}<p>No runs yet. Put <code>%%run_experiment my-experiment</code> at the top of a cell.</p>"
    rows = [
        [_e(e["name"], 100), str(e["total"]), str(e["active"] or ""), fmt.moment(e["last_at"])]
        for e in experiments[:ROWS]
    ]
    more = f"<div>{_more(len(experiments) - len(rows))}</div>" if len(experiments) > len(rows) else ""
    return head + _table(["Experiment", "Runs", "Active", "Last run"], rows) + more


def _status(run: Run) -> str:
    return _e(fmt.status(run["shown_status"])).replace(" ", "&nbsp;", 1)


def _metric(run: Run) -> str:
    metric = fmt.key_metric(run)
    return "" if metric is None else _e(f"{fmt.one_line(metric[0], 40)}={metric[1]}")


def _more(count: int) -> str:
    return f" … {count} more" if count > 0 else ""


def _table(head: list[str] | None, rows: list[list[str]]) -> str:
    """A table of cells that are HTML already."""
    lines = [_row("td", row) for row in rows]
    return f'<table cellpadding="3">{"" if head is None else _row("th", head)}{"".join(lines)}</table>'


def _row(tag: str, cells: list[str]) -> str:
    return "".join(["<tr>", *(f'<{tag} style="{_LEFT}">{cell}</{tag}>' for cell in cells), "</tr>"])


def _e(text: object, limit: int = 120) -> str:
    """`text` for HTML, in elements and attributes: cleaned, cut, escaped."""
    return escape(fmt.one_line(str(text), limit))
