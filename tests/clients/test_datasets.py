"""Datasets as inputs of runs: log_input, and search by dataset."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from harness import needs

pytestmark = needs("2.4", "log_input")


@pytest.fixture
def cars():
    return mlflow.data.from_pandas(
        pd.DataFrame({"seats": [2, 5], "price": [1.5, 2.5]}), source="s3://bucket/cars.csv", name="cars", targets="price"
    )


def test_log_input_comes_back_whole(experiment, client, cars):
    with mlflow.start_run() as run:
        mlflow.log_input(cars, context="training", tags={"split": "a"})
    (given,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert given.dataset.name == "cars"
    assert given.dataset.digest == cars.digest
    assert given.dataset.source_type == "s3"
    assert "s3://bucket/cars.csv" in given.dataset.source
    assert '"seats"' in given.dataset.schema
    assert '"num_rows": 2' in given.dataset.profile
    assert {t.key: t.value for t in given.tags} == {"mlflow.data.context": "training", "split": "a"}


def test_several_inputs_of_one_run(experiment, client, cars):
    rows = mlflow.data.from_numpy(np.arange(6).reshape(2, 3), name="rows")
    with mlflow.start_run() as run:
        mlflow.log_input(cars, context="training")
        mlflow.log_input(rows, context="eval")
        mlflow.log_input(cars, context="training")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert sorted((i.dataset.name, i.tags[0].value) for i in inputs) == [("cars", "training"), ("rows", "eval")]


def test_one_dataset_in_many_runs_is_found_by_search(experiment, client, cars):
    with mlflow.start_run(run_name="train"):
        mlflow.log_input(cars, context="training")
    with mlflow.start_run(run_name="eval"):
        mlflow.log_input(cars, context="evaluation")
    with mlflow.start_run(run_name="none"):
        pass

    def found(filter_string):
        runs = client.search_runs([experiment.experiment_id], filter_string)
        return sorted(r.info.run_name for r in runs)

    assert found("datasets.name = 'cars'") == ["eval", "train"]
    assert found(f"dataset.digest = '{cars.digest}'") == ["eval", "train"]
    assert found("datasets.context = 'training'") == ["train"]
    assert found("datasets.name LIKE 'car%' AND datasets.context = 'evaluation'") == ["eval"]
    assert found("datasets.name = 'bikes'") == []


def test_the_datasets_of_an_experiment_are_listed_once_each(server, experiment):
    import requests

    rows = mlflow.data.from_numpy(np.arange(6.0), name="rows")
    for context in ("training", "testing", "training"):
        with mlflow.start_run():
            mlflow.log_input(rows, context=context)
    url = f"{server.url}/ajax-api/2.0/mlflow/experiments/search-datasets"
    answer = requests.post(url, json={"experiment_ids": [experiment.experiment_id]})
    found = answer.json()["dataset_summaries"]
    assert sorted((it["name"], it["context"]) for it in found) == [
        ("rows", "testing"),
        ("rows", "training"),
    ]
    assert {it["experiment_id"] for it in found} == {experiment.experiment_id}
    assert requests.post(url, json={}).json()["error_code"] == "INVALID_PARAMETER_VALUE"
