"""Entities in MLflow's own stores on SQLite, and what its searches find among them: the meaning
of comparisons and orders, not only their syntax. `make.py` calls `answers`.

Ids and times are counted, not drawn, so that a second run writes the same file.
"""

import math
import uuid

import mlflow.store.model_registry.sqlalchemy_store as registry_store
import mlflow.store.tracking.sqlalchemy_store as tracking_store
from mlflow.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModelParameter,
    LoggedModelTag,
    Metric,
    Param,
    RunTag,
)
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

TEXTS = ["", "a", "A", "ab", "aB", "abc", "a%c", "a_c", "b", "10", "9", "ä", "Ä", "日本", "🚀x", "it's", "a\\b", "x\ny"]
PATTERNS = [
    "", "%", "_", "__", "a", "A", "a%", "A%", "%b", "%B%", "a_c", "a%c", "_%_", "%%", "%_", "ä", "Ä", "__x",
    "_x", "日_", "%🚀%", "a\\b", "a\\%", "it's", "x_y", "%y", "[a]", "a*", "1%", "___", "%a%b%", "%b_%", "_b%",
]  # fmt: skip


def texts(field, missing=False):
    """Every comparison of a text field with every pattern."""
    quoted = [f'"{p}"' if "'" in p else f"'{p}'" for p in PATTERNS]
    found = [f"{field} {op} {q}" for op in ("LIKE", "ILIKE", "=", "!=") for q in quoted]
    return found + ([f"{field} IS NULL", f"{field} IS NOT NULL"] if missing else [])


RUN_FILTERS = (
    texts("params.p", True)
    + texts("tags.t", True)
    + [f"metrics.m {op} {v}" for op in ("=", "!=", "<", "<=", ">", ">=") for v in
       ("0", "1", "-1.5", "1e300", "1e400", "0.1", "1.7976931348623157e308")]
    + [f"start_time {op} {v}" for op in ("=", "!=", "<", "<=", ">", ">=") for v in
       ("3", "3.5", "9007199254740993", "9007199254740992.0", "-1")]
    + [f"end_time {op} 5" for op in ("=", "!=", "<", ">=")]
    + texts("run_name") + texts("user_id")
    + ["status = 'RUNNING'", "status != 'RUNNING'", "status LIKE 'F%'", "status ILIKE 'f%'",
       "status = 'running'",
       "run_id IN ('00000000000000000000000000000001', 'x')", "run_id NOT IN ('00000000000000000000000000000001')",
       "run_id NOT IN ('x', 'y') AND params.p = 'a'",
       "user_id = ''", "user_id != 'u'", "artifact_uri LIKE '%artifacts'",
       "dataset.name = 'd1'", "dataset.name != 'd1'", "dataset.name LIKE 'd%'", "dataset.name ILIKE 'D_'",
       "dataset.name IN ('d1', 'x')", "dataset.name NOT IN ('d1')", "dataset.digest = '2'", "dataset.digest != '2'",
       "dataset.context = 'train'", "dataset.context != 'train'", "dataset.context NOT IN ('train')",
       "dataset.name = 'd1' AND dataset.digest = '2'", "dataset.name = 'd1' AND dataset.context = 'eval'",
       "params.p = 'a' AND tags.t = 'a'", "params.p != 'a' AND params.p != 'b'", "params.nothing = 'x'",
       "params.nothing != 'x'", "metrics.nothing != 1", "tags.nothing IS NULL", "tags.t IS NULL AND params.p IS NULL"]
)  # fmt: skip
RUN_ORDERS = [
    [], ["metrics.m"], ["metrics.m DESC"], ["params.p"], ["params.p DESC"], ["tags.t DESC"], ["end_time"],
    ["end_time DESC"], ["start_time"], ["run_id DESC"], ["run_name"], ["run_name DESC"], ["status", "start_time"],
    ["user_id DESC", "metrics.m"], ["metrics.nothing DESC"], ["metrics.tie", "params.p"], ["metrics.tie DESC"],
    ["artifact_uri DESC"],
]  # fmt: skip


def number(value):
    return value if value is None or math.isfinite(value) else str(value)


