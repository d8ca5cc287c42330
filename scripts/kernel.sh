#!/bin/sh
# Make an environment with another kernel beside ours, and print its interpreter.
#   kernel.sh "ipykernel==6.31.*,ipython<9"
# All other packages are those of .venv, and jupyter_runs is this checkout.
set -eu

root="$(cd "$(dirname "$0")/.." && pwd)"
ours="$root/.venv/bin/python"
place="$root/.venv/kernels/$(echo "$1" | tr -c 'a-z0-9.\n' '-')"

if ! test -e "$place/.installed"; then
    rm -rf "$place"
    "$ours" -m venv --without-pip "$place"
    echo "$1" | tr ',' '\n' >"$place/requirements.txt"
    "$ours" -m pip --python "$place/bin/python" install --quiet -r "$place/requirements.txt" >&2
    site="$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    lent="$("$ours" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    printf '%s\n%s\n' "$root" "$lent" >"$site/lent.pth"
    touch "$place/.installed"
fi
echo "$place/bin/python"
