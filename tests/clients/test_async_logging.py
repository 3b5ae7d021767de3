"""Asynchronous logging: synchronous=False, then everything is there."""

import mlflow
from harness import needs

pytestmark = needs("2.8", "synchronous=False")


def test_everything_logged_in_the_background_arrives(experiment, client):
    with mlflow.start_run() as run:
        waits = [mlflow.log_metric("loss", n / 3, step=n, timestamp=n, synchronous=False) for n in range(200)]
        waits.append(mlflow.log_metrics({"acc": 0.5, "f1": 0.25}, step=1, synchronous=False))
        waits.append(mlflow.log_params({f"p{n}": n for n in range(150)}, synchronous=False))
        waits.append(mlflow.log_param("depth", 3, synchronous=False))
        waits.append(mlflow.set_tag("team", "front", synchronous=False))
        for wait in waits:
            wait.wait()
    data = client.get_run(run.info.run_id).data
    assert data.metrics == {"loss": 199 / 3, "acc": 0.5, "f1": 0.25}
    assert data.params == {"depth": "3", **{f"p{n}": str(n) for n in range(150)}}
    assert data.tags["team"] == "front"
    points = client.get_metric_history(run.info.run_id, "loss")
    assert sorted((m.step, m.value) for m in points) == [(n, n / 3) for n in range(200)]


@needs("2.14", "flush_async_logging")
def test_flush_waits_for_all(experiment, client):
    with mlflow.start_run() as run:
        for n in range(50):
            mlflow.log_metric("m", n, step=n, synchronous=False)
        mlflow.flush_async_logging()
        assert len(client.get_metric_history(run.info.run_id, "m")) == 50
