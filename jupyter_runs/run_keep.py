"""The part of Run that keeps house: archive, and the bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_runs.workspace import Workspace


class RunKeep:
    """Out of the way, and away."""

    _workspace: Workspace
    _id: str

    def archive(self) -> None:
        """The run is out of listings, and found with `is:archived`. Everything else stays as it is, and it may go on running.

        Its children stay below it as they were; a child may be archived for itself. Again is harmless.
        """
        self._workspace.store.set_archived(self._id, True, by=self._workspace.user)

    def reactivate(self) -> None:
        """The run is back in listings. Harmless on one that is not archived."""
        self._workspace.store.set_archived(self._id, False, by=self._workspace.user)

    def delete(self) -> None:
        """The run and all its descendants are in the bin: in no listing or count, and found with `is:deleted`.

        `restore` brings them back as they were, until `Workspace.gc` removes them for good. Again is harmless.

        Raises
        ------
        RunStateError : the run, or one below it, has not ended; nothing is deleted.
        """
        self._workspace.store.delete_run(self._id, by=self._workspace.user)

    def restore(self) -> None:
        """The run is out of the bin, with what went into it together with the run. Harmless on one that is not in the bin.

        Raises
        ------
        RunStateError : its parent is in the bin; the message names it.
        """
        self._workspace.store.restore_run(self._id, by=self._workspace.user)
