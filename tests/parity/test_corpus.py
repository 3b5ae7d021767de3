"""Sends the corpus to MLflow and to Runlog, in order, and compares each pair of answers.

A file of `corpus/` is a list of cases, each a request:

    - POST: experiments/create        # a route under /api/2.0/mlflow/, or a path from /
      query: {...}                    # query parameters; a list repeats one
      body: {...}                     # JSON; or `raw:` with a text to send as it is
      headers: {...}
      keep: {one: experiment_id}      # `${one}` in later requests is that value of the answer
                                      # `${x*250}` is 250 times x; `{repeat: 9, item: "k${#}"}` is a list of 9
      compare: [content-disposition]  # headers that must agree too
      differs: why                    # a difference that a user would accept ...
      runlog: {status: 400}           # ... and what Runlog answers: at least this holds of it

A case that may differ and does not is a failure too, so that no allowance outlives its reason.
"""

import json
from pathlib import Path

import pytest
import yaml
from compare import differences, part_of
from exchange import method_and_route

FILES = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))
KEYS = {"query", "body", "raw", "headers", "keep", "compare", "differs", "runlog"}


def cases():
    for file in FILES:
        earlier = []
        for number, case in enumerate(yaml.safe_load(file.read_text()), 1):
            method, route = method_and_route(case)
            unknown = case.keys() - KEYS - {method}
            assert not unknown, f"{file.name} case {number}: {unknown}"
            yield pytest.param((file.stem, number), earlier.copy(), case, id=f"{file.stem}-{number}-{method} {route}")
            earlier.append(((file.stem, number), case))


@pytest.mark.parametrize("place, earlier, case", list(cases()))
def test_same_answer(judge, ours, place, earlier, case):
    for other_place, other in earlier:  # when one case is run alone, what it builds on comes first
        if other_place not in judge.answered:
            exchange(judge, ours, other_place, other)
    expected, actual = exchange(judge, ours, place, case)
    found = differences(expected, actual, judge, ours, case.get("compare", ()))
    if "differs" in case:
        assert found, f"they agree now; delete the allowance: {case['differs']}"
        found = [] if part_of(case["runlog"], {"status": actual.status, "body": actual.body}) else found
    if found:
        lines = [
            f"request: {json.dumps(case, ensure_ascii=False)}",
            f"--- mlflow: {expected}",
            f"--- runlog: {actual}",
            "--- differences:",
            *found,
        ]
        pytest.fail("\n".join(lines), pytrace=False)


def exchange(judge, ours, place, case):
    judge.answered.add(place)
    return judge.send(case), ours.send(case)
