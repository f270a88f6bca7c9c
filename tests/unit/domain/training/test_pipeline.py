from sluice.domain.training.pipeline import data_folder, made_folders, pipeline_name, training_folder


def test_whoever_starts_an_execution_knows_the_pipeline_and_the_folder_by_the_names_of_sluice_yaml() -> None:
    assert pipeline_name("sluice", "flights") == "sluice-flights-training"
    assert training_folder("flights") == "training/flights"
    assert data_folder("flights") == "training/flights/data"


def test_what_executions_leave_is_beside_what_people_have_put_there() -> None:
    assert made_folders("flights") == [f"training/flights/{folder}" for folder in ("data", "jobs", "checkpoints")]