def count_ids_and_times():
    ids = iter(range(1, 10**6))
    # Each time several times over, so that orders by time have ties to break.
    times = (time for time in range(1000, 10**6, 10) for _ in range(5))
    uuid.uuid4 = lambda: uuid.UUID(int=next(ids))
    for module in (tracking_store, registry_store):
        module.get_current_time_millis = lambda: next(times)


def make_runs(store):
    experiment = store.create_experiment("runs")
    metrics = [0.0, -0.0, 1.0, -1.5, 0.1, 1e300, math.nan, math.inf, -math.inf, 5e-324, None]
    starts = [3, 3, 4, 9007199254740993, 9007199254740992, 0, 5, 6, 7]
    for n in range(max(len(TEXTS), len(metrics)) + 3):
        name = TEXTS[n] if n < len(TEXTS) and TEXTS[n] else f"run {n}"
        user = TEXTS[(n * 5) % len(TEXTS)]
        run = store.create_run(experiment, user, starts[n % len(starts)], [], name).info.run_id
        if n < len(TEXTS):
            store.log_param(run, Param("p", TEXTS[n]))
            store.set_tag(run, RunTag("t", TEXTS[-n]))
        if n < len(metrics) and metrics[n] is not None:
            store.log_metric(run, Metric("m", metrics[n], 1, 0))
        store.log_metric(run, Metric("tie", n % 3, 1, 0))
        if n % 4 == 0:
            store.update_run_info(run, 3, n, None)
        inputs = [
            DatasetInput(Dataset(f"d{k}", str(k), "s", "x"), [InputTag("mlflow.data.context", context)])
            for k, context in ((1, "train"), (2, "eval"))
            if n % (k + 1) == 0
        ]
        if n == 5:
            inputs = [DatasetInput(Dataset("bare", "2", "s", "x"), [])]
        store.log_inputs(run, inputs)
    return experiment


def run_document(run):
    info = run.info
    names = ("run_id", "run_name", "user_id", "status", "start_time", "end_time", "artifact_uri")
    return {
        "id": info.run_id,
        "attributes": {name: getattr(info, name) for name in names},
        "metrics": {key: number(value) for key, value in run.data.metrics.items()},
        "params": run.data.params,
        "tags": run.data.tags,
        "datasets": [
            {
                "name": i.dataset.name,
                "digest": i.dataset.digest,
                "context": next((t.value for t in i.tags if t.key == "mlflow.data.context"), None),
            }
            for i in run.inputs.dataset_inputs
        ],
    }


def runs(store):
    experiment = make_runs(store)

    def search(text, order):
        return [r.info.run_id for r in store.search_runs([experiment], text, 1, 1000, order)]

    documents = [run_document(r) for r in store.search_runs([experiment], None, 1, 1000)]
    return collect(documents, search, RUN_FILTERS, RUN_ORDERS)


def collect(documents, search, filters, orders):
    queries = [{"filter": f, "order_by": [], "found": search(f, None)} for f in filters]
    queries += [{"filter": "", "order_by": o, "found": search(None, o)} for o in orders]
    return {"documents": sorted(documents, key=lambda d: d["id"]), "queries": queries}


def experiments(store):
    for text in TEXTS[1:]:
        store.create_experiment(f"e {text}", tags=[ExperimentTag("t", text)])
    store.rename_experiment("3", "e renamed")

    def search(text, order):
        return [e.experiment_id for e in store.search_experiments(filter_string=text, order_by=order)]

    names = ("experiment_id", "name", "creation_time", "last_update_time")
    documents = [
        {"id": e.experiment_id, "attributes": {n: getattr(e, n) for n in names}, "tags": e.tags}
        for e in store.search_experiments()
    ]
    times = sorted(d["attributes"]["creation_time"] for d in documents)
    filters = texts("tags.t", True) + texts("name") + [
        "experiment_id = '2'", "experiment_id != '02'", "experiment_id IN ('1', '2')", "experiment_id NOT IN ('0', '1')",
        f"creation_time > {times[3]}", f"last_update_time <= {times[4]}", "name = 'e a' AND tags.t = 'a'",
    ]  # fmt: skip
    orders = [
        [], ["name"], ["name DESC"], ["experiment_id"], ["experiment_id DESC"], ["creation_time"],
        ["last_update_time DESC", "name"],
    ]  # fmt: skip
    return collect(documents, search, filters, orders)


