"""System metrics: the client's own sampler writes beside the run."""

import time

import mlflow
from harness import newest_only

pytestmark = newest_only("psutil is installed with the newest client only")


def test_samples_arrive_as_metrics(experiment, client):
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                history = client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")
                if len(history) >= 3:
                    break
                time.sleep(0.2)
    finally:
        mlflow.set_system_metrics_sampling_interval(None)
        mlflow.set_system_metrics_samples_before_logging(None)
    assert [m.step for m in history] == list(range(len(history))) and len(history) >= 3
    metrics = client.get_run(run.info.run_id).data.metrics
    assert metrics["system/system_memory_usage_megabytes"] > 0
    assert "system/disk_usage_percentage" in metrics
