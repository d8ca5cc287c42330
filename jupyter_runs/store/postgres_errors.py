"""Errors of the driver of PostgreSQL as ours: one line with the place and the remedy, never with a password."""

from __future__ import annotations

import re

import psycopg

from jupyter_runs.errors import InvalidName, JupyterRunsError, StoreBusy, StoreError, StoreReadOnly, shorten


class TryAgain(StoreBusy):
    """Nothing of the transaction was done, and the next attempt may do it."""


_errors = psycopg.errors
#: Errors of the driver, ours for them, and what it says.
_MESSAGES: tuple[tuple[tuple[type[Exception], ...], type[JupyterRunsError], str], ...] = (
    ((_errors.DeadlockDetected, _errors.SerializationFailure), TryAgain, "{where}: {text}. Try again."),
    (
        (_errors.LockNotAvailable, _errors.QueryCanceled),
        StoreBusy,
        "{where} stayed locked ({text}). Try again; if it stays so, SELECT * FROM pg_stat_activity shows the transaction that is open.",
    ),
    (
        (_errors.ReadOnlySqlTransaction, _errors.InsufficientPrivilege),
        StoreReadOnly,
        "{where} cannot be written ({text}). Ask its owner to let this role write, or use another workspace.",
    ),
    (
        (_errors.UndefinedTable, _errors.InvalidSchemaName, _errors.UndefinedFunction),
        StoreError,
        "The tables of {where} were removed or replaced while in use ({text}). Open the workspace again.",
    ),
    (
        (_errors.UntranslatableCharacter,),
        InvalidName,
        "A text holds a NUL character. Remove it, e.g. text.replace('\\0', '').",
    ),
)


def explain(error: psycopg.Error | UnicodeEncodeError, where: str) -> JupyterRunsError:
    """Our error for one of the driver's."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidName(
            f"The text {shorten(str(error.object))!r} holds half a character (a lone surrogate), which cannot be stored. "
            "Remove it, e.g. text.encode('utf-8', 'replace').decode()."
        )
    text = one_line(error)
    for kinds, kind, message in _MESSAGES:
        if isinstance(error, kinds):
            return kind(message.format(where=where, text=text))
    if isinstance(error, psycopg.OperationalError):
        return _unreachable(error, where)
    return StoreError(f"{where}: {text}")


def _unreachable(error: psycopg.OperationalError, where: str) -> StoreError:
    text = one_line(error)
    if "password" in text or "authentication" in text or "no pg_hba.conf entry" in text:
        return StoreError(
            f"{where} does not let us in ({text}). Check user and password: in the address, in PGPASSWORD, or in ~/.pgpass."
        )
    if "does not exist" in text:
        return StoreError(f"{where}: {text}. Create it, or correct the address.")
    if "remaining connection slots" in text or "too many" in text:
        return TryAgain(f"{where} takes no more connections ({text}). Raise max_connections, or use a pooler.")
    return TryAgain(away(error, where))


def away(error: Exception, where: str) -> str:
    """A server that does not answer, and the remedy."""
    return f"{where} cannot be reached ({one_line(error)}). Check that the server runs and that the address is right."


def one_line(error: BaseException) -> str:
    """What an error says, without its line breaks."""
    text = " ".join(str(error).split())
    # The driver never shows the password; a proxy or a library between might.
    return shorten(re.sub(r"(password=)\S+", r"\1…", text), 300) or type(error).__name__
