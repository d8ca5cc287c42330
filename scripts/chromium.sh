#!/bin/sh
# Make sure that the browser tests have a Chromium: one on PATH, else from apt as root, else playwright's own.
set -eu

python="$(dirname "$0")/../.venv/bin/python"

found() {
    "$python" "$(dirname "$0")/../tests/ui/chromium.py" >/dev/null 2>&1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null &&
        apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core </dev/null >/dev/null || true
    found && exit 0
fi
"$python" -m playwright install chromium </dev/null || true
found && exit 0
echo "make: the browser tests need Chromium. Install it with your package manager (Debian: apt install chromium), or name one: make test CHROMIUM=/path/to/chromium" >&2
exit 1
