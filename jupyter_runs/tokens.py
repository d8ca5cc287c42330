"""The token of one run: what a machine gets that works for it, and all that it ever gets.

`jrun.RUN_ID.EXPIRES.SIGNATURE`: the signature is an HMAC of the rest with a secret of the workspace, so the server keeps no list. A
token is good for its run and the runs below it, until its time is over; a new secret (delete the file) ends them all.
"""

from __future__ import annotations

import hmac
import os
import secrets
import time
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from jupyter_runs.errors import TokenRefused

if TYPE_CHECKING:
    from pathlib import Path

#: No token of Jupyter looks so.
PREFIX = "jrun."
DEFAULT_S = 7 * 86_400.0


def secret(workspace: Path) -> bytes:
    """The secret of a workspace, made when it is not there. Only the user of the server may read it.

    Raises OSError where it can be neither read nor written.
    """
    file = workspace / "tokens.key"
    with suppress(FileNotFoundError):
        return file.read_bytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(secrets.token_bytes(32))
    try:
        # Of two processes the first wins, and both go by its file.
        os.link(temporary, file)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not file.exists():
            temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return file.read_bytes()


def mint(key: bytes, run_id: str, expires_at: float) -> str:
    """The token of a run until then (seconds since the epoch)."""
    body = f"{PREFIX}{run_id}.{int(expires_at)}"
    return f"{body}.{_signature(key, body)}"


def check(key: bytes, token: str, now: float | None = None) -> str:
    """The run whose token it is.

    Raises
    ------
    TokenRefused : it is none of this workspace, or its time is over.
    """
    body, _, signature = token.rpartition(".")
    run_id, _, expires = body.removeprefix(PREFIX).rpartition(".")
    if not body.startswith(PREFIX) or not hmac.compare_digest(signature.encode(), _signature(key, body).encode()):
        raise TokenRefused("This is no token of a run of this workspace. Ask for a new one: `jupyter runs token RUN`.")
    if int(expires) < (time.time() if now is None else now):
        at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(int(expires)))
        raise TokenRefused(
            f"The token of run {run_id} was good until {at}. Ask for a new one: `jupyter runs token RUN`."
        )
    return run_id


def _signature(key: bytes, body: str) -> str:
    return hmac.new(key, body.encode("utf-8", "replace"), sha256).hexdigest()
