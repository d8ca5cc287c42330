"""Submit another script as a child of this one, and wait for it."""

from jupyter_runs import Run, ScriptRunConfig

run = Run.get_context()
child = run.submit_child(ScriptRunConfig(".", "child_script.py"))
child.wait_for_completion()
print("my child is", child.id)
