"""`make bench`: prints one table. `make bench ARGS="log import"` runs some of them."""

from __future__ import annotations

import sys

from benchmarks import core, latency, points, scripts

BENCHMARKS = {
    "log": core.log,
    "children": core.children,
    "import": core.imports,
    "start": core.start,
    "list": core.listing,
    "points": points.points,
    "submit": scripts.submit,
    "cli": scripts.listing,
    "cancel": latency.cancel,
    "click": latency.click,
}


def main() -> int:
    chosen = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(chosen) - set(BENCHMARKS):
        print(f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    print(f"{'what':<44} {'ours':>12} {'baseline':>12} {'ratio':>7}  goal")
    for name in chosen:
        for line in BENCHMARKS[name]():
            print(line, flush=True)
    return 0


sys.exit(main())
