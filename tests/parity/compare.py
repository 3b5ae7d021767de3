"""Compares two answers, apart from what cannot be equal: ids, times, directories, ports."""

import re
import time

HOUR_MS = 3_600_000
# A set that MLflow prints in a message, in an order of its own each time.
SET = re.compile(r"\{('[^']*'(?:, )?)+\}")
# Names that MLflow draws for runs and models that were given none.
RANDOM_NAME = re.compile(r"^[a-z]+-[a-z]+-\d{1,4}$")


# What MLflow's framework says of a request that reaches none of its handlers.
FRAMEWORK_PAGE = "<!doctype html>\n<html lang=en>\n<title>4"


def differences(judge, ours, judge_party, our_party, headers=()) -> list[str]:
    """A line for each place where the answers say different things; `headers` are compared too.

    A page of MLflow's framework says no more than its status: here it is an error in MLflow's shape.
    """
    if isinstance(judge.body, str) and judge.body.startswith(FRAMEWORK_PAGE):
        return list(walk(".status", judge.status, ours.status))
    left = view(judge, judge_party, headers)
    right = view(ours, our_party, headers)
    return list(walk("", left, right))


def view(answer, party, headers) -> dict:
    """What counts of an answer."""
    shown = {"status": answer.status, "media_type": answer.media_type, "body": neutral(answer.body, party)}
    for name in headers:
        shown[name] = neutral(answer.headers.get(name), party)
    return shown


def neutral(value, party, key=""):
    """`value` with what differs between any two servers replaced by a word for it."""
    if isinstance(value, dict):
        return {neutral(name, party): neutral(item, party, name) for name, item in value.items()}
    if isinstance(value, list):
        return [neutral(item, party) for item in value]
    if isinstance(value, str):
        # A page token is each server's own.
        return "<token>" if key in ("next_page_token", "nextPageToken") else neutral_text(value, party)
    if is_recent(value) and re.search(r"time|stamp", key):
        return "<now>"
    return value


def neutral_text(text: str, party) -> str:
    kept = {str(value): name for name, value in party.kept.items() if len(str(value)) >= 8}
    for value, name in kept.items():
        text = text.replace(value, f"<{name}>")
    text = text.replace(str(party.server.dir), "<dir>").replace(str(party.server.port), "<port>")
    text = re.sub(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<uuid>", text)
    text = re.sub(r"[0-9a-f]{32}", "<id>", text)
    text = SET.sub(lambda match: "{" + ", ".join(sorted(match[0][1:-1].split(", "))) + "}", text)
    text = "<name>" if RANDOM_NAME.match(text) else text
    return "<now>" if text.isdigit() and is_recent(int(text)) else text


def is_recent(value) -> bool:
    return type(value) is int and abs(value - time.time() * 1000) < HOUR_MS


def walk(path, left, right):
    """The places where two JSON values differ, type for type."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            if key not in right:
                yield f"{path}.{key}: only mlflow has it: {left[key]!r}"
            elif key not in left:
                yield f"{path}.{key}: only runlog has it: {right[key]!r}"
            else:
                yield from walk(f"{path}.{key}", left[key], right[key])
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right)):
            yield from walk(f"{path}.{index}", one, other)
    elif type(left) is not type(right) or left != right:
        yield f"{path}: mlflow {left!r}, runlog {right!r}"


def part_of(expected, actual) -> bool:
    """Whether all that `expected` says holds of `actual`."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key in actual and part_of(item, actual[key]) for key, item in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(part_of(one, other) for one, other in zip(expected, actual))
        )
    return expected == actual
