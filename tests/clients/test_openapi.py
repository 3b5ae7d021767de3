"""What is said of Runlog's own routes holds: the document is valid, and each route answers as it describes.

Nothing here names a route. Each parameter has an example in the document; the examples are of the world that is made
below, so a route that is added is tested by being described."""

import http.client
import json
import re
import urllib.parse

import pytest
from harness import newest_only, runlog_only
from rest import Rest

jsonschema = pytest.importorskip("jsonschema")
validator = pytest.importorskip("openapi_spec_validator")

pytestmark = [runlog_only, newest_only("the document is the same for all clients")]

ROOT = "/api/runlog/1"


@pytest.fixture(scope="module")
def world(server):
    """What the examples name: the model CarSeat, with versions, a stage and an alias, made by ada."""
    rest = Rest(server.port, "ada")
    rest.post("registered-models/create", name="CarSeat")
    for version in "1", "2", "3":
        rest.post("model-versions/create", name="CarSeat", source="s3://bucket/model")
        stage = {"name": "CarSeat", "version": version, "stage": "Production", "archive_existing_versions": True}
        rest.post("model-versions/transition-stage", **stage)
    rest.post("registered-models/alias", name="CarSeat", alias="champion", version="3")
    return server


@pytest.fixture(scope="module")
def document(world):
    status, kind, content = ask(world, f"{ROOT}/openapi.json")
    assert (status, kind) == (200, "application/json")
    return json.loads(content)


def ask(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    kind = answer.headers["Content-Type"]
    # What has no end is not read to it.
    content = answer.readline() if kind == "text/event-stream" else answer.read()
    connection.close()
    return answer.status, kind, content


def routes(document):
    """The routes that are asked by GET, with what is said of each, but for those of a witness: this server has and is none."""
    said = {path: said["get"] for path, said in document["paths"].items() if "get" in said}
    return {path: said for path, said in said.items() if "/witness" not in path}


def example(parameter):
    found = parameter.get("example", parameter["schema"].get("example"))
    if found is None and parameter.get("required"):
        pytest.fail(f"the parameter {parameter['name']} has no example")
    return found


def sound(path, said, whole):
    """A path with the examples of its parameters; `whole`: also of those that may be left out."""
    query = {}
    for parameter in said.get("parameters", []):
        if not (parameter.get("required") or whole) or example(parameter) is None:
            continue
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(str(example(parameter)), safe=""))
        elif parameter["in"] == "query":
            query[parameter["name"]] = example(parameter)
    return path, query


def check(document, said, status, kind, content):
    """The answer is one of those that are described, and has their shape."""
    described = said["responses"].get(str(status))
    assert described, f"status {status} is not described: {content[:300]}"
    if "content" not in described:
        return
    assert kind.split(";")[0] in described["content"]
    if kind == "application/json":
        schema = {**described["content"][kind]["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(content))


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validator.OpenAPIV31SpecValidator(document).validate()
    assert len(routes(document)) >= 5


@pytest.mark.parametrize("whole", [False, True], ids=["what is required", "with every parameter"])
def test_each_route_answers_as_it_is_described(world, document, whole):
    for path, said in routes(document).items():
        path, query = sound(path, said, whole)
        assert "{" not in path
        status, kind, content = ask(world, f"{path}?{urllib.parse.urlencode(query)}")
        assert status == 200, f"{path} {query}: {status} {content[:300]}"
        check(document, said, status, kind, content)


def test_no_object_has_fields_that_are_not_described(world, document):
    """A shape that allows any field would let a test of shapes pass whatever is answered."""
    for path, said in routes(document).items():
        described = said["responses"]["200"]["content"].get("application/json")
        name = described and described["schema"].get("$ref", "").rsplit("/", 1)[-1]
        if not name or "properties" not in document["components"]["schemas"][name]:
            continue
        at, query = sound(path, said, False)
        answer = json.loads(ask(world, f"{at}?{urllib.parse.urlencode(query)}")[2])
        assert set(answer) <= set(document["components"]["schemas"][name]["properties"]), path


def test_what_is_no_field_of_a_query_is_refused(world, document):
    for path, said in routes(document).items():
        path, query = sound(path, said, False)
        # An artifact of the protocol, such as a checkpoint or a tile, has no query.
        if not any(parameter["in"] == "query" for parameter in said.get("parameters", [])):
            continue
        status, kind, content = ask(world, f"{path}?{urllib.parse.urlencode({**query, 'nonsense': '1'})}")
        assert (status, kind) == (400, "application/json"), path
        check(document, said, status, kind, content)


def test_what_is_not_there_is_missing(world, document):
    """A model, version or whatever else stands in the path, under a name that nobody gave."""
    for path, said in routes(document).items():
        names = [parameter for parameter in said.get("parameters", []) if parameter["in"] == "path"]
        names = [parameter for parameter in names if parameter["schema"].get("type") == "string"]
        if not names or "404" not in said["responses"]:
            continue
        at, query = sound(path.replace("{" + names[0]["name"] + "}", "no-such-thing"), said, False)
        status, kind, content = ask(world, f"{at}?{urllib.parse.urlencode(query)}")
        assert (status, kind) == (404, "application/json"), at
        check(document, said, status, kind, content)


def test_each_parameter_and_answer_is_explained(document):
    for path, said in routes(document).items():
        assert said.get("summary") or said.get("description"), path
        for parameter in said.get("parameters", []):
            assert parameter.get("description"), f"{path}: {parameter['name']}"
    for name, schema in document["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            assert shape.get("description") or "$ref" in json.dumps(shape), f"{name}.{field}"
        assert re.fullmatch("[A-Z][A-Za-z]+", name)
