#!/usr/bin/env python3
"""Measures Runlog beside `mlflow server` (SQLite, one worker): the same requests, one after the other.

    cargo build --release && tests/run      # builds the server, makes the environment with mlflow
    python3 benches/compare.py              # needs wrk (Debian: apt-get install wrk)

Prints a Markdown table. Figures depend on the machine; quote the ratios of one run.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
SERVERS = {
    "Runlog": [ROOT / "target/release/runlog", *"serve --data-dir {dir}/data --port {port}".split()],
    "mlflow 3.17.2": [
        ROOT / "tests/.cache/venv-3.17.2/bin/mlflow",
        *"server --backend-store-uri sqlite:///{dir}/m.db --artifacts-destination {dir}/a".split(),
        *"--host 127.0.0.1 --port {port} --workers 1".split(),
    ],
}
SECONDS = 5
LIFECYCLES = 300
BATCHES = 60


def post(connection, route, **body):
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/api/2.0/mlflow/{route}", json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return json.loads(content)


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


def new_run(port):
    run = post(connect(port), "runs/create", experiment_id="0", start_time=1)
    return run["run"]["info"]["run_id"]


def single_calls(port):
    """`log-metric` calls a second over 32 connections, each a new point."""
    body = json.dumps({"run_id": new_run(port), "key": "m", "value": 0.5, "timestamp": 1, "step": "STEP"})
    body = body.replace('"STEP"', "%d")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"""
            local step = 0
            function request()
              step = step + 1
              local headers = {{ ["Content-Type"] = "application/json" }}
              return wrk.format("POST", nil, headers, string.format([==[{body}]==], step))
            end""")
        script.flush()
        url = f"http://127.0.0.1:{port}/api/2.0/mlflow/runs/log-metric"
        command = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "--timeout", "60s", "-s", script.name, url]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in out, out
    return float(out.split("Requests/sec:")[1].split()[0])


def batches(port):
    """New points a second in batches of 1000, over one connection."""
    run_id, headers = new_run(port), {"Content-Type": "application/json"}

    def body(n):
        steps = range(n * 1000, (n + 1) * 1000)
        points = [{"key": f"k{i % 10}", "value": i / 7, "timestamp": i, "step": i} for i in steps]
        return json.dumps({"run_id": run_id, "metrics": points})

    bodies, connection = [body(n) for n in range(BATCHES)], connect(port)
    begin = time.perf_counter()
    for content in bodies:
        connection.request("POST", "/api/2.0/mlflow/runs/log-batch", content, headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    return BATCHES * 1000 / (time.perf_counter() - begin)


def lifecycles(port):
    """Create, log a batch of 16, finish: a second, from 8 threads."""
    batch = {
        "metrics": [{"key": f"m{i}", "value": i, "timestamp": 1, "step": 0} for i in range(5)],
        "params": [{"key": f"p{i}", "value": str(i)} for i in range(10)],
        "tags": [{"key": "team", "value": "a"}],
    }

    def work():
        connection = connect(port)
        for _ in range(LIFECYCLES // 8):
            run_id = post(connection, "runs/create", experiment_id="0", start_time=1)["run"]["info"]["run_id"]
            post(connection, "runs/log-batch", run_id=run_id, **batch)
            post(connection, "runs/update", run_id=run_id, status="FINISHED", end_time=2)

    begin = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return LIFECYCLES // 8 * 8 / (time.perf_counter() - begin)


def memory_mb(group):
    total = 0
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                status = (entry / "status").read_text()
                total += int(status.split("VmRSS:")[1].split()[0]) / 1024
    return total


def measure(command):
    directory = tempfile.mkdtemp(prefix="compare-")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(word).format(dir=directory, port=port) for word in command]
    begin = time.perf_counter()
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while True:
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).status == 200:
                    break
            assert server.poll() is None and time.perf_counter() - begin < 120, "the server did not start"
            time.sleep(0.002)
        figures = {"start on an empty directory, s": time.perf_counter() - begin}
        figures["memory when idle, MB"] = memory_mb(server.pid)
        figures["single `log-metric` calls a second, 32 connections"] = single_calls(port)
        figures["points a second in batches of 1000, one connection"] = batches(port)
        figures["run lifecycles a second, 8 threads"] = lifecycles(port)
        return figures
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)


def main():
    results = {name: measure(command) for name, command in SERVERS.items()}
    print(f"| | {' | '.join(results)} |\n|---|{'---|' * len(results)}")
    for figure in next(iter(results.values())):
        shown = (f"{results[name][figure]:,.2f}" if figure.endswith(" s") else f"{results[name][figure]:,.0f}" for name in results)
        print(f"| {figure} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
