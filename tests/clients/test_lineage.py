"""Lineage of what an unmodified client logged: from a model version back to data and code, and forward again."""

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request

import mlflow
import pandas as pd
import pytest
from flavours import linear, log_sklearn
from harness import needs, runlog_only

pytestmark = [runlog_only, needs("2.4", "dataset inputs")]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def lineage(server):
    """Asks for a lineage; the answer with its nodes by id."""

    def ask(of, **query):
        url = f"{server.url}/api/runlog/1/lineage?{urllib.parse.urlencode({'of': of, **query})}"
        with urllib.request.urlopen(url) as answer:
            graph = json.load(answer)
        graph["nodes"] = {node["id"]: node for node in graph["nodes"]}
        graph["edges"] = {(edge["from"], edge["relation"], edge["to"]) for edge in graph["edges"]}
        assert {end for edge in graph["edges"] for end in (edge[0], edge[2])} <= set(graph["nodes"])
        return graph

    return ask


@pytest.fixture(scope="module")
def story(server):
    """A nested run over a dataset, whose model is registered, made Production, and replaced."""
    mlflow.set_experiment("lineage")
    client = mlflow.MlflowClient()
    data = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), name="seats")
    tags = {"mlflow.source.git.commit": COMMIT, "mlflow.source.git.repoURL": "https://example.com/seats"}
    with mlflow.start_run(run_name="sweep") as parent:
        with mlflow.start_run(run_name="best", nested=True, tags=tags) as child:
            mlflow.log_param("depth", 3)
            mlflow.log_metric("loss", 0.5)
            mlflow.log_input(data, context="training")
            log_sklearn(linear(), registered_model_name="LineageSeat")
    client.transition_model_version_stage("LineageSeat", "1", "Production")
    client.set_registered_model_alias("LineageSeat", "champion", "1")
    return parent.info.run_id, child.info.run_id, data.digest


@pytest.mark.parametrize("name", ["/Production", "@champion", "/1", "/latest"])
def test_a_version_leads_back_to_data_and_code(lineage, story, name):
    parent, child, digest = story
    graph = lineage(f"models:/LineageSeat{name}", direction="upstream")
    (version,) = graph["of"]
    assert {
        (f"run:{parent}", "parent_of", f"run:{child}"),
        (f"commit:{COMMIT}", "code_of", f"run:{child}"),
        (f"dataset:seats@{digest}", "input_of", f"run:{child}"),
        (f"run:{child}", "registered_as", version),
    } <= graph["edges"]
    run = graph["nodes"][f"run:{child}"]
    assert (run["name"], run["params"]["depth"]) == ("best", "3")
    assert {metric["key"]: metric["value"] for metric in run["metrics"]}["loss"] == 0.5
    assert graph["nodes"][f"commit:{COMMIT}"]["repository"] == "https://example.com/seats"


def test_files_are_told_with_their_digests(server, lineage, story):
    (node,) = [
        node
        for node in lineage("models:/LineageSeat/1", direction="upstream")["nodes"].values()
        if node["kind"] == "model_version"
    ]
    files = {file["path"]: file for file in node["files"]}
    assert files["MLmodel"]["role"] == "model"
    assert files["requirements.txt"]["role"] == "environment"
    local = mlflow.artifacts.download_artifacts("models:/LineageSeat/1")
    for path, file in files.items():
        with open(f"{local}/{path}", "rb") as content:
            assert hashlib.sha256(content.read()).hexdigest() == file["sha256"], path


def test_every_origin_leads_to_the_version(lineage, story):
    parent, child, digest = story
    (version,) = lineage("models:/LineageSeat/1", direction="upstream")["of"]
    for origin in (f"run:{parent}", f"run:{child}", f"dataset:{digest}", f"commit:{COMMIT}"):
        graph = lineage(origin, direction="downstream")
        assert version in graph["nodes"], origin
        assert graph["nodes"][version]["stage"] == "Production"


def test_the_lineage_of_what_was_production_then(server, lineage, story):
    _, child, _ = story
    client = mlflow.MlflowClient()
    before = lineage("models:/LineageSeat/Production")["seq"]
    client.transition_model_version_stage("LineageSeat", "1", "Archived")
    with pytest.raises(urllib.error.HTTPError) as now:
        lineage("models:/LineageSeat/Production")
    assert now.value.code == 404
    then = lineage("models:/LineageSeat/Production", as_of=before)
    assert f"run:{child}" in then["nodes"]
    client.transition_model_version_stage("LineageSeat", "1", "Production")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("of=nothing", 400),
        ("of=run:x&limit=0", 400),
        ("of=run:x&limit=1001", 400),
        ("of=run:x&direction=sideways", 400),
        ("of=run:x&unknown=1", 400),
        ("", 400),
        ("of=run:x", 404),
        ("of=models:/LineageSeat/99", 404),
        ("of=models:/LineageSeat/99999999999999999999", 404),
    ],
)
def test_what_makes_no_sense_is_refused(server, story, query, status):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/api/runlog/1/lineage?{query}")
    assert refused.value.code == status
    assert json.load(refused.value)["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
