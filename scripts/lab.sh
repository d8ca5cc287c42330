#!/bin/sh
# Make an environment with one JupyterLab, its Notebook and our wheel, and print its interpreter.
#   lab.sh 4.4 dist/jupyter_runs-….whl
set -eu

root="$(cd "$(dirname "$0")/.." && pwd)"
ours="$root/.venv/bin/python"
place="$root/.venv/labs/$1"

if ! test -e "$place/.installed"; then
    rm -rf "$place"
    "$ours" -m venv --without-pip "$place"
    "$ours" -m pip --python "$place/bin/python" install --quiet "jupyterlab==$1.*" notebook "$2" >&2
    touch "$place/.installed"
fi
# The wheel may be of another build than the last.
"$ours" -m pip --python "$place/bin/python" install --quiet --force-reinstall --no-deps "$2" >&2
echo "$place/bin/python"
