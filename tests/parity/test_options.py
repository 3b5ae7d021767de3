"""Options of the server that change what it answers: given to MLflow and to Runlog, and asked the same."""

import pytest
from compare import differences

TRACKING_IS_OFF = [
    {"GET": "/health"},
    {"GET": "/version"},
    {"GET": "/api/3.0/mlflow/server-info"},
    {"POST": "experiments/create", "body": {"name": "e"}},
    {"GET": "experiments/search", "query": {"max_results": 1}},
    {"GET": "/ajax-api/2.0/mlflow/runs/get", "query": {"run_id": "r"}},
    {"GET": "logged-models/m-1"},
    {"DELETE": "logged-models/m-1/tags/t"},
    {"GET": "registered-models/search"},
    {"GET": "artifacts/list", "query": {"run_id": "r"}},
    {"GET": "/get-artifact", "query": {"run_id": "r", "path": "a"}},
    {"GET": "/model-versions/get-artifact", "query": {"name": "n", "version": 1, "path": "a"}},
    {"POST": "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=r&path=a", "raw": "x"},
    {"POST": "/ajax-api/2.0/mlflow/experiments/search-datasets", "body": {"experiment_ids": ["0"]}},
    {"PUT": "/api/2.0/mlflow-artifacts/artifacts/d/a.txt", "raw": "x"},
    {"GET": "/api/2.0/mlflow-artifacts/artifacts/d/a.txt"},
    {"GET": "/api/2.0/mlflow-artifacts/artifacts", "query": {"path": "d"}},
    {"DELETE": "/api/2.0/mlflow-artifacts/artifacts/d/a.txt"},
]
ARTIFACTS_ARE_OFF = [
    {"GET": "/api/3.0/mlflow/server-info"},
    {"POST": "experiments/create", "body": {"name": "e"}},
    {"PUT": "/api/2.0/mlflow-artifacts/artifacts/d/a.txt", "raw": "x"},
    {"GET": "/ajax-api/2.0/mlflow-artifacts/artifacts/d/a.txt"},
    {"GET": "/api/2.0/mlflow-artifacts/artifacts", "query": {"path": "d"}},
    {"DELETE": "/api/2.0/mlflow-artifacts/artifacts/d/a.txt"},
    {"POST": "/api/2.0/mlflow-artifacts/mpu/create/d/a.txt", "body": {"path": "a.txt", "num_parts": 1}},
    {"GET": "/api/2.0/mlflow-artifacts/presigned/d/a.txt"},
]
UNDER_A_PREFIX = [
    {"GET": "/pre/health"},
    {"GET": "/pre/version"},
    {"GET": "/pre/api/3.0/mlflow/server-info"},
    {"POST": "/pre/api/2.0/mlflow/experiments/create", "body": {"name": "e"}, "keep": {"one": "experiment_id"}},
    {"GET": "/pre/ajax-api/2.0/mlflow/experiments/get", "query": {"experiment_id": "${one}"}},
    {"GET": "/pre/get-artifact", "query": {"run_id": "r", "path": "a"}},
    {"GET": "/pre/ajax-api/2.0/mlflow/gateway-proxy"},
    {"GET": "/api/2.0/mlflow/experiments/get", "query": {"experiment_id": "0"}},
    {"GET": "/version"},
    {"GET": "/prefix/version"},
]


@pytest.mark.parametrize("options, prefix, cases", [
    ("--artifacts-only", "", TRACKING_IS_OFF),
    ("--no-serve-artifacts", "", ARTIFACTS_ARE_OFF),
    ("--static-prefix /pre", "/pre", UNDER_A_PREFIX),
], ids=lambda value: value if isinstance(value, str) else "")
def test_same_answers_under_the_same_options(servers_with, options, prefix, cases):
    judge, ours = servers_with(options, prefix)
    found = []
    for case in cases:
        expected, actual = judge.send(case), ours.send(case)
        found += [f"{case}: {difference}" for difference in differences(expected, actual, judge, ours)]
    assert not found, "\n".join(found)
