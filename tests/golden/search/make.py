"""Asks MLflow 3.17.2 what it makes of the filters and orders in `cases.py`, and writes
`filters.json`, `orders.json` and `evaluate.json` beside itself. The Rust tests of `src/search`
hold our parser to those answers.

    python -m venv v && v/bin/pip install mlflow==3.17.2
    v/bin/python tests/golden/search/make.py

An answer is one of
  {"ok": [...]}                         what MLflow's parser returned, aliases resolved
  {"code": ..., "message": ...}         the MlflowException it raised, from parser or store
  {"crash": ...}                        another exception: a fault of MLflow, answered with 500
Python sets in messages are sorted, since their order is random.
"""

import json
import math
import pathlib
import re
import sys
import tempfile

import mlflow
import sqlparse
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking
from mlflow.utils import search_logged_model_utils as logged
from mlflow.utils.search_utils import (
    SearchExperimentsUtils,
    SearchModelUtils,
    SearchModelVersionUtils,
    SearchUtils,
)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases  # noqa: E402
import evaluate  # noqa: E402

HERE = pathlib.Path(__file__).parent
SET = re.compile(r"\{('[^']*'(?:, )?)+\}")


def sorted_sets(text):
    def one(match):
        return "{" + ", ".join(sorted(match.group(0)[1:-1].split(", "))) + "}"

    return SET.sub(one, text)


def ask(question):
    try:
        return {"ok": question()}
    except MlflowException as e:
        if e.__cause__ is not None and e.error_code in ("INTERNAL_ERROR", "BAD_REQUEST"):
            return {"crash": type(e.__cause__).__name__}
        return {"code": e.error_code, "message": sorted_sets(e.message)}
    except Exception as e:
        return {"crash": type(e).__name__}


def clause(found, alias=lambda key: key):
    value = found["value"]
    return {
        "type": found["type"],
        "key": alias(found["key"]),
        "op": found["comparator"].upper(),
        "value": list(value) if isinstance(value, tuple) else value,
    }


class Asker:
    """MLflow's stores on SQLite, empty unless filled."""

    def __init__(self, folder):
        uri = f"sqlite:///{folder}/mlflow.db"
        self.tracking = Tracking(uri, f"{folder}/artifacts")
        self.registry = Registry(uri)

    def runs(self, text):
        self.tracking.search_runs(["0"], text, 1, 10)
        return [clause(c, SearchUtils.translate_key_alias) for c in SearchUtils.parse_search_filter(text)]

    def experiments(self, text):
        self.tracking.search_experiments(filter_string=text)
        return [clause(c) for c in SearchExperimentsUtils.parse_search_filter(text)]

    def registered_models(self, text):
        self.registry.search_registered_models(text)
        return [clause(c) for c in SearchModelUtils.parse_search_filter(text)]

    def model_versions(self, text):
        self.registry.search_model_versions(text)
        return [clause(c) for c in SearchModelVersionUtils.parse_search_filter(text)]

    def logged_models(self, text):
        self.tracking.search_logged_models(["0"], text)
        kinds = {"attributes": "attribute", "metrics": "metric", "params": "parameter", "tags": "tag"}

        def one(c):
            value = list(c.value) if isinstance(c.value, tuple) else c.value
            if isinstance(value, float) and not math.isfinite(value):
                value = str(value)
            key = c.entity.key.removesuffix("_ms")
            return {"type": kinds[c.entity.type.value], "key": key, "op": c.op, "value": value}

        return [one(c) for c in logged.parse_filter_string(text)]

    def order(self, entity, clauses):
        if entity == "runs":
            self.tracking.search_runs(["0"], None, 1, 10, clauses)
            parse = SearchUtils.parse_order_by_for_search_runs
        elif entity == "experiments":
            self.tracking.search_experiments(order_by=clauses)
            parse = SearchExperimentsUtils.parse_order_by_for_search_experiments
        elif entity == "registered_models":
            self.registry.search_registered_models(order_by=clauses)
            parse = SearchUtils.parse_order_by_for_search_registered_models
        elif entity == "model_versions":
            self.registry.search_model_versions(order_by=clauses)
            parse = SearchModelVersionUtils.parse_order_by_for_search_model_versions
        else:
            self.tracking.search_logged_models(["0"], order_by=clauses)
            return [[c["field_name"], c.get("ascending", True)] for c in clauses]
        found = [parse(c) for c in clauses]
        return [[SearchUtils.translate_key_alias(f[-2]), f[-1]] for f in found]


FILTERS = {
    "runs": cases.COMMON + cases.RUNS,
    "experiments": cases.COMMON + cases.EXPERIMENTS,
    "registered_models": cases.COMMON + cases.REGISTERED_MODELS,
    "model_versions": cases.COMMON + cases.MODEL_VERSIONS,
    "logged_models": cases.COMMON + cases.LOGGED_MODELS,
}
ORDERS = {
    "runs": cases.ORDER_COMMON + cases.ORDER_RUNS,
    "experiments": cases.ORDER_COMMON + cases.ORDER_EXPERIMENTS,
    "registered_models": cases.ORDER_COMMON + cases.ORDER_REGISTERED_MODELS,
    "model_versions": cases.ORDER_COMMON + cases.ORDER_MODEL_VERSIONS,
}


def filters(asker):
    out = {}
    for entity, texts in FILTERS.items():
        put = lambda text: ask(lambda: getattr(asker, entity)(text))  # noqa: E731, B023
        out[entity] = [{"filter": text, **put(text)} for text in texts]
    bounds = []
    for name, text in cases.BOUNDS.items():
        answer = ask(lambda: len(asker.runs(text)))  # noqa: B023
        if "message" in answer:
            answer["message"] = answer["message"][:40]
        bounds.append({"name": name, "filter": text, **answer})
    out["bounds"] = bounds
    return out


def orders(asker):
    out = {}
    for entity, texts in ORDERS.items():
        lists = [[text] for text in texts] + cases.ORDER_LISTS[entity]
        out[entity] = [
            {"order_by": one, **ask(lambda: asker.order(entity, one))} for one in lists  # noqa: B023
        ]
    out["logged_models"] = [
        {"order_by": one, **ask(lambda: asker.order("logged_models", one))}  # noqa: B023
        for one in cases.LOGGED_MODEL_ORDERS
    ]
    return out


def write(name, content, folder):
    header = {"mlflow": mlflow.__version__, "sqlparse": sqlparse.__version__}
    text = json.dumps({**header, **content}, ensure_ascii=False, indent=1)
    (HERE / name).write_text(text.replace(folder, "/folder") + "\n", encoding="utf-8")


def main():
    with tempfile.TemporaryDirectory() as folder:
        asker = Asker(folder)
        write("filters.json", filters(asker), folder)
        write("orders.json", orders(asker), folder)
    with tempfile.TemporaryDirectory() as folder:
        evaluate.count_ids_and_times()
        write("evaluate.json", evaluate.answers(Asker(folder)), folder)


if __name__ == "__main__":
    main()
