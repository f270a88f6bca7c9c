from sluice.domain.training.pipeline import data_folder, pipeline_name, training_folder


def test_whoever_starts_an_execution_knows_the_pipeline_and_the_folder_by_the_names_of_sluice_yaml() -> None:
    assert pipeline_name("sluice", "flights") == "sluice-flights-training"
    assert training_folder("flights") == "training/flights"
    assert data_folder("flights") == "training/flights/data"
