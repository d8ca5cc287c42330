## In parent run script
from azureml.core import Run, ScriptRunConfig

parent_run = Run.get_context()
child_run_config = ScriptRunConfig(source_directory='.', script='child_script.py')
child_run = parent_run.submit_child(child_run_config)
child_run.wait_for_completion(show_output=True)
