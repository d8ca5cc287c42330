"""Make five child runs, one after the other."""

from jupyter_runs import Run

run = Run.get_context()
for count in range(5):
    with run.child_run(f"child {count}") as child:
        child.log("Hello from child run", count)