def make_registry(store):
    for n, text in enumerate(TEXTS[1:]):
        name = f"m {text}".replace("/", "").replace(":", "")
        tags = [RegisteredModelTag("t", text), RegisteredModelTag("u", text.upper())]
        if n == 3:
            tags.append(RegisteredModelTag("mlflow.prompt.is_prompt", "true"))
        if n == 4:
            tags.append(RegisteredModelTag("mlflow.prompt.is_prompt", "false"))
        store.create_registered_model(name, tags)
        for k in range(n % 3 + 1):
            tags = [ModelVersionTag("t", text)] if k != 1 else []
            if n in (3, 6) and k == 0:
                tags.append(ModelVersionTag("mlflow.prompt.is_prompt", "true"))
            run = None if k == 2 else f"run{n % 5}"
            store.create_model_version(name, f"s3://{text}/{k}", run, tags)


PROMPTS = [
    "tags.`mlflow.prompt.is_prompt` = 'true'",
    "tags.`mlflow.prompt.is_prompt` != 'true'",
    "tags.`mlflow.prompt.is_prompt` = 'false'",
    "tags.`mlflow.prompt.is_prompt` != 'false'",
    "tags.`mlflow.prompt.is_prompt` = 'false' AND tags.t LIKE '%a%'",
]


def registered_models(store):
    def search(text, order):
        return [m.name for m in store.search_registered_models(text, 1000, order)]

    both = search(None, None) + search(PROMPTS[0], None)
    documents = []
    for name in both:
        model = store.get_registered_model(name)
        attributes = {"name": name, "last_updated_timestamp": model.last_updated_timestamp}
        documents.append({"id": name, "attributes": attributes, "tags": model._tags})
    filters = texts("tags.t") + texts("name") + PROMPTS + [
        "name IN ('m a', 'm b')", "name NOT IN ('m a')", "tags.t = 'a' AND tags.u = 'A'",
        "tags.t != 'a' AND tags.t != 'b'", "tags.t LIKE 'a%' AND tags.u LIKE '%C'", "tags.nothing != 'x'",
    ]  # fmt: skip
    orders = [[], ["name DESC"], ["timestamp"], ["last_updated_timestamp DESC"]]
    return collect(documents, search, filters, orders)


def model_versions(store):
    def search(text, order):
        return [f"{v.name}/{v.version}" for v in store.search_model_versions(text, 1000, order)]

    documents = []
    for text in (None, PROMPTS[0]):
        models = store.search_registered_models(text, 1000) if text else []
        names = {v.name for v in store.search_model_versions(text, 1000)} | {m.name for m in models}
        for name in names:
            documents += [store.get_model_version(name, str(n)) for n in (1, 2, 3) if exists(store, name, n)]
    documents = {f"{v.name}/{v.version}": v for v in documents}
    documents = [
        {
            "id": key,
            "attributes": {
                "name": v.name,
                "version_number": int(v.version),
                "run_id": v.run_id or None,
                "source_path": v.source,
                "creation_timestamp": v.creation_timestamp,
                "last_updated_timestamp": v.last_updated_timestamp,
            },
            "tags": v.tags,
        }
        for key, v in documents.items()
    ]
    filters = texts("tags.t") + texts("source_path") + PROMPTS + [
        "name = 'm abc'", "run_id = 'run1'", "run_id != 'run1'", "run_id IN ('run1', 'run2')", "run_id NOT IN ('run1')",
        "version_number = 2", "version_number > '1'", "version_number != 1", "tags.t != 'a'", "tags.nothing != 'x'",
    ]  # fmt: skip
    orders = [[], ["name"], ["name DESC"], ["version_number"], ["creation_timestamp"], ["last_updated_timestamp DESC"]]
    return collect(documents, search, filters, orders)


def exists(store, name, version):
    try:
        store.get_model_version(name, str(version))
    except Exception:
        return False
    return True


