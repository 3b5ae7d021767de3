"""Every route of MLflow's server, against docs/API.md's table and against what Runlog answers there.

The routes come from the `mlflow` package itself: its Flask application and its FastAPI routers. Each is
asked once, with nothing in the request, under /api and under /ajax-api.
"""

import json
import re
from functools import cache
from typing import NamedTuple

import pytest
import requests
from harness import ROOT, runlog_only

pytestmark = runlog_only
BASE = "/api/2.0/mlflow/"
STATES = ("full", "page", "off", "absent", "no")


class Group(NamedTuple):
    """`METHODS path` of a row; a path that ends in `*` means all below it."""

    methods: str
    path: str
    state: str

    def holds(self, method: str, path: str) -> bool:
        fits = path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path
        return fits and (self.methods == "ANY" or method in self.methods.split(","))


@cache
def mlflow_routes() -> list[tuple[str, str]]:
    """Method and path of each route, parameters as `{}`."""
    from mlflow.server import app
    from mlflow.server.artifact_router import artifact_router
    from mlflow.server.assistant.api import assistant_router
    from mlflow.server.gateway_api import gateway_router
    from mlflow.server.job_api import job_api_router
    from mlflow.server.mcp_server_api import get_mcp_server_api_route_prefixes, mcp_server_router
    from mlflow.server.otel_api import otel_router
    from mlflow.server.server_info_api import server_info_router

    mounted = [("", router) for router in (
        artifact_router, assistant_router, gateway_router, job_api_router, otel_router, server_info_router)]
    mounted += [(prefix, mcp_server_router) for prefix in get_mcp_server_api_route_prefixes()]
    found = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods}
    found |= {(method, prefix + route.path) for prefix, router in mounted
              for route in router.routes for method in route.methods}
    return sorted({(method, general(path)) for method, path in found if method not in ("HEAD", "OPTIONS")})


def general(path: str) -> str:
    return re.sub(r"<[^>]*>|{[^}]*}", "{}", path)


@cache
def documented() -> list[Group]:
    table = (ROOT / "docs/API.md").read_text().split("## MLflow's routes")[1].split("\n#")[0]
    groups = []
    for row in re.findall(r"^\| (`.*?) \| (\w+) \|", table, re.MULTILINE):
        routes, state = row
        assert state in STATES, row
        for methods, path in re.findall(r"`([A-Z,]+) (\S+)`", routes):
            path = path if path.startswith("/") else BASE + path
            groups.append(Group(methods, general(path), state))
    return groups


def group_of(method: str, path: str) -> Group:
    """The one group that a route is in: by its own name, or by the longest `*`."""
    twin = path.replace("/ajax-api/", "/api/", 1)
    found = {group for name in (path, twin) for group in documented() if group.holds(method, name)}
    exact = [group for group in found if not group.path.endswith("*")]
    longest = max((len(group.path) for group in found), default=0)
    found = exact or [group for group in found if len(group.path) == longest]
    assert len(found) == 1, f"docs/API.md has not one row for {method} {path}, but {found}"
    return found[0]


@pytest.mark.parametrize("method, path", mlflow_routes(), ids=lambda value: value)
def test_the_table_says_what_the_server_answers(ours, method, path):
    expected = group_of(method, path).state
    answer = requests.request(method, ours.server.url + path.replace("{}", "x"), allow_redirects=False,
                              json=None if method == "GET" else {})
    assert expected == state_of(answer), f"{answer.status_code} {answer.text[:500]}"


def test_the_table_has_no_routes_that_mlflow_lacks():
    used = {group_of(method, path) for method, path in mlflow_routes()}
    assert set(documented()) == used


def state_of(answer: requests.Response) -> str:
    """The state that an answer to an empty request shows."""
    body = parsed(answer)
    code = body.get("error_code")
    if answer.status_code == 501:
        says_off = code == "FEATURE_DISABLED" or "not supported by Runlog" in str(body)
        return "off" if says_off else "full"
    if answer.status_code == 404 and not answer.content:
        return "absent"
    if code == "ENDPOINT_NOT_FOUND":
        return "no"
    if "<title>Runlog" in answer.text:
        return "page"
    assert answer.status_code not in (405, 500, 502, 503, 504), answer.text
    return "full"


def parsed(answer: requests.Response) -> dict:
    try:
        return answer.json()
    except json.JSONDecodeError:
        return {}
