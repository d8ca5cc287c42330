#!/bin/sh
# Bring what the tests on real engines need: Slurm as packages of the system, Ray in an environment of its own (400 MB). Prints the
# folder of Ray's programs. What cannot be brought is said, and its tests are skipped.
set -eu

place="${XDG_CACHE_HOME:-$HOME/.cache}/jupyter_runs/cluster-ray"
ours="$(cd "$(dirname "$0")/.." && pwd)/.venv/bin/python"

if ! { command -v sbatch && PATH="$PATH:/usr/sbin" command -v slurmd && PATH="$PATH:/usr/sbin" command -v munged; } >/dev/null 2>&1; then
    if test "$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1; then
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge; } >&2 ||
            echo "make: Slurm could not be installed; its tests are skipped." >&2
    else
        echo "make: Slurm is not installed, so its tests are skipped. As root: apt-get install slurmctld slurmd slurm-client munge" >&2
    fi
fi
if test "$(id -u)" != 0; then
    echo "make: the daemons of Slurm start jobs as root only, so its tests are skipped." >&2
fi

if ! test -e "$place/.installed"; then
    rm -rf "$place"
    if "$ours" -m venv "$place" && "$place/bin/python" -m pip install --quiet 'ray[default]>=2.40' >&2; then
        touch "$place/.installed"
    else
        echo "make: Ray could not be installed; its tests are left out." >&2
        exit 0
    fi
fi
echo "$place/bin"