def make_logged_models(store):
    experiment = store.create_experiment("logged models")
    values = [0.5, -1.0, math.nan, math.inf, 2.0, None]
    for n, text in enumerate(TEXTS):
        run = store.create_run(experiment, "u", n, [], "r").info.run_id
        model = store.create_logged_model(
            experiment,
            f"m{n % 4}",
            run if n % 3 else None,
            [LoggedModelTag("t", text)] if text else [],
            [LoggedModelParameter("p", text or "none")] if n % 2 else [],
            "kind" if n % 3 == 1 else None,
        )
        logged = []
        for k, value in enumerate((values[n % 6], values[(n + 1) % 6])):
            if value is None:
                continue
            dataset = (None, None) if n % 4 == 0 else (f"d{k}", str(n % 2))
            logged.append((value, 10 + k, k, dataset))
        for value, time, step, (name, digest) in logged:
            metric = Metric("m", value, time, step, model.model_id, name, digest, run_id=run)
            store.log_metric(run, metric)
        if n % 2:
            store.finalize_logged_model(model.model_id, tracking_store.LoggedModelStatus.READY)
    return experiment


def logged_models(store):
    experiment = make_logged_models(store)

    def search(text, order):
        order = [{"dataset_name": None, "dataset_digest": None, **o} for o in order or []]
        found = store.search_logged_models([experiment], text, None, 1000, order)
        return [m.model_id for m in found]

    names = (
        "model_id", "name", "model_type", "source_run_id", "artifact_location", "status_message",
        "creation_timestamp", "last_updated_timestamp", "experiment_id",
    )  # fmt: skip
    documents = [
        {
            "id": m.model_id,
            "attributes": {**{n: getattr(m, n) for n in names}, "status": str(m.status.to_int())},
            "tags": m.tags,
            "params": m.params,
            "measured": [
                {
                    "key": x.key,
                    "value": number(x.value),
                    "timestamp": x.timestamp,
                    "step": x.step,
                    "run_id": x.run_id,
                    "dataset_name": x.dataset_name,
                    "dataset_digest": x.dataset_digest,
                }
                for x in m.metrics or []
            ],
        }
        for m in store.search_logged_models([experiment], None, None, 1000)
    ]
    # Values are not unquoted properly here, so the patterns that hold quotes are left out.
    plain = [f for f in texts("tags.t") + texts("params.p") if '"' not in f]
    filters = plain + [
        "metrics.m > 0", "metrics.m = 0", "metrics.m != 0", "metrics.m < -0.5", "metrics.m >= 2", "metrics.m = nan",
        "metrics.m != nan", "metrics.m < inf", "metrics.m > -1e400", "status = 'READY'", "status = 2", "status != 2",
        "status LIKE '%'", "model_type = 'kind'", "model_type != 'kind'", "model_type != 'x'", "name IN ('m1', 'm2')",
        "name NOT IN ('m1')", "source_run_id LIKE '0%'", "creation_timestamp > 0", "creation_time < 1500.5",
        "experiment_id = '2'", "status_message != 'x'",
    ]  # fmt: skip
    orders = [
        [], [{"field_name": "name"}], [{"field_name": "model_type", "ascending": False}], [{"field_name": "model_type"}],
        [{"field_name": "metrics.m"}], [{"field_name": "metrics.m", "ascending": False}],
        [{"field_name": "metrics.m", "dataset_name": "d0"}],
        [{"field_name": "metrics.m", "ascending": False, "dataset_name": "d1", "dataset_digest": "1"}],
        [{"field_name": "creation_time"}], [{"field_name": "model_id", "ascending": False}],
        [{"field_name": "status"}, {"field_name": "source_run_id", "ascending": False}],
    ]  # fmt: skip
    return collect(documents, search, filters, orders)


def answers(asker):
    make_registry(asker.registry)
    return {
        "experiments": experiments(asker.tracking),
        "runs": runs(asker.tracking),
        "logged_models": logged_models(asker.tracking),
        "registered_models": registered_models(asker.registry),
        "model_versions": model_versions(asker.registry),
    }
