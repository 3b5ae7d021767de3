"""mlflow.lightgbm.autolog(): per-iteration metrics, parameters, importances, the model."""

import json

import mlflow
import numpy as np
import pytest
from harness import newest_only

pytestmark = newest_only("lightgbm is installed with the newest client only")
X = np.random.default_rng(1).normal(size=(80, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def autolog(experiment):
    mlflow.lightgbm.autolog()
    yield
    mlflow.lightgbm.autolog(disable=True)


def test_train(autolog, experiment, client):
    import lightgbm

    data, curves = lightgbm.Dataset(X, Y), {}
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbose": -1, "metric": "binary_logloss"},
        data, num_boost_round=12, valid_sets=[data], valid_names=["train"],
        callbacks=[lightgbm.record_evaluation(curves)],
    )
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["num_leaves"] == "4" and run.data.params["num_boost_round"] == "12"
    points = sorted(client.get_metric_history(run.info.run_id, "train-binary_logloss"), key=lambda m: m.step)
    assert [m.step for m in points] == list(range(12))
    assert [m.value for m in points] == curves["train"]["binary_logloss"]
    splits = json.loads(mlflow.artifacts.load_text(run.info.artifact_uri + "/feature_importance_split.json"))
    assert list(splits.values()) == list(booster.feature_importance("split"))
    loaded = mlflow.lightgbm.load_model(f"runs:/{run.info.run_id}/model")
    assert (loaded.predict(X) == booster.predict(X)).all()
