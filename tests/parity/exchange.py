"""One request of the corpus, sent to one server, and what came back."""

import http.client
import json
import re
import urllib.parse

BASE = "/api/2.0/mlflow/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class Answer:
    """Status, headers and body; the body is JSON where it says so, else text."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.media_type = self.headers.get("content-type", "").split(";")[0]
        content = response.read()
        if self.media_type == "application/json" and content:
            self.body = json.loads(content)
        else:
            self.body = content.decode("utf-8", "backslashreplace")

    def __str__(self):
        body = self.body if isinstance(self.body, str) else json.dumps(self.body, indent=1, ensure_ascii=False)
        return f"{self.status} {self.media_type}\n{body}"


class Party:
    """A server that takes part, and what its answers so far are called: `${name}` in later requests."""

    def __init__(self, server, **kept):
        self.server = server
        self.kept = kept
        self.answered = set()

    def fill(self, value):
        """`value` with each `${name}` replaced by what was kept under it, and long values written out."""
        if isinstance(value, str):
            value = re.sub(r"\$\{(.)\*(\d+)\}", lambda match: match[1] * int(match[2]), value)
            return re.sub(r"\$\{(\w+)\}", lambda match: str(self.kept[match[1]]), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict) and value.keys() == {"repeat", "item"}:
            return [self.fill(numbered(value["item"], number)) for number in range(value["repeat"])]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def send(self, case: dict) -> Answer:
        method, path = method_and_route(case)
        path = self.fill(path)
        path = path if path.startswith("/") else BASE + path
        if "query" in case:
            path += "?" + urllib.parse.urlencode(self.fill(case["query"]), doseq=True)
        headers = self.fill(case.get("headers", {}))
        content = None
        if "body" in case:
            content = json.dumps(self.fill(case["body"])).encode()
        elif "raw" in case:
            content = self.fill(case["raw"]).encode()
        if content is not None:
            headers = {"Content-Type": "application/json"} | headers
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        try:
            connection.request(method, path, content, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        for name, where in case.get("keep", {}).items():
            self.kept[name] = at(answer.body, where)
        return answer


def numbered(value, number: int):
    """`value` with `${#}` replaced by `number`."""
    return json.loads(json.dumps(value).replace("${#}", str(number)))


def method_and_route(case: dict) -> tuple[str, str]:
    return next((method, case[method]) for method in METHODS if method in case)


def at(body, where: str):
    """The value at a dotted path, such as `runs.0.info.run_id`."""
    for step in where.split("."):
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body
