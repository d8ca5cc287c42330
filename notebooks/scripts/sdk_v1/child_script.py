## In child run script
from azureml.core import Run

child_run = Run.get_context()
print(child_run.parent.id)
