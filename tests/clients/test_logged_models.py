"""Logged models, which the 3.x clients make of every log_model: create, finalise, tag, search, link to runs."""

import mlflow
import pytest
from flavours import linear, log_sklearn
from harness import needs
from mlflow.exceptions import MlflowException

pytestmark = needs("3", "logged models")


def test_log_model_makes_one_and_links_it_to_the_run(experiment, client):
    with mlflow.start_run() as run:
        info = log_sklearn(linear(), "seat", params={"depth": 3}, step=4)
    model = mlflow.get_logged_model(info.model_id)
    assert model.name == "seat"
    assert model.status == "READY"
    assert model.source_run_id == run.info.run_id
    assert model.experiment_id == experiment.experiment_id
    assert model.params == {"depth": "3"}
    assert model.artifact_location.startswith("mlflow-artifacts:/")
    (output,) = client.get_run(run.info.run_id).outputs.model_outputs
    assert (output.model_id, output.step) == (info.model_id, 4)


def test_registering_leaves_a_trace_on_the_logged_model(experiment, client, unique):
    with mlflow.start_run():
        info = log_sklearn(linear(), registered_model_name=unique)
    assert client.get_model_version(unique, "1").source == f"models:/{info.model_id}"
    assert unique in mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]


def test_life_of_a_logged_model(run, client, experiment):
    made = client.create_logged_model(
        experiment.experiment_id, name="m", source_run_id=run.info.run_id, tags={"a": "1"}, params={"p": "x"},
        model_type="agent",
    )
    assert made.status == "PENDING"
    client.finalize_logged_model(made.model_id, "FAILED")
    assert client.get_logged_model(made.model_id).status == "FAILED"
    client.finalize_logged_model(made.model_id, "READY")
    client.set_logged_model_tags(made.model_id, {"a": "2", "b/c": "3"})
    client.delete_logged_model_tag(made.model_id, "a")
    client.log_model_params(made.model_id, {"q": "y"})
    back = client.get_logged_model(made.model_id)
    assert (back.status, back.model_type) == ("READY", "agent")
    assert {k: v for k, v in back.tags.items() if not k.startswith("mlflow.")} == {"b/c": "3"}
    assert back.params == {"p": "x", "q": "y"}
    client.delete_logged_model(made.model_id)
    with pytest.raises(MlflowException) as e:
        client.get_logged_model(made.model_id)
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_log_outputs(run, client, experiment):
    from mlflow.entities import LoggedModelOutput

    models = [client.create_logged_model(experiment.experiment_id) for _ in range(2)]
    client.log_outputs(run.info.run_id, [LoggedModelOutput(m.model_id, step=n) for n, m in enumerate(models)])
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert {(o.model_id, o.step) for o in outputs} == {(m.model_id, n) for n, m in enumerate(models)}


def test_metrics_of_a_logged_model(experiment, client):
    model = client.create_logged_model(experiment.experiment_id, name="m")
    with mlflow.start_run() as run:
        mlflow.log_metric("acc", 0.5, step=1, model_id=model.model_id)
        mlflow.log_metric("acc", 0.75, step=2, model_id=model.model_id)
    back = [(m.key, m.value, m.step, m.run_id) for m in client.get_logged_model(model.model_id).metrics]
    assert sorted(back) == [("acc", 0.5, 1, run.info.run_id), ("acc", 0.75, 2, run.info.run_id)]
    assert client.get_run(run.info.run_id).data.metrics == {"acc": 0.75}


def test_search_logged_models(experiment, client):
    with mlflow.start_run():
        for name, depth, acc in (("a", "1", 0.5), ("b", "2", 0.9), ("c", "2", 0.7)):
            model = client.create_logged_model(experiment.experiment_id, name=name, params={"depth": depth})
            mlflow.log_metric("acc", acc, model_id=model.model_id)
            client.finalize_logged_model(model.model_id, "READY")

    def found(filter_string=None, **kwargs):
        models = client.search_logged_models([experiment.experiment_id], filter_string, **kwargs)
        return "".join(m.name for m in models)

    assert sorted(found()) == list("abc")
    assert sorted(found("params.depth = '2'")) == list("bc")
    assert found("name = 'a'") == "a"
    assert found("metrics.acc > 0.6 AND params.depth = '2'", order_by=[{"field_name": "metrics.acc"}]) == "cb"
    assert found(order_by=[{"field_name": "metrics.acc", "ascending": False}]) == "bca"
    page = client.search_logged_models([experiment.experiment_id], max_results=2)
    rest = client.search_logged_models([experiment.experiment_id], max_results=2, page_token=page.token)
    assert (len(page), len(rest)) == (2, 1)
