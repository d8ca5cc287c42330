#!/bin/sh
# Bring a JupyterHub for the tests: the package into our environment, its proxy into a folder of its own. Prints the folder of the proxy's
# program. What cannot be brought is said, and its tests are skipped.
set -eu

place="${XDG_CACHE_HOME:-$HOME/.cache}/jupyter_runs/hub-proxy"
ours="$(cd "$(dirname "$0")/.." && pwd)/.venv/bin/python"

"$ours" -m pip install --quiet 'jupyterhub>=5' >&2 || echo "make: JupyterHub could not be installed; its tests are skipped." >&2
if ! test -e "$place/node_modules/.bin/configurable-http-proxy"; then
    mkdir -p "$place"
    npm install --silent --no-audit --no-fund --prefix "$place" configurable-http-proxy >&2 ||
        echo "make: configurable-http-proxy could not be installed; the tests of JupyterHub are skipped." >&2
fi
echo "$place/node_modules/.bin"
