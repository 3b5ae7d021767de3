"""The README's example runs as it stands, against a server on a port of its own."""

import os
import re
import subprocess
import sys

import pytest
from harness import ROOT, needs

pytestmark = needs("3", "the README shows the newest client")


@pytest.fixture(scope="module")
def blocks():
    return re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_the_example_reaches_a_production_model_and_its_history(server, blocks):
    import requests

    (example,) = [text for language, text in blocks if language == "python"]
    assert "http://127.0.0.1:5000" in example
    example = example.replace("http://127.0.0.1:5000", server.url)
    ran = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, env=os.environ, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.rstrip().splitlines()[-1].startswith("["), ran.stdout
    history = requests.get(f"{server.url}/api/runlog/1/models/CarSeat/history").json()
    steps = [(change["from"], change["to"]) for change in history["history"]]
    assert steps == [("None", "Staging"), ("Staging", "Production")]
