"""Say who the parent is."""

from jupyter_runs import Run

run = Run.get_context()
print("my parent is", run.parent.id)
