"""The same calls under /api and under /ajax-api, and the small routes beside them."""

import pytest
import requests


@pytest.mark.parametrize("api, other", [("api", "ajax-api"), ("ajax-api", "api")])
def test_what_one_prefix_writes_the_other_reads(server, unique, api, other):
    def call(prefix, method, route, **kwargs):
        answer = requests.request(method, f"{server.url}/{prefix}/2.0/mlflow/{route}", **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    experiment_id = call(api, "POST", "experiments/create", json={"name": unique})["experiment_id"]
    run_id = call(api, "POST", "runs/create", json={"experiment_id": experiment_id})["run"]["info"]["run_id"]
    metric = {"key": "m", "value": 0.5, "timestamp": 7, "step": 1}
    call(api, "POST", "runs/log-metric", json={"run_id": run_id, **metric})
    call(api, "POST", "registered-models/create", json={"name": unique})
    call(api, "POST", "model-versions/create", json={"name": unique, "source": f"runs:/{run_id}/m", "run_id": run_id})

    assert call(other, "GET", "experiments/get-by-name", params={"experiment_name": unique})["experiment"][
        "experiment_id"] == experiment_id
    data = call(other, "GET", "runs/get", params={"run_id": run_id})["run"]["data"]
    assert data["metrics"] == [metric]
    history = call(other, "GET", "metrics/get-history", params={"run_id": run_id, "metric_key": "m"})
    assert history["metrics"] == [metric]
    found = call(other, "POST", "runs/search", json={"experiment_ids": [experiment_id]})
    assert [r["info"]["run_id"] for r in found["runs"]] == [run_id]
    (version,) = call(other, "GET", "model-versions/search", params={"filter": f"name='{unique}'"})["model_versions"]
    assert (version["version"], version["current_stage"]) == ("1", "None")
    model = call(other, "GET", "registered-models/get", params={"name": unique})["registered_model"]
    assert model["latest_versions"][0]["version"] == "1"


@pytest.mark.parametrize("prefix", ["api", "ajax-api"])
def test_artifacts_under_both_prefixes(server, unique, prefix):
    url = f"{server.url}/{prefix}/2.0/mlflow-artifacts/artifacts"
    assert requests.put(f"{url}/{unique}/a.bin", data=b"\0\1\2").status_code == 200
    assert requests.get(f"{url}/{unique}/a.bin").content == b"\0\1\2"
    listed = requests.get(url, params={"path": unique}).json()
    assert [(f["path"], f["file_size"]) for f in listed["files"]] == [("a.bin", 3)]


def test_health_and_version(server):
    assert requests.get(server.url + "/health").text == "OK"
    major = int(requests.get(server.url + "/version").text.split(".")[0])
    assert major >= 3, "what the client expects there is the MLflow version that is served"
