"""The two servers that are compared: MLflow's own, which is the judge, and ours. Both start empty."""

import http.server
import json
import re
import threading

import pytest
from exchange import Party
from harness import COMMAND, Server
from judge import COMMAND as JUDGE


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers a webhook with the status that its path names, or, at /echo, with the kinds and data it was sent."""

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told = json.dumps({name: sent[name] for name in ("entity", "action", "data")}, sort_keys=True)
        name = self.path.strip("/")
        status, content = (200, told.encode()) if name == "echo" else (int(name), b"" if name == "204" else name.encode())
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == 302:
            self.send_header("Location", "/200")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def receiver():
    """The address of a receiver of webhooks, `${receiver}` in the corpus."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def judge(tmp_path_factory, receiver):
    server = Server(tmp_path_factory.mktemp("mlflow"), JUDGE).start()
    yield Party(server, receiver=receiver)
    server.stop()


@pytest.fixture(scope="session")
def ours(tmp_path_factory, receiver):
    server = Server(tmp_path_factory.mktemp("runlog")).start()
    yield Party(server, receiver=receiver)
    assert server.stop() == 0


@pytest.fixture
def servers_with(tmp_path):
    """Starts both with further options; `prefix` is where they answer then. MLflow takes no database
    where it would not use it."""
    started = []

    def start(options, prefix):
        for name, command in (("mlflow", JUDGE), ("runlog", COMMAND)):
            if options == "--artifacts-only":
                command = re.sub(r"--backend-store-uri \S+", "", command)
            server = Server(tmp_path / name, f"{command} {options}")
            server.url += prefix
            started.append(server.start())
        return [Party(server) for server in started]

    yield start
    for server in started:
        server.stop()
