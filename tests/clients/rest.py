"""The REST API without the MLflow client: quick, and every answer is an acknowledgement or an error."""

import base64
import http.client
import json
import urllib.parse


class Refused(Exception):
    """The server answered, but not with 200."""

    def __init__(self, request: str, status: int, content: bytes):
        super().__init__(f"{request}: {status} {content[:500]!r}")
        self.status, self.content = status, content


class Rest:
    """One connection to the server, kept open. `actor` is sent as the basic-auth user name."""

    def __init__(self, port: int, actor: str | None = None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        if actor:
            self.headers["Authorization"] = "Basic " + base64.b64encode(f"{actor}:".encode()).decode()

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Refused(f"{method} {path}", answer.status, content)
        return content

    def post(self, route: str, method: str = "POST", **body):
        return json.loads(self.send(method, f"/api/2.0/mlflow/{route}", json.dumps(body).encode()))

    def get(self, route: str, **query):
        return json.loads(self.send("GET", f"/api/2.0/mlflow/{route}?{urllib.parse.urlencode(query)}"))

    def put_artifact(self, path: str, content: bytes) -> None:
        self.send("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}", content)

    def get_artifact(self, path: str) -> bytes:
        return self.send("GET", f"/api/2.0/mlflow-artifacts/artifacts/{path}")

    def versions(self, model: str) -> dict[int, dict]:
        """All versions of a model, by number."""
        found, token = [], ""
        while True:
            page = self.get("model-versions/search", filter=f"name='{model}'", max_results=1000, page_token=token)
            found += page.get("model_versions", [])
            token = page.get("next_page_token", "")
            if not token:
                numbers = [int(v["version"]) for v in found]
                assert len(numbers) == len(set(numbers)), "a version number was given twice"
                return dict(zip(numbers, found))
