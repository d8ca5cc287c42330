"""Every error that jupyter_runs raises on purpose.

The docstring of an error is its default message; callers catch by what they can do about it, or by the builtin kind.

    JupyterRunsError
      RunNotFound (LookupError)           no run of that id in this workspace                404
      InvalidName (ValueError)            a name, key or value breaks a rule that it states  400
      InvalidQuery (ValueError)           the search text does not parse                     400
      PropertyConflict (ValueError)       a property or param already has another value      409
      WorkspaceConfigError (ValueError)   a config file is there but cannot be used          400
      RunConfigurationException (ValueError)  a script, argument or runconfig cannot be used         400
        StoreNotShared                    nodes of a compute target cannot reach this store  400
      ComputeTargetException              an engine does not answer, or refuses; or there is none of that name  502
      ArtifactNotFound (LookupError)      no file of that name in the run                    404
      ModelNotFound (LookupError)         no registered model of that name or version        404
      SnapshotException                   a source folder cannot be kept or restored         500
      RunEnvironmentException             there is no run around this code                   400
      ExperimentExecutionException        waiting was interrupted; the run goes on           500
      CloudOnly (NotImplementedError)     exists in Azure only; names the local way          501
      RunStateError
        ActivityFailedException           the run that was waited for is Failed              409
        IllegalTransition                 the run cannot go from `current` to `wanted`       409
        RunEnded                          the run has ended and takes no more values         409
      StoreError                          the driver's error is in __cause__                 500
        StoreBusy                         another process holds the store; may work later    503
        StoreReadOnly                     the file or its folder cannot be written           503
        StoreVersion                      made by a newer jupyter_runs; nothing was touched  503
    RunCanceled (KeyboardInterrupt)       unwinds the cell; `except Exception` lets it pass
"""

from __future__ import annotations


class JupyterRunsError(Exception):
    """Something went wrong in jupyter_runs."""

    #: Status code of the REST API for this error.
    http_status = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])

    @property
    def message(self) -> str:
        """The text alone, as on the exceptions of Azure ML SDK v1."""
        return str(self)

    def _render_traceback_(self) -> list[str]:
        """IPython shows a user's mistake in one line, with the remedy, instead of our stack."""
        return [f"\x1b[31m{type(self).__name__}\x1b[0m: {self}"]


class RunNotFound(JupyterRunsError, LookupError):
    """There is no such run in this workspace."""

    http_status = 404

    def __init__(self, run_id: str, where: str = "") -> None:
        self.run_id = run_id
        place = f" in {where}" if where else " in this workspace"
        super().__init__(
            f"No run {shorten(str(run_id))!r}{place}. `%runs` or `jupyter runs list` shows the runs that are there."
        )


class InvalidName(JupyterRunsError, ValueError):
    """A name breaks a rule."""

    http_status = 400


class InvalidQuery(JupyterRunsError, ValueError):
    """The search text does not parse."""

    http_status = 400

    def __init__(
        self,
        message: str | None = None,
        *,
        token: str = "",
        position: int | None = None,
        expected: str = "",
        instead: str = "",
    ) -> None:
        #: The part that does not parse, as typed; `position`: where it begins in the text; `expected`: what could stand there;
        #: `instead`: the part as it was probably meant, empty when nobody can know.
        self.token, self.position, self.expected, self.instead = token, position, expected, instead
        super().__init__(message)


class PropertyConflict(JupyterRunsError, ValueError):
    """A property has another value already; properties never change."""

    http_status = 409

    def __init__(self, kind: str, key: str, current: str) -> None:
        self.key, self.current = key, current
        super().__init__(
            f"{kind.capitalize()} {shorten(key)!r} is already {shorten(current)!r} and cannot change. Use a tag for values that change."
        )


class WorkspaceConfigError(JupyterRunsError, ValueError):
    """A workspace configuration cannot be used."""

    http_status = 400


class RunConfigurationException(JupyterRunsError, ValueError):
    """A script, its arguments or its runconfig cannot be used."""

    http_status = 400


