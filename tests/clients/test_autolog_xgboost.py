"""mlflow.xgboost.autolog(): per-iteration metrics, parameters, importances, the model."""

import json

import mlflow
import numpy as np
import pytest
from harness import newest_only

pytestmark = newest_only("xgboost is installed with the newest client only")
X = np.random.default_rng(1).normal(size=(80, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def autolog(experiment):
    mlflow.xgboost.autolog()
    yield
    mlflow.xgboost.autolog(disable=True)


def test_train(autolog, experiment, client):
    import xgboost

    data, curves = xgboost.DMatrix(X, Y), {}
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, data, num_boost_round=12,
        evals=[(data, "train")], evals_result=curves, verbose_eval=False,
    )
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["max_depth"] == "2" and run.data.params["num_boost_round"] == "12"
    points = sorted(client.get_metric_history(run.info.run_id, "train-logloss"), key=lambda m: m.step)
    assert [m.step for m in points] == list(range(12))
    assert [m.value for m in points] == curves["train"]["logloss"]
    weights = json.loads(mlflow.artifacts.load_text(run.info.artifact_uri + "/feature_importance_weight.json"))
    assert weights == booster.get_score(importance_type="weight")
    loaded = mlflow.xgboost.load_model(f"runs:/{run.info.run_id}/model")
    assert (loaded.predict(data) == booster.predict(data)).all()
