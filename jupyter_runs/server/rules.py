"""Who may cancel, delete, archive or edit whose runs: `(user, action, run) -> bool`, asked before anything is changed.

The rule is named by `c.RunsServerApp.rule` (a name or a function) or `JUPYTER_RUNS_RULE`. `everybody` and `own` are in the box; packages
add theirs as entry points of the group `jupyter_runs.authorizer`. A token of a run is not asked: it is good for that run only.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from jupyter_runs.errors import NotAllowed, WorkspaceConfigError
from jupyter_runs.model import RunRecord, Status
from jupyter_runs.store.base import RunFilter
from jupyter_runs.store.pages import every_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from jupyter_runs.store.base import Store

Rule = Callable[[str, str, RunRecord], bool]
VARIABLE = "JUPYTER_RUNS_RULE"
GROUP = "jupyter_runs.authorizer"
#: Methods of a store -> what they do to the run that they name.
_ACTIONS = {
    "request_cancel": "cancel",
    "delete_run": "delete",
    "restore_run": "delete",
    "set_archived": "archive",
    "update_run": "edit",
    "edit_tags": "edit",
    "add_properties": "edit",
    "note_error": "edit",
    "end_descendants": "edit",
    "transition": "edit",
}
#: The same for all runs of an experiment, and for a list of runs.
_OF_EXPERIMENTS = {
    "delete_experiment": "delete",
    "archive_experiment": "archive",
    "reactivate_experiment": "archive",
    "edit_experiment_tags": "edit",
}


def everybody(user: str, action: str, run: RunRecord) -> bool:
    """Everybody may do everything."""
    del user, action, run
    return True


def own(user: str, action: str, run: RunRecord) -> bool:
    """Who has submitted it."""
    del action
    return run.submitted_by == user


_RULES: dict[str, Rule] = {"everybody": everybody, "own": own}


def load(given: str | Rule) -> Rule:
    """The rule of that name, or the function itself.

    Raises
    ------
    WorkspaceConfigError : there is none of that name; the message names those that are.
    """
    named = given or os.environ.get(VARIABLE) or "everybody"
    if not isinstance(named, str):
        return named
    if named in _RULES:
        return _RULES[named]
    others = {point.name: point for point in entry_points(group=GROUP)}
    if named not in others:
        raise WorkspaceConfigError(
            f"There is no rule {named!r} for who may change runs. Known are: {', '.join([*_RULES, *sorted(others)])}."
        )
    rule: Rule = others[named].load()
    return rule


def must_allow(rule: Rule, user: str, action: str, runs: Iterable[RunRecord]) -> None:
    """Refuse with `NotAllowed` what the rule does not allow for each of the runs."""
    if rule is everybody:
        return
    for run in runs:
        if not rule(user, action, run):
            raise NotAllowed(
                f"{user} may not {action} run {run.run_id}, which {run.submitted_by} has submitted: a rule of this server. "
                f"Ask {run.submitted_by}, or who runs the server."
            )


def must_allow_call(rule: Rule, user: str, store: Store, method: str, arguments: dict[str, Any]) -> None:
    """The same for a call of the store."""
    if rule is everybody:
        return
    if (action := _ACTIONS.get(method)) is not None:
        if arguments.get("to") is Status.CANCELED:
            action = "cancel"
        must_allow(rule, user, action, store.get_runs([arguments["run_id"]]))
    elif (action := _OF_EXPERIMENTS.get(method)) is not None:
        must_allow(rule, user, action, of_experiment(store, arguments["name"]))
    elif method == "erase":
        must_allow(rule, user, "delete", store.get_runs(arguments["run_ids"]))


def of_experiment(store: Store, name: str) -> Iterator[RunRecord]:
    """All runs of an experiment that are not in the bin."""
    return every_run(store, RunFilter(experiment=name, include_children=True, archived=None))
