"""How MLflow's own server, the judge, is started."""

import os
import shlex
import sys

# Answers must not depend on background jobs and the gateway, which Runlog does not have.
os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
os.environ["MLFLOW_ENABLE_AI_GATEWAY"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
# Webhooks may lead to this machine; one retry is enough to see that there is one.
os.environ["MLFLOW_WEBHOOK_ALLOWED_SCHEMES"] = "http,https"
os.environ["MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"] = "true"
os.environ["MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES"] = "1"
COMMAND = (
    f"{shlex.quote(sys.executable)} -m mlflow server --backend-store-uri sqlite:///{{dir}}/mlflow.db"
    " --artifacts-destination {dir}/artifacts --host 127.0.0.1 --port {port} --workers 1"
)
