"""Requests to the server of a workspace: address, token, patience, and errors in the words of the product."""

from __future__ import annotations

import getpass
import os
import re
import threading
import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import requests

from jupyter_runs import config, envvars
from jupyter_runs.errors import StoreAway, StoreError
from jupyter_runs.store import http_codec as codec

#: Of what client and server say to each other. Raised when one that does not know of it would do harm.
PROTOCOL = "1"
PROTOCOL_HEADER, TIME_HEADER, USER_HEADER = "X-Jupyter-Runs-Protocol", "X-Jupyter-Runs-Time", "X-Jupyter-Runs-User"
API = "jupyter-runs/api/"
#: A server that is away is asked again for so long before a call fails.
RETRY_S = 10.0
#: To connect, and for the next bytes of an answer: a locked store is waited for by the server for 30 s.
TIMEOUT_S = (3.05, 40.0)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
#: What proxies answer while the server behind them is not there.
_AWAY = frozenset({502, 503, 504})


class _Token(requests.auth.AuthBase):
    """As an object and not as a header: otherwise `~/.netrc` would win."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"token {self._token}"
        return request


class Server:
    """One server and one workspace on it. All methods may be called from any thread, and after a fork."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self.shown = config.without_secrets(url)
        self.token = query.get("token", [None])[0] or os.environ.get(envvars.TOKEN) or None
        self._workspace = query.get("workspace", [None])[0]
        self._root = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{API}", "", ""))
        self._local = threading.local()
        #: Set by the last request: nothing answers there.
        self.is_away = False
        #: What the server's clock is ahead of ours by (seconds).
        self.ahead_s = 0.0

    def now(self) -> float:
        """The server's clock, about (seconds since the epoch)."""
        return time.time() + self.ahead_s

    def ask(
        self,
        verb: str,
        path: str,
        *,
        retry_s: float | None = None,
        timeout_s: tuple[float, float] = TIMEOUT_S,
        params: dict[str, str] | None = None,
        **rest: Any,
    ) -> requests.Response:
        """The answer to a request that does no harm when it is sent twice.

        Raises
        ------
        StoreAway : nobody answers, for `retry_s` (None: `RETRY_S`).
        JupyterRunsError : the error that the server has answered with.
        """
        if self._workspace is not None:
            params = {"workspace": self._workspace, **(params or {})}
        until, pause = time.monotonic() + (RETRY_S if retry_s is None else retry_s), _FIRST_PAUSE_S
        while True:
            try:
                answer = self._session().request(
                    verb, self._root + path, params=params, timeout=timeout_s, allow_redirects=False, **rest
                )
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise self._distrusted(error) from error
                reason: Exception | str = error
            except requests.RequestException as error:
                raise StoreError(f"{self.shown} cannot be asked ({error}). Check the address.") from error
            else:
                if not _is_away(answer):
                    self.is_away = False
                    self._must_be_well(answer)
                    self._note_time(answer)
                    return answer
                reason = f"status {answer.status_code}"
            self.is_away = True
            if time.monotonic() + pause > until:
                raise self._away(reason) from (reason if isinstance(reason, Exception) else None)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def call(self, name: str, arguments: dict[str, Any], **how: Any) -> Any:
        """What the method `name` of the server's store gives. Raises as `ask`, and what the method raises."""
        data = codec.dumps(arguments)
        answer = self.ask("POST", f"store/{name}", data=data, headers={"Content-Type": "application/json"}, **how)
        return codec.decode(codec.method(name).gives, answer.json())

    def _session(self) -> requests.Session:
        """Of this thread: connections are kept, and never shared with a parent process."""
        found: tuple[int, requests.Session] | None = getattr(self._local, "session", None)
        if found is None or found[0] != os.getpid():
            session = requests.Session()
            session.auth = _Token(self.token)
            session.headers[PROTOCOL_HEADER] = PROTOCOL
            # For servers that know only that somebody has their token. A header is Latin-1.
            session.headers[USER_HEADER] = _account().encode("latin-1", "replace").decode("latin-1")
            found = self._local.session = os.getpid(), session
        return found[1]

    def _note_time(self, answer: requests.Response) -> None:
        if (told := answer.headers.get(TIME_HEADER)) is not None:
            # Too little by the way of the answer: what was logged just before a run ended must not look as if it came after.
            self.ahead_s = float(told) - time.time()

    def _away(self, reason: object) -> StoreAway:
        if isinstance(reason, requests.Timeout):
            what = "no answer in time"
        elif isinstance(reason, Exception):
            what = "no connection"
        else:
            what = str(reason)
        return StoreAway(
            f"The server {self.shown} cannot be reached ({what}). Start it, or check the address and the network; "
            "what was logged is kept on this machine and sent when it is back (`jupyter runs sync`)."
        )

    def _distrusted(self, error: Exception) -> StoreError:
        """Of a certificate: asking again does not make it better."""
        why = re.search(r"certificate verify failed: (.*?)(?: \(_ssl|['\")]*$)", str(error))
        return StoreError(
            f"The certificate of {self.shown} is not trusted here ({why[1] if why else error}). Check the name in the address; "
            "where your team signs its own certificates, set REQUESTS_CA_BUNDLE to the file of its certificate authority."
        )

    def _must_be_well(self, answer: requests.Response) -> None:
        """Raise the error that an answer is."""
        status = answer.status_code
        body = _body(answer)
        if status < 300 and (body is not None or PROTOCOL_HEADER in answer.headers):
            return
        if body is not None and (error := codec.decode_error(body)) is not None:
            raise error
        message = "" if body is None else str(body.get("message", ""))
        if status in {301, 302, 303, 307, 308, 401, 403}:
            raise StoreError(
                f"{message} ({self.shown})"
                if status == 401 and message
                else f"The server {self.shown} does not take the token. Set {envvars.TOKEN}, or add ?token=… to the address."
            )
        if status == 404 and (body is None or body.get("reason") == "UnknownRoute"):
            raise StoreError(
                f"The server {self.shown} does not serve runs to others: jupyter_runs is missing there or too old. "
                "`pip install -U jupyter_runs` there and restart it; check the path of the address."
            )
        if status == 413 and not message:
            message = "too much at once"
        raise StoreError(f"The server {self.shown} answered with status {status}: {message or 'see its log'}.")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _body(answer: requests.Response) -> dict[str, Any] | None:
    """The error of ours that an answer holds; None where it is not ours, or no error."""
    if answer.status_code < 300 or not answer.headers.get("Content-Type", "").startswith("application/json"):
        return None
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and "message" in body else None


def _is_away(answer: requests.Response) -> bool:
    """A proxy says that nobody is behind it, or the server that it is just stopping. A locked store is another matter.

    JupyterHub sends whoever asks for a user's server that is stopped to a page that starts it.
    """
    if answer.is_redirect and "/hub/user/" in answer.headers["Location"]:
        return True
    body = _body(answer) if answer.status_code in _AWAY else {}
    return body is None or body.get("reason") == StoreAway.__name__


def segment(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


def run_path(run_id: str, rest: str) -> str:
    """A route of a run."""
    return f"runs/{segment(run_id)}/{rest}"
