from azureml.core import Run

run = Run.get_context()

for c in range(5):
    with run.child_run() as child:
        child.log(name="Hello from child run ", value=c)
