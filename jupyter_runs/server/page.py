"""The studio as a page of its own, for those without JupyterLab: one page for all its addresses, which JavaScript reads.

All that the page needs comes from this server, and its policy lets nothing else in: a name, a log or a picture of a run
that is meant to do harm finds no way to.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web

#: The address of the page, below the server's base URL.
ROOT = "/jupyter-runs"
#: Scripts, requests and frames of this server only; what a run has written is shown from memory (`blob:`).
_POLICY = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "frame-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Runs</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="{favicon}">
<link rel="stylesheet" data-theme="light" media="(prefers-color-scheme: light)" href="{light}">
<link rel="stylesheet" data-theme="dark" media="(prefers-color-scheme: dark)" href="{dark}">
<link rel="stylesheet" href="{style}">
<script id="jupyter-config-data" type="application/json">{config}</script>
<script type="module" src="{script}"></script>
</head>
<body>
<noscript>This page shows your runs with JavaScript, which is switched off in this browser.</noscript>
</body>
</html>
"""
_FILES = {
    "favicon": "favicon.svg",
    "light": "light.css",
    "dark": "dark.css",
    "style": "page.css",
    "script": "page.js",
}


class PageHandler(ExtensionHandlerMixin, JupyterHandler):
    """The page, the same for every run and experiment."""

    auth_resource = "jupyter_runs"

    @property
    def content_security_policy(self) -> str:
        """The server's policy and ours; that of the configuration if there is one."""
        policy = super().content_security_policy
        is_set = "Content-Security-Policy" in self.settings.get("headers", {})
        return policy if is_set else "; ".join((policy, *_POLICY))

    @web.authenticated
    @authorized
    def get(self) -> None:
        files = {name: escape(self.static_url(f"page/{file}")) for name, file in _FILES.items()}
        # Asking for it sets the cookie that every request of the page sends back.
        _ = self.xsrf_token
        self.set_header("Content-Type", "text/html; charset=utf-8")
        # It holds the token.
        self.set_header("Cache-Control", "no-store")
        self.finish(_PAGE.format(config=_in_script(self._config()), **files))

    def _config(self) -> dict[str, Any]:
        """What Jupyter's own pages tell their scripts, under the same names."""
        config = {"baseUrl": self.base_url, "token": self.settings.get("token", "")}
        return config | ({"wsUrl": ws} if (ws := self.serverapp.websocket_url) else {})


def _in_script(data: dict[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    return json.dumps(data).replace("<", "\\u003c")


HANDLERS: list[tuple[str, type[PageHandler]]] = [
    (rf"{ROOT}/?", PageHandler),
    (rf"{ROOT}/(?:run|experiment)/[^/]+", PageHandler),
    (rf"{ROOT}/compare", PageHandler),
]
