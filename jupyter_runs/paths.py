"""Every place on disk, named once: the user's folder, a workspace's files, a run's files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

DATABASE = "runs.db"
#: Where scripts put what is to be kept, in their own folder and in the run's.
OUTPUTS, LOGS = "outputs", "logs"
#: Azure ML's newer runtime uses this name too.
STD_LOG = "user_logs/std_log.txt"
#: Begins the names of files that are being written; they are in no listing.
INCOMING = ".incoming-"
#: This package.
PACKAGE = Path(__file__).parent
#: The package tree `azureml`, for scripts written for SDK v1.
DROP_IN = PACKAGE / "azureml" / "tree"
#: The bootstrap of a script's launcher.
LAUNCH = PACKAGE / "launch.py"
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afs", "lustre", "gpfs", "beegfs")


def user_folder() -> Path:
    """Where the default workspace lives: JUPYTER_RUNS_HOME, or the platform's folder for user data."""
    if home := os.environ.get("JUPYTER_RUNS_HOME"):
        return Path(home).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("jupyter_runs", appauthor=False))


def known_workspaces() -> Path:
    """Folder with one small file per workspace that this user has opened, so that the server can find them all."""
    return user_folder() / "known"


def journals(key: str) -> Path:
    """What runs of this user have said and the server of the workspace `key` has not got yet: a file per run and process."""
    return user_folder() / "journals" / key


def network_file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Type of the network file system that holds `folder` (nfs4, cifs, …), or None; only Linux tells."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    real = os.path.realpath(folder)
    points = [(point.replace("\\040", " "), kind) for _, point, kind, *_ in map(str.split, lines)]
    above = [(point, kind) for point, kind in points if real == point or real.startswith(point.rstrip("/") + "/")]
    kind = max(above, key=lambda found: len(found[0]), default=("", ""))[1]
    return kind if kind.startswith(_NETWORK) else None


def server_mark(pid: int) -> Path:
    """A file that is there while the Jupyter server of that pid runs our extension."""
    return user_folder() / "servers" / f"{pid}.json"


def workspace_key(where: Path | str) -> str:
    """Short name of a workspace in URLs and records: a hash of where it is, which is a folder or the address of a server."""
    place = where if isinstance(where, str) else os.path.realpath(where)
    return hashlib.sha256(place.encode()).hexdigest()[:12]


def run_folder(workspace: Path, run_id: str) -> Path:
    """All files of a run. Ids are checked when a run is created, so none can lead out of the workspace."""
    return workspace / "runs" / run_id


def run_log(workspace: Path, run_id: str) -> Path:
    """Stdout and stderr of a run, in the order of writing."""
    return run_folder(workspace, run_id) / STD_LOG


def mirrored(workspace: Path, run_id: str) -> Path:
    """Which files of a run are here as they are on the server of the workspace."""
    return workspace / "mirror" / f"{run_id}.json"


def work_folder(workspace: Path, run_id: str) -> Path:
    """What belongs to the execution of a script and not to its record: the launcher's own output, the copy of the source."""
    return workspace / "work" / run_id


def code_folder(workspace: Path, run_id: str) -> Path:
    """The folder that a script runs in: a copy of its source as it was at submit."""
    return work_folder(workspace, run_id) / "src"


def restored_mark(workspace: Path, run_id: str) -> Path:
    """An empty file: when it was made, the copy of the source was complete and the script had not begun."""
    return work_folder(workspace, run_id) / "restored"


def launch_log(workspace: Path, run_id: str) -> Path:
    """What the launcher itself has to say; empty as long as all goes well."""
    return work_folder(workspace, run_id) / "launch.log"


def note(workspace: Path, run_id: str) -> Path:
    """What the launcher on another machine needs and nobody else may read."""
    return work_folder(workspace, run_id) / "note.json"


def snapshots(workspace: Path) -> Path:
    """Source snapshots: files by their hash, and a list of files per snapshot."""
    return workspace / "snapshots"


def models(workspace: Path) -> Path:
    """Files of registered models."""
    return workspace / "models"
