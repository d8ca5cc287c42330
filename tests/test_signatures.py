"""Every public call of Azure ML SDK v1 about runs can be written here as it was there: same names, order and defaults of parameters.

The table holds facts of azureml-core 1.61. A parameter of ours that the SDK has not comes after its own, or by keyword only.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module

import pytest

CLASSES = {
    "Workspace": "jupyter_runs.workspace",
    "Experiment": "jupyter_runs.experiment",
    "Run": "jupyter_runs.run",
    "ScriptRunConfig": "jupyter_runs.script",
    "RunConfiguration": "jupyter_runs.script",
    "Environment": "jupyter_runs.script",
    "Model": "jupyter_runs.models",
    "RunDetails": "jupyter_runs.widget",
}

METHODS = {
    "Workspace": """
        __init__(subscription_id, resource_group, workspace_name, auth=None, _location=None,
            _disable_service_check=False, _workspace_id=None, sku='basic', tags=None, _cloud='AzureCloud')
        static from_config(path=None, auth=None, _logger=None, _file_name=None)
        static get(name, auth=None, subscription_id=None, resource_group=None, location=None,
            cloud='AzureCloud', id=None)
        static create(name, auth=None, subscription_id=None, resource_group=None, location=None,
            create_resource_group=True, sku='basic', tags=None, **kwargs)
        static list(subscription_id, auth=None, resource_group=None)
        static setup()
        get_run(run_id)
        write_config(path=None, file_name=None)
        get_details()
        get_mlflow_tracking_uri(_with_auth=False)
        get_default_compute_target(type)
        get_default_datastore()
        set_default_datastore(name)
        get_default_keyvault()
        delete(delete_dependent_resources=False, no_wait=False)
    """,
    "Experiment": """
        __init__(workspace, name, **kwargs)
        submit(config, tags=None, **kwargs)
        start_logging(name=None, run_id=None, outputs=None, snapshot_directory='.', **kwargs)
        get_runs(type=None, tags=None, properties=None, include_children=False)
        tag(key, value=None)
        set_tags(tags)
        remove_tags(tags)
        refresh()
        archive()
        reactivate(new_name=None)
        static list(workspace, experiment_name=None, view_type='ActiveOnly', tags=None)
        static delete(workspace, experiment_id)
        get_portal_url()
    """,
    "Run": """
        __init__(experiment, run_id, outputs=None, **kwargs)
        static get(workspace, run_id)
        static list(experiment, type=None, tags=None, properties=None, status=None, include_children=False)
        static get_context(allow_offline=True, used_for_context_manager=False, **kwargs)
        static get_submitted_run(**kwargs)
        get_status()
        get_detailed_status()
        get_details()
        get_details_with_logs()
        get_all_logs(destination=None)
        start()
        complete(_set_status=True)
        fail(error_details=None, error_code=None, _set_status=True)
        cancel()
        wait_for_completion(show_output=False, wait_post_processing=False, raise_on_error=True)
        flush(timeout_seconds=300)
        clean()
        get_portal_url()
        register_model(model_name, model_path=None, tags=None, properties=None, model_framework=None,
            model_framework_version=None, description=None, datasets=None, sample_input_dataset=None,
            sample_output_dataset=None, resource_configuration=None, **kwargs)
        child_run(name=None, run_id=None, outputs=None)
        create_children(count=None, tag_key=None, tag_values=None)
        submit_child(config, tags=None, **kwargs)
        get_children(recursive=False, tags=None, properties=None, type=None, status=None, _rehydrate_runs=True)
        tag(key, value=None)
        set_tags(tags)
        get_tags()
        remove_tags(tags)
        add_properties(properties)
        get_properties()
        upload_file(name, path_or_stream, datastore_name=None)
        upload_files(names, paths, return_artifacts=False, timeout_seconds=None, datastore_name=None)
        upload_folder(name, path, datastore_name=None)
        get_file_names()
        download_file(name, output_file_path=None)
        download_files(prefix=None, output_directory=None, output_paths=None, batch_size=100,
            append_prefix=True, timeout_seconds=None)
        take_snapshot(file_or_folder_path)
        get_snapshot_id()
        restore_snapshot(snapshot_id=None, path=None)
        log(name, value, description='', step=None)
        log_list(name, value, description='')
        log_row(name, description=None, **kwargs)
        log_table(name, value, description='')
        log_image(name, path=None, plot=None, description='')
        log_confusion_matrix(name, value, description='')
        log_accuracy_table(name, value, description='')
        log_residuals(name, value, description='')
        log_predictions(name, value, description='')
        get_metrics(name=None, recursive=False, run_type=None, populate=False)
    """,
    "ScriptRunConfig": """
        __init__(source_directory, script=None, arguments=None, run_config=None, _telemetry_values=None,
            compute_target=None, environment=None, distributed_job_config=None, resume_from=None,
            max_run_duration_seconds=2592000, command=None, docker_runtime_config=None)
    """,
    "RunConfiguration": """
        __init__(script=None, arguments=None, framework=None, communicator=None, conda_dependencies=None,
            _history_enabled=None, _path=None, _name=None, command=None)
        save(path=None, name=None, separate_environment_yaml=False)
        static load(path, name=None)
        static delete(path, name)
    """,
    "Environment": """
        __init__(name, **kwargs)
        static get(workspace, name, version=None, label=None)
        static from_conda_specification(name, file_path)
        static from_pip_requirements(name, file_path, pip_version=None)
        static from_existing_conda_environment(name, conda_environment_name)
    """,
    "Model": """
        __init__(workspace, name=None, id=None, tags=None, properties=None, version=None, run_id=None, **kwargs)
        static list(workspace, name=None, tags=None, properties=None, run_id=None, latest=False)
        static register(workspace, model_path, model_name, tags=None, properties=None, description=None, **kwargs)
        static get_model_path(model_name, version=None, _workspace=None)
        download(target_dir='.', exist_ok=False, exists_ok=None)
        delete()
    """,
    "RunDetails": """
        __init__(run_instance)
        show(render_lib=None, widget_settings=None)
        get_widget_data(widget_settings=None)
    """,
}

PROPERTIES = {
    "Workspace": "name location subscription_id resource_group sku tags discovery_url experiments compute_targets environments models "
    "datasets datastores webservices images",
    "Experiment": "name id workspace tags archived_time",
    "Run": "id number name display_name description type status experiment parent tags properties",
}

ROWS = [
    (cls, " ".join(row.split()))
    for cls, rows in METHODS.items()
    for row in re.findall(r"(?:static )?\w+\([^)]*\)", rows)
]


def rules_broken(ours: inspect.Signature, theirs: inspect.Signature) -> list[str]:
    """What a caller of the SDK would stumble over; empty when nothing."""
    broken = []
    open_ended = {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    expected = [one for one in theirs.parameters.values() if one.kind not in open_ended]
    placed = [one for one in ours.parameters.values() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if (names := [one.name for one in placed[: len(expected)]]) != [one.name for one in expected]:
        broken.append(f"parameters are {names}, not {[one.name for one in expected]}")
    for wanted in expected:
        found = ours.parameters.get(wanted.name)
        if found is not None and wanted.default is not inspect.Parameter.empty and found.default != wanted.default:
            broken.append(f"{wanted.name} is {found.default!r} by default, not {wanted.default!r}")
    known = {one.name for one in expected}
    broken += [
        f"{one.name} is required"
        for one in ours.parameters.values()
        if one.name not in known and one.default is inspect.Parameter.empty and one.kind not in open_ended
    ]
    kinds = {one.kind for one in ours.parameters.values()}
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in theirs.parameters.values()):
        broken += [] if inspect.Parameter.VAR_KEYWORD in kinds else ["takes no further keywords"]
    return broken


def the_class(name: str) -> type:
    found: type = getattr(import_module(CLASSES[name]), name)
    return found


@pytest.mark.parametrize(("cls", "row"), ROWS, ids=[f"{cls}.{row.split('(')[0].split()[-1]}" for cls, row in ROWS])
def test_a_call_of_the_sdk_can_be_written_as_it_was(cls, row):
    head, _, parameters = row.partition("(")
    *static, name = head.split()
    attribute = inspect.getattr_static(the_class(cls), name)
    is_plain = inspect.isfunction(attribute)
    assert is_plain is not bool(static), "callable on the class alone, or on an object of it"
    ours = inspect.signature(getattr(the_class(cls), name))
    if is_plain:
        ours = ours.replace(parameters=list(ours.parameters.values())[1:])
    assert rules_broken(ours, inspect.signature(eval(f"lambda {parameters.removesuffix(')')}: None"))) == []


@pytest.mark.parametrize(("cls", "name"), [(cls, name) for cls, names in PROPERTIES.items() for name in names.split()])
def test_what_was_a_property_is_one(cls, name):
    assert isinstance(inspect.getattr_static(the_class(cls), name), property)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (lambda b, a=1: None, lambda a, b=1: None, "parameters are"),
        (lambda a, b=2: None, lambda a, b=1: None, "b is 2 by default"),
        (lambda a, b, c: None, lambda a, b: None, "c is required"),
        (lambda a: None, lambda a, **kwargs: None, "no further keywords"),
        (lambda a, *, b=1: None, lambda a, b=1: None, "parameters are"),
    ],
)
def test_a_signature_that_callers_would_stumble_over_is_found(ours, theirs, said):
    assert said in rules_broken(inspect.signature(ours), inspect.signature(theirs))[0]


def test_further_parameters_of_ours_are_fine():
    ours, theirs = (lambda a, b=1, c=2, *, d=3, **e: None), (lambda a, b=1: None)
    assert rules_broken(inspect.signature(ours), inspect.signature(theirs)) == []
