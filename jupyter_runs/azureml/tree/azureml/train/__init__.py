"""azureml.train: exists in Azure only; the names in its modules can be imported and say what to use instead."""
