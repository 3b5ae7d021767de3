"""What the client reads when it asks for something wrong."""

import mlflow
import pytest
import requests
from harness import runlog_only
from mlflow.exceptions import MlflowException

MISSING = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "ask, code",
    [
        pytest.param(lambda c: c.get_run(MISSING), "RESOURCE_DOES_NOT_EXIST", id="get a run"),
        pytest.param(lambda c: c.log_metric(MISSING, "m", 1), "RESOURCE_DOES_NOT_EXIST", id="log to a run"),
        pytest.param(lambda c: c.set_terminated(MISSING), "RESOURCE_DOES_NOT_EXIST", id="end a run"),
        pytest.param(lambda c: c.delete_run(MISSING), "RESOURCE_DOES_NOT_EXIST", id="delete a run"),
        pytest.param(lambda c: c.create_run("987654321"), "RESOURCE_DOES_NOT_EXIST", id="start a run in no experiment"),
        pytest.param(lambda c: c.delete_experiment("987654321"), "RESOURCE_DOES_NOT_EXIST", id="delete an experiment"),
        pytest.param(lambda c: c.create_experiment(""), "INVALID_PARAMETER_VALUE", id="an experiment without a name"),
        pytest.param(lambda c: c.get_registered_model("nobody"), "RESOURCE_DOES_NOT_EXIST", id="get a model"),
        pytest.param(lambda c: c.get_model_version("nobody", "1"), "RESOURCE_DOES_NOT_EXIST", id="get a version"),
        pytest.param(lambda c: c.get_model_version_by_alias("nobody", "best"), "RESOURCE_DOES_NOT_EXIST", id="get an alias"),
        pytest.param(lambda c: c.create_registered_model(""), "INVALID_PARAMETER_VALUE", id="a model without a name"),
        pytest.param(lambda c: c.create_registered_model("a/b"), "INVALID_PARAMETER_VALUE", id="a slash in a model name"),
        pytest.param(lambda c: c.create_registered_model("a:b"), "INVALID_PARAMETER_VALUE", id="a colon in a model name"),
        pytest.param(lambda c: c.search_registered_models("colour = 'red'"), "INVALID_PARAMETER_VALUE", id="search models"),
        pytest.param(lambda c: c.search_model_versions("colour = 'red'"), "INVALID_PARAMETER_VALUE", id="search versions"),
        pytest.param(lambda c: c.search_experiments(filter_string="colour = 'red'"), "INVALID_PARAMETER_VALUE", id="search experiments"),
    ],
)
def test_error_codes(client, ask, code):
    with pytest.raises(MlflowException) as e:
        ask(client)
    assert e.value.error_code == code


def test_messages_name_what_is_missing(client):
    with pytest.raises(MlflowException, match=MISSING):
        client.get_run(MISSING)
    with pytest.raises(MlflowException, match="nobody"):
        client.get_registered_model("nobody")


@pytest.mark.parametrize("key", ["a\nb", "../up", "/root", "a//b", "x" * 251])
def test_bad_keys_are_refused_and_leave_nothing(run, client, key):
    post = lambda route, body: requests.post(  # noqa: E731 - past the client's own checks
        f"{mlflow.get_tracking_uri()}/api/2.0/mlflow/runs/{route}", json={"run_id": run.info.run_id, **body}
    ).json()
    assert post("log-metric", {"key": key, "value": 1, "timestamp": 1})["error_code"] == "INVALID_PARAMETER_VALUE"
    assert post("log-parameter", {"key": key, "value": "1"})["error_code"] == "INVALID_PARAMETER_VALUE"
    assert post("set-tag", {"key": key, "value": "1"})["error_code"] == "INVALID_PARAMETER_VALUE"
    data = client.get_run(run.info.run_id).data
    assert data.metrics == {} and data.params == {}
    assert key not in data.tags


def test_missing_fields_and_broken_json(server):
    url = server.url + "/api/2.0/mlflow/runs/log-metric"
    missing = requests.post(url, json={"run_id": MISSING})
    assert (missing.status_code, missing.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    broken = requests.post(url, data="{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


def test_an_unknown_route_reads_as_endpoint_not_found(server):
    from mlflow.utils.rest_utils import MlflowHostCreds, http_request, verify_rest_response

    for endpoint in ("/api/2.0/mlflow/no/such/route", "/ajax-api/3.0/mlflow/nothing"):
        response = http_request(MlflowHostCreds(server.url), endpoint, "GET")
        assert response.status_code == 404
        with pytest.raises(MlflowException) as e:
            verify_rest_response(response, endpoint)
        assert e.value.error_code == "ENDPOINT_NOT_FOUND"


@runlog_only
def test_an_unknown_api_route_answers_in_json(server):
    for endpoint in ("/api/2.0/mlflow/no/such/route", "/ajax-api/3.0/mlflow/nothing", "/api/2.0/preview/x"):
        answer = requests.get(server.url + endpoint)
        assert answer.status_code == 404
        assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
        assert answer.json()["message"]