class StoreNotShared(RunConfigurationException):
    """The nodes of a compute target cannot reach the store of this workspace."""


class ComputeTargetException(JupyterRunsError):
    """A compute target cannot be used."""

    http_status = 502


class ArtifactNotFound(JupyterRunsError, LookupError):
    """The run has no file of that name."""

    http_status = 404


class ModelNotFound(JupyterRunsError, LookupError):
    """No model of that name or version is registered."""

    http_status = 404


class SnapshotException(JupyterRunsError):
    """A source folder cannot be kept or restored."""


class RunEnvironmentException(JupyterRunsError):
    """There is no run around this code."""

    http_status = 400


class ExperimentExecutionException(JupyterRunsError):
    """Waiting for a run was interrupted; the run goes on."""


class CloudOnly(JupyterRunsError, NotImplementedError):
    """Something that only Azure has; the message names the local way."""

    http_status = 501


class RunStateError(JupyterRunsError):
    """The run is in a state that does not allow this."""

    http_status = 409


class ActivityFailedException(RunStateError):
    """The run that was waited for has failed."""


class IllegalTransition(RunStateError):
    """The run cannot go to that status."""

    def __init__(self, run_id: str, current: str, wanted: str) -> None:
        self.run_id, self.current, self.wanted = run_id, current, wanted
        super().__init__(f"Run {run_id} is {current} and cannot become {wanted}. Start a new run instead.")


class RunEnded(RunStateError):
    """The run has ended and takes no more values."""

    def __init__(self, run_id: str, status: str) -> None:
        self.run_id, self.status = run_id, status
        super().__init__(
            f"Run {run_id} is {status} and takes no more values. Start a new run, or tag this one: tags may always change."
        )


class StoreError(JupyterRunsError):
    """The store cannot be used."""


class StoreBusy(StoreError):
    """Another process keeps the store locked. Try again; if it stays so, find the process that has the file open."""

    http_status = 503


class StoreReadOnly(StoreError):
    """The store cannot be written."""

    http_status = 503


class StoreVersion(StoreError):
    """The store was made by a newer jupyter_runs."""

    http_status = 503

    def __init__(self, path: str, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(
            f"{path} has schema version {found}, this jupyter_runs knows {known}. Nothing was touched: "
            "`pip install -U jupyter_runs`, or point JUPYTER_RUNS_WORKSPACE at another folder."
        )


class StoreAway(StoreError):
    """The server of the workspace cannot be reached."""

    http_status = 503


class JournalGap(StoreError):
    """Bytes of the journal are missing."""

    http_status = 409

    def __init__(self, end: int) -> None:
        #: Where to go on: the bytes that are there.
        self.end = end
        super().__init__(f"The store has {end} bytes of this journal. Send it from there on.")


class TokenRefused(JupyterRunsError):
    """The token is not good."""

    http_status = 401


class NotAllowed(JupyterRunsError):
    """The token, or a rule of the server, does not allow this."""

    http_status = 403


class RunCanceled(KeyboardInterrupt):
    """The run was canceled."""

    def __init__(self, run_id: str, by: str | None = None, via: str | None = None) -> None:
        self.run_id, self.by, self.via = run_id, by, via
        who = f" by {by}" if by else ""
        where = f" from the {via}" if via in {"panel", "sidebar"} else (f" ({via})" if via else "")
        super().__init__(f"run {run_id} was canceled{who}{where}")

    def _render_traceback_(self) -> list[str]:
        """IPython shows one line: a cancel is an answer, not a fault in the user's code."""
        return [f"\x1b[33mRunCanceled\x1b[0m: {self}"]


def show(value: object) -> str:
    """`value` as a message writes it: its repr in one line, cut; what cannot be written (a number of 5,000 digits) by its type."""
    try:
        return shorten(" ".join(repr(value).split()))
    except Exception:  # noqa: BLE001 - a user's object may fail to print itself
        return f"a {type(value).__name__}"


def shorten(text: str, limit: int = 60) -> str:
    """`text` cut for a message, so that a key of 10,000 characters still gives one readable line."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
