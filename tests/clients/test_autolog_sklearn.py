"""mlflow.sklearn.autolog(): a plain fit, and parameter searches with their child runs."""

import io

import mlflow
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

X, Y = load_iris(return_X_y=True)


@pytest.fixture
def autolog(experiment):
    mlflow.sklearn.autolog(max_tuning_runs=None)
    yield
    mlflow.sklearn.autolog(disable=True)


def only_parent(client, experiment):
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    children = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(runs) == len(children) + 1
    return parent, children


def test_a_plain_fit(autolog, experiment, client):
    model = LogisticRegression(max_iter=300, C=0.5).fit(X, Y)
    accuracy = model.score(X, Y)
    run, children = only_parent(client, experiment)
    assert children == []
    assert run.info.status == "FINISHED"
    assert run.data.params["C"] == "0.5" and run.data.params["max_iter"] == "300"
    assert run.data.metrics["training_accuracy_score"] == accuracy
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert (loaded.predict(X) == model.predict(X)).all()
    assert "training_confusion_matrix.png" in [f.path for f in client.list_artifacts(run.info.run_id)]


def check_search(search, size, client, experiment):
    parent, children = only_parent(client, experiment)
    assert len(children) == size
    assert parent.data.params["best_max_depth"] == str(search.best_params_["max_depth"])
    assert parent.data.metrics["best_cv_score"] == search.best_score_
    assert sorted(int(c.data.params["max_depth"]) for c in children) == sorted(
        p["max_depth"] for p in search.cv_results_["params"]
    )
    scores = sorted(c.data.metrics["mean_test_score"] for c in children)
    assert scores == sorted(search.cv_results_["mean_test_score"])
    assert {c.info.status for c in children} == {"FINISHED"}
    results = mlflow.artifacts.load_text(parent.info.artifact_uri + "/cv_results.csv")
    assert len(pd.read_csv(io.StringIO(results))) == size
    best = mlflow.sklearn.load_model(f"runs:/{parent.info.run_id}/best_estimator")
    assert (best.predict(X) == search.best_estimator_.predict(X)).all()
    whole = mlflow.sklearn.load_model(f"runs:/{parent.info.run_id}/model")
    assert whole.best_params_ == search.best_params_


def test_grid_search(autolog, experiment, client):
    search = GridSearchCV(DecisionTreeClassifier(random_state=1), {"max_depth": [1, 2, 3]}, cv=3).fit(X, Y)
    check_search(search, 3, client, experiment)


def test_randomized_search(autolog, experiment, client):
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=1), {"max_depth": [1, 2, 3, 4, 5]}, n_iter=4, cv=3, random_state=1
    ).fit(X, Y)
    check_search(search, 4, client, experiment)
