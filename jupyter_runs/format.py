"""How statuses, times and values are written, alike on every surface (in the browser: `format.ts`, `status.ts`).

Texts from users lose what could draw outside their place: control characters, escape sequences, marks that turn the
direction of writing. Escaping for HTML is the business of `html.py`.
"""

from __future__ import annotations

import json
import math
import re
import time
from typing import Any

#: Shown status -> shape and word. The shapes differ in outline and are in DejaVu; none is an emoji.
LOOKS = {
    "NotStarted": ("○", "Queued"),
    "Queued": ("○", "Queued"),
    "Preparing": ("◔", "Starting"),
    "Running": ("◐", "Running"),
    "Finalizing": ("◕", "Finishing"),
    "CancelRequested": ("◌", "Canceling…"),
    "Completed": ("●", "Completed"),
    "Failed": ("✕", "Failed"),
    "Canceled": ("⊘", "Canceled"),
    "NotResponding": ("▲", "Not responding"),
}

#: Properties that nobody set by hand -> what they are called, in the order in which they are listed (in the browser: `recorded.ts`).
RECORDED = {
    "azureml.git.commit": "Commit",
    "azureml.git.branch": "Branch",
    "azureml.git.repository_uri": "Repository",
    "jupyter_runs.python": "Python",
    "jupyter_runs.packages": "Packages",
    "jupyter_runs.host": "Host",
    "jupyter_runs.user": "User",
    "jupyter_runs.script": "Script",
    "jupyter_runs.arguments": "Arguments",
    "jupyter_runs.notebook": "Notebook",
    "jupyter_runs.cell": "Cell",
    "jupyter_runs.source": "Source",
    "ContentSnapshotId": "Snapshot",
    "_azureml.ComputeTargetType": "Target",
}
_RECORDED_PREFIXES = ("jupyter_runs.", "azureml.git.", "mlflow.source.git.", "_azureml.")
#: Say the same once more, or are told beside the commit.
_TOLD = {
    "mlflow.source.git.commit": "azureml.git.commit",
    "mlflow.source.git.branch": "azureml.git.branch",
    "mlflow.source.git.repoURL": "azureml.git.repository_uri",
    "azureml.git.dirty": "azureml.git.commit",
}

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WHOLE_BELOW = 1e9
_SMALL = 1e-4
_ESCAPES = re.compile(
    r"""\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)   # OSC: titles, links
      | (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?      # CSI: colours, cursor
      | \x1b[ -/]*[0-~]?                       # the short ones
    """,
    re.VERBOSE,
)
_LONG_ID = re.compile(r"_\d+_[0-9a-f]{8}\Z")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` without escape sequences and control characters other than newline and tab."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def one_line(text: str, limit: int = 80) -> str:
    """`text` cleaned, its white space as single blanks, at most `limit` characters."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def log_lines(text: str, most: int, width: int = 200) -> list[str]:
    """The last `most` lines as a terminal would leave them: of a progress bar that was drawn anew, the last state."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.rstrip("\n").split("\n")]
    cleaned = [clean(line) for line in lines[-most:]] if most and text.strip() else []
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in cleaned]


def status(shown: str) -> str:
    """Shape and word of a shown status."""
    return " ".join(LOOKS.get(shown, ("○", shown)))


def duration(seconds: float) -> str:
    """`0.4s`, `12s`, `4m12s`, `1h20m`, `3d4h`."""
    s = max(0.0, seconds)
    if s < 9.95:
        return f"{s:.1f}s"
    whole = int(s)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR}h"


def elapsed(run: dict[str, Any], now: float) -> str:
    """How long a run took, or has taken at `now`; empty before its start."""
    started, ended = run["started_at"], run["ended_at"]
    return "" if started is None else duration((now if ended is None else ended) - started)


def ago(then: float, now: float) -> str:
    """`now`, `40s ago`, `2m ago`, `3h ago`, `5d ago`, later the local date."""
    s = int(max(0.0, now - then))
    if s < 5:
        return "now"
    for unit, size, below in (("s", 1, _MINUTE), ("m", _MINUTE, _HOUR), ("h", _HOUR, _DAY), ("d", _DAY, 30 * _DAY)):
        if s < below:
            return f"{s // size}{unit} ago"
    return time.strftime("%Y-%m-%d", time.localtime(then))


def moment(at: float) -> str:
    """`2026-11-23 14:02 UTC`: what is kept in a file is read elsewhere."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))


def number(value: float, significant: int = 4) -> str:
    """At most `significant` digits that matter: `0.08712`, `12.5`, `1.2e-7`; whole numbers whole."""
    if isinstance(value, int) and abs(value) >= 10**300:
        return one_line(str(value), 12)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    size = abs(value)
    if value == int(value) and size < _WHOLE_BELOW:
        return str(int(value))
    if size < _SMALL or size >= _WHOLE_BELOW:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    digits = 1 if size >= 1000 else max(0, significant - 1 - math.floor(math.log10(size)))
    text = f"{value:.{min(digits, 8)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_number(value: object) -> float | None:
    """The number behind a wire value (NaN and infinities travel as text); None when it is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return float(value) if isinstance(value, str) and value in {"NaN", "Infinity", "-Infinity"} else None


def value_text(value: object, limit: int = 80) -> str:
    """Any wire value in one short line."""
    as_one = as_number(value)
    if as_one is not None:
        return number(as_one)
    if isinstance(value, str):
        return one_line(value, limit)
    return "-" if value is None else one_line(json.dumps(value, ensure_ascii=False), limit)


def key_metric(run: dict[str, Any]) -> tuple[str, str] | None:
    """Name and last value of the metric that a row shows: the number that was logged first."""
    for name, metric in run["metrics"].items():
        if metric["kind"] == "number":
            last = as_number(metric["last"])
            return name, value_text(metric["last"], 12) if last is None else number(last, 3)
    return None


def short_id(run_id: str) -> str:
    """What tells an id from others, in about six characters: its beginning, or its end where it begins with the experiment's name."""
    return f"…{run_id[-6:]}" if _LONG_ID.search(run_id) else run_id[:6]


def tag_text(key: str, value: str | None, limit: int = 40) -> str:
    """`key` or `key=value`."""
    return one_line(key, limit) if value is None else one_line(f"{key}={value}", limit)


def is_recorded(key: str) -> bool:
    """Whether a property tells where a run comes from, and was not set by its author."""
    return key in RECORDED or key.startswith(_RECORDED_PREFIXES)


def recorded(properties: dict[str, str]) -> list[tuple[str, str]]:
    """Label and value of the recorded properties, in the order of `RECORDED`; those without a label come last, by their key."""
    rows = [(label, properties[key]) for key, label in RECORDED.items() if key in properties]
    if properties.get("azureml.git.dirty") == "True" and "azureml.git.commit" in properties:
        rows[0] = ("Commit", f"{rows[0][1]} with uncommitted changes")
    rest = (key for key in properties if is_recorded(key) and key not in RECORDED)
    return rows + [(key, properties[key]) for key in rest if _TOLD.get(key) not in properties]


def commit(properties: dict[str, str]) -> str | None:
    """`4be1c0`, with `*` where files had been changed since; None outside of a repository."""
    full = properties.get("azureml.git.commit")
    return f"{full[:6]}{'*' if properties.get('azureml.git.dirty') == 'True' else ''}" if full else None
