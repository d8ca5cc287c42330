"""azureml._common: where some v1 code imports exceptions from."""
