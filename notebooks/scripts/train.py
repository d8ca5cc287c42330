"""Train a little: minimise a parabola by gradient descent, log every epoch, keep the result."""

import argparse
import json
import os
import time
from pathlib import Path

from jupyter_runs import Run

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--epochs", type=int, default=10)
args = parser.parse_args()

run = Run.get_context()
print(os.environ.get("GREETING", "Hello"), "from", run.id)

weight = 5.0
for epoch in run.track(range(args.epochs)):
    weight -= args.lr * 2 * weight
    run.log("loss", weight**2, step=epoch)
    run.log("accuracy", 1 / (1 + weight**2), step=epoch)
    print(f"epoch {epoch}: loss {weight**2:.4f}")
    time.sleep(0.2)

Path("outputs").mkdir(exist_ok=True)
Path("outputs/model.json").write_text(json.dumps({"weight": weight}))
