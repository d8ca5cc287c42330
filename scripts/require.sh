#!/bin/sh
# Check that a tool is there and new enough; if not, say in one line what to install.
#   require.sh python   prints the interpreter to use
#   require.sh node     prints nothing
set -eu

fail() {
    echo "make: $1" >&2
    exit 1
}

require_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10 python}; do
        command -v "$name" >/dev/null 2>&1 || continue
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || continue
        "$name" -c 'import venv, ensurepip' 2>/dev/null ||
            fail "$name cannot make virtual environments. Install its venv module (Debian, Ubuntu: apt install python3-venv) and try again."
        echo "$name"
        return
    done
    fail "Python 3.10 or newer is needed and was not found. Install it (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3"
}

require_node() {
    command -v node >/dev/null 2>&1 ||
        fail "Node.js 20 or newer is needed to build the JupyterLab extension and was not found. Install it from https://nodejs.org or with your package manager."
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
        fail "Node.js 20 or newer is needed; this is $(node --version). Install a newer one from https://nodejs.org or with your package manager."
    command -v npm >/dev/null 2>&1 ||
        fail "npm is needed to build the JupyterLab extension and was not found. Install it (Debian, Ubuntu: apt install npm)."
}

"require_$1"
