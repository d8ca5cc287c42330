"""Commands that change a run: update, tag, complete, fail, cancel, archive, reactivate."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from jupyter_runs import cli_complete, cli_output, names
from jupyter_runs import format as fmt
from jupyter_runs.cli_options import ERROR, Call, Command, pair, run_option, shared
from jupyter_runs.model import NOT_RESPONDING, SCRIPT_TYPE, RunError, Status

if TYPE_CHECKING:
    from jupyter_runs.model import RunRecord

CANCEL_WAIT_S = 10.0


@click.command(cls=Command, short_help="Change tags, name or description.")
@run_option
@click.option("--add-tag", "added", multiple=True, metavar="KEY[=VALUE]", help="Set a tag; repeatable.")
@click.option(
    "--remove-tag",
    "removed",
    multiple=True,
    metavar="KEY",
    help="Remove a tag; repeatable.",
    shell_complete=cli_complete.tag_keys,
)
@click.option("--name", help="What to call the run.")
@click.option("--description", metavar="TEXT", help="A text about it; empty removes it.")
@shared
def update(
    call: Call, *, run: str, added: tuple[str, ...], removed: tuple[str, ...], name: str | None, description: str | None
) -> None:
    """Change a run's tags, name or description, also after its end."""
    if not (added or removed or name is not None or description is not None):
        raise click.UsageError("Nothing to change: give --add-tag, --remove-tag, --name or --description.")
    _edit(call, run, added, removed, name=name, description=description)


@click.command(cls=Command)
@run_option
@click.argument("tags", nargs=-1, metavar="[KEY[=VALUE]]…")
@click.option(
    "--remove",
    "removed",
    multiple=True,
    metavar="KEY",
    help="Remove this tag; repeatable.",
    shell_complete=cli_complete.tag_keys,
)
@shared
def tag(call: Call, *, run: str, tags: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Set and remove tags of a run."""
    if not (tags or removed):
        raise click.UsageError("Nothing to change: give KEY=VALUE, KEY, or --remove KEY.")
    _edit(call, run, tags, removed)


def _edit(
    call: Call,
    run: str,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    name: str | None = None,
    description: str | None = None,
) -> None:
    # All is checked before anything is written.
    tags = names.tags(dict(map(pair, added)))
    if both := [key for key in removed if key in tags]:
        raise click.UsageError(f"The tag {both[0]!r} is both set and removed: leave one out.")
    name = None if name is None else names.display_name(name)
    description = None if description is None else names.description(description)
    with call.runs() as runs:
        from jupyter_runs.cli_runs import user

        before = runs.one(run, call.experiment)
        if tags or removed:
            runs.store.edit_tags(before.run_id, tags, removed, by=user())
        if name is not None or description is not None:
            runs.store.update_run(before.run_id, name=name, description=description)
        after = runs.store.get_run(before.run_id)
        data = runs.data(after)
    shown = " ".join(fmt.tag_text(key, value) for key, value in after.tags.items()) or "none"
    call.answer(f"{title(after)}: changed. Tags: {shown}.", data, cli_output.run_table)


@click.command(cls=Command)
@run_option
@shared
def complete(call: Call, *, run: str) -> None:
    """End a run as Completed."""
    _end(call, run, Status.COMPLETED)


@click.command(cls=Command)
@run_option
@click.argument("reason", required=False, metavar="[TEXT]")
@shared
def fail(call: Call, *, run: str, reason: str | None) -> None:
    """End a run as Failed, with TEXT as the reason."""
    _end(call, run, Status.FAILED, RunError("UserError", reason or "The run was marked as failed."))


def _end(call: Call, run: str, to: Status, error: RunError | None = None) -> None:
    with call.runs() as runs:
        from jupyter_runs.cli_runs import user

        before = runs.one(run, call.experiment)
        after = runs.store.transition(before.run_id, to, error=error, by=user(), via="cli")
        data = runs.data(after)
    what = f"was {to} already. Nothing was changed" if before.status is to else str(to)
    call.answer(f"{title(after)}: {what}.", data, cli_output.run_table)


@click.command(cls=Command, short_help="Cancel a run and its unfinished children.")
@run_option
@click.option("--no-wait", is_flag=True, help="Ask and go, without waiting for the end.")
@shared
def cancel(call: Call, *, run: str, no_wait: bool) -> None:
    """Cancel a run and its unfinished children, and wait until it has ended (at most 10 s).

    Exit code 1 when it still runs after that.
    """
    with call.runs() as runs:
        from jupyter_runs import engines
        from jupyter_runs.cli_runs import user

        before = runs.one(run, call.experiment)
        started = time.monotonic()
        after = runs.store.request_cancel(before.run_id, by=user(), via="cli")
        engines.withdraw(runs.config, runs.store, [before.run_id])
        if not no_wait:
            after = runs.wait_for_end(before.run_id, CANCEL_WAIT_S)
        data = runs.data(after)
    happened = _what_happened(before, after, time.monotonic() - started, no_wait=no_wait)
    # Azure ML's cancel writes no data, not even in a pipe.
    is_data = call.output is not None or call.query is not None
    call.answer(happened, data, cli_output.run_table, is_data=is_data)
    if not after.status.is_final and not no_wait:
        sys.exit(ERROR)


def _what_happened(before: RunRecord, after: RunRecord, seconds: float, *, no_wait: bool) -> str:
    name = title(after)
    if before.status.is_final:
        return f"{name} had ended before: {before.status}. Nothing was changed."
    if after.status.is_final:
        return f"{name}: {after.status} in {seconds:.1f} s."
    if no_wait:
        return f"{name}: cancel requested."
    return f"{name}: cancel requested; still {after.status} after {CANCEL_WAIT_S:.0f} s: {_why_still(after)}."


def _why_still(run: RunRecord) -> str:
    """Why a run goes on that was asked to end, and what a person can do."""
    if run.shown_status(time.time()) == NOT_RESPONDING:
        where = f" on {run.owner.host}" if run.owner else ""
        return f"its process has not been heard of lately; look after it{where}"
    if run.type == SCRIPT_TYPE:
        return "its processes are given some seconds to end by themselves, then they are killed"
    force = "Restart its kernel" if run.owner is not None and run.owner.kernel_id else "End its process"
    return f"it is probably inside one long call, and ends when that returns. {force} to force it"


@click.command(cls=Command)
@run_option
@shared
def archive(call: Call, *, run: str) -> None:
    """Put a run out of the way of listings; is:archived finds it."""
    _set_archived(call, run, "archived; `jupyter runs reactivate` brings it back", archived=True)


@click.command(cls=Command)
@run_option
@shared
def reactivate(call: Call, *, run: str) -> None:
    """Bring an archived run back into listings."""
    _set_archived(call, run, "in the listings again", archived=False)


def _set_archived(call: Call, run: str, done: str, *, archived: bool) -> None:
    with call.runs() as runs:
        from jupyter_runs.cli_runs import user

        found = runs.one(run, call.experiment)
        runs.store.set_archived(found.run_id, archived, by=user())
        after = runs.store.get_run(found.run_id)
        data = runs.data(after)
    call.answer(f"{title(after)}: {done}.", data, cli_output.run_table)


def title(run: RunRecord) -> str:
    """`Run #12 digits/lr-sweep`."""
    return f"Run #{run.number} {run.experiment}/{fmt.one_line(run.name)}"
