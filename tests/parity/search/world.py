"""What is searched: the same entities, loaded into both servers in the same order.

Ids and the server's own times differ, so each entity carries a name by which answers are compared, and
what differs is kept by the party: `${run_r001}`, `${model_m01}`, `${created_...}`. Times that a client
may set are set, and all different but in one experiment, where MLflow's tie-breaker, the id, decides.
"""

import random
import time

TEXTS = [
    "", "a", "A", "ab", "aB", "AB", "abc", "a%c", "a_c", "a\\c", "b", "10", "9", "1e3", " lead", "trail ", "it's",
    'say "hi"', "back`tick", "ä", "Ä", "ß", "ss", "日本語", "🚀x", "İ", "x\ny", "tab\tx", "a.b", "NULL", "true", "--", "a;b",
    "(x)", "%", "_", "\\", "a" * 300, "select", "e\u0301", "é", "1.50", "-1",
]  # fmt: skip
KEYS = ["k", "K", "a b", "a.b", "a-b", "x/y", "日本", "ключ", "1st", "10", "in", "order", "_u", "Ä", "ä", "long" * 20]
METRICS = ["m", "M", "val loss", "acc.top1", "a/b", "日本", "2nd", "tie", "select"]
NUMBERS = [
    0.0, -0.0, 1.0, -1.5, 0.1, 0.5, 2.0, 3.0, 1e300, -1e300, 5e-324, 1e-5, 123456789.0, 9007199254740993.0,
    "NaN", "Infinity", "-Infinity",
]  # fmt: skip
STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]
USERS = ["ada", "Ada", "", "bob o'b", "ünï", "a_b", "a%b"]
DATASETS = [("d1", "1", "train"), ("d2", "2", "eval"), ("D1", "1", ""), ("it's", "9", "Train"), ("日本", "%", None)]
EXPERIMENTS = [
    "plain", "Plain", "it's", 'q"q', "b`t", "a%b", "a_b", "a.b", "日本 🚀", "  spaced  ", "10", "9", "back\\slash", "ties",
    "gone", "gone too", "x" * 500, "ä", "Ä",
]  # fmt: skip
MODEL_NAMES = [
    "plain", "Plain", "PLAIN", "m a", "it's", 'q"q', "b`t", "a%b", "a_b", "axb", "a\\b", "日本", "🚀", "10", "9", "ä", "Ä",
    "x" * 250, "a;b", "(p)", "--", "null", "a,b", "tab\tx", "a=b", "trail ", " lead", "İ", "nan", "-", "p1", "p2", "p3",
    "p4", "p5", "bare", "emptied", "aliased", "staged", "late",
]  # fmt: skip
LOGGED_NAMES = ["model", "Model", "a b", "a_b", "日本", "🚀", "10", "it`s", "x" * 100, "ä", "Ä"]
LOGGED_TYPES = ["kind", "Kind", "", "a_b", "日本"]
PROMPT = "mlflow.prompt.is_prompt"
PROMPTS = {"p1": "true", "p2": "true", "p3": "true", "p4": "false", "p5": "True"}
FIRST_START = 1_700_000_000_000
RUNS = {"plain": 110, "Plain": 60, "it's": 40, "ties": 60, "gone": 20, "10": 40}


class Loader:
    """Sends what the world is made of to one party; equal seeds make equal worlds."""

    def __init__(self, party):
        self.party = party
        self.random = random.Random(20261123)

    def send(self, route, method="POST", keep=None, **body):
        # Milliseconds apart, so that times which the server sets differ.
        time.sleep(0.002)
        case = {method: route, "keep": keep or {}} | ({"query": body} if method == "GET" else {"body": body})
        answer = self.party.send(case)
        assert answer.status == 200, f"{route} {body}: {answer}"
        return answer.body

    def pairs(self, keys, texts=TEXTS, most=4):
        keys = self.random.sample(keys, self.random.randint(0, most))
        return [{"key": key, "value": self.random.choice(texts)} for key in keys]

    def load(self):
        experiments = self.experiments()
        runs = self.runs(experiments)
        self.logged_models(experiments, runs)
        self.registered_models(runs)
        for name in ("gone", "gone too"):
            self.send("experiments/delete", experiment_id=experiments[name])
        self.send("experiments/update", experiment_id=experiments["a.b"], new_name="a.c")
        self.keep_times(experiments)

    def experiments(self):
        ids = {}
        for name in EXPERIMENTS:
            ids[name] = self.send("experiments/create", name=name, tags=self.pairs(KEYS))["experiment_id"]
        return ids

    def runs(self, experiments):
        names = []
        for experiment, count in RUNS.items():
            starts = self.random.sample(range(1000), count)
            for start in starts:
                # A third of the ties share their start with others.
                start = start % 3 if experiment == "ties" else start * 1000 + len(names) % 1000
                name = f"r{len(names):03}"
                names.append(name)
                self.run(name, experiments[experiment], FIRST_START + start, names)
        return names

    def run(self, name, experiment_id, start, names):
        tags = [{"key": "id", "value": name}] + self.pairs(KEYS)
        if len(names) > 5 and self.random.random() < 0.2:
            parent = "${run_" + self.random.choice(names[:-1]) + "}"
            tags.append({"key": "mlflow.parentRunId", "value": parent})
        title = self.random.choice([*TEXTS, name, name.upper()]) or name
        user = self.random.choice(USERS)
        keep = {f"run_{name}": "run.info.run_id"}
        create = {"experiment_id": experiment_id, "start_time": start, "run_name": title, "user_id": user}
        self.send("runs/create", keep=keep, tags=tags, **create)
        run_id = "${run_" + name + "}"
        metrics = [
            {"key": key, "value": self.random.choice(NUMBERS), "timestamp": step + 1, "step": step}
            for key in self.random.sample(METRICS, self.random.randint(0, 5))
            for step in range(self.random.choice([1, 1, 1, 3]))
        ]
        metrics.append({"key": "tie", "value": len(names) % 3, "timestamp": 1, "step": 9})
        self.send("runs/log-batch", run_id=run_id, metrics=metrics, params=self.pairs(KEYS))
        if self.random.random() < 0.3:
            used = self.random.sample(DATASETS, self.random.randint(1, 2))
            self.send("runs/log-inputs", run_id=run_id, datasets=[dataset_input(*it) for it in used])
        if self.random.random() < 0.7:
            ended = {"end_time": start + self.random.randint(-5, 5000)} if self.random.random() < 0.8 else {}
            self.send("runs/update", run_id=run_id, status=self.random.choice(STATUSES), **ended)
        if self.random.random() < 0.12:
            self.send("runs/delete", run_id=run_id)

    def logged_models(self, experiments, runs):
        for number in range(60):
            name = f"m{number:02}"
            # Their runs are in the first experiment, which has no deleted ones that could not be logged to.
            experiment = experiments[self.random.choice(["plain", "plain", "Plain", "it's"])]
            body = {
                "experiment_id": experiment,
                "name": self.random.choice(LOGGED_NAMES),
                "model_type": self.random.choice(LOGGED_TYPES),
                "params": self.pairs(KEYS),
                "tags": [{"key": "id", "value": name}] + self.pairs(KEYS),
            }
            run = self.send("runs/create", experiment_id=experiments["9"], start_time=number)["run"]["info"]["run_id"]
            self.party.kept[f"source_{name}"] = run
            if self.random.random() < 0.7:
                body["source_run_id"] = run
            info = "model.info."
            times = {f"{when}_{name}": info + "creation_timestamp_ms" for when in ("created", "updated")}
            self.send("logged-models", keep={f"model_{name}": info + "model_id"} | times, **body)
            metrics = [self.model_metric(name) for _ in range(self.random.randint(0, 6))]
            if metrics:
                self.send("runs/log-batch", run_id=run, metrics=metrics)
            path = "logged-models/${model_" + name + "}"
            if self.random.random() < 0.6:
                status = self.random.choice(["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"])
                self.send(path, "PATCH", model_id="${model_" + name + "}", status=status)
            if self.random.random() < 0.1:
                self.send(path, "DELETE")

    def model_metric(self, name):
        metric = {
            "key": self.random.choice(METRICS[:4]),
            "value": self.random.choice(NUMBERS),
            "timestamp": self.random.randint(1, 5),
            "step": self.random.randint(0, 3),
            "model_id": "${model_" + name + "}",
        }
        if self.random.random() < 0.6:
            metric["dataset_name"] = self.random.choice(["d1", "d2", "日本"])
            metric["dataset_digest"] = self.random.choice(["1", "2"])
        return metric

    def registered_models(self, runs):
        for number, name in enumerate(MODEL_NAMES):
            prompt = [{"key": PROMPT, "value": PROMPTS[name]}] if name in PROMPTS else []
            self.send("registered-models/create", name=name, tags=self.pairs(KEYS) + prompt)
            for version in range(1, 1 + (0 if name == "bare" else self.random.randint(1, 5))):
                source = self.random.choice([f"s3://{text}/x" for text in TEXTS if text and "\n" not in text])
                run = {"run_id": "${run_" + self.random.choice(runs[:20]) + "}"} if self.random.random() < 0.6 else {}
                tags = self.pairs(KEYS) + (prompt if version == 1 or self.random.random() < 0.5 else [])
                is_prompt = any(tag["key"] == PROMPT and tag["value"].lower() == "true" for tag in tags)
                source = "dummy-source" if is_prompt else source
                self.send("model-versions/create", name=name, source=source, tags=tags, **run)
                self.change_version(name, str(version), number)
        self.send("registered-models/delete", "DELETE", name="late")
        self.send("registered-models/rename", name="staged", new_name="Staged again")

    def change_version(self, name, version, number):
        which = {"name": name, "version": version}
        if self.random.random() < 0.3:
            stage = self.random.choice(["Staging", "Production", "Archived"])
            self.send("model-versions/transition-stage", stage=stage, **which)
        if self.random.random() < 0.2:
            self.send("registered-models/alias", alias=f"alias{number}", **which)
        if self.random.random() < 0.2:
            self.send("model-versions/update", "PATCH", description="described", **which)
        if self.random.random() < 0.1 or name == "emptied":
            self.send("model-versions/delete", "DELETE", **which)

    def keep_times(self, experiments):
        """Times that the server set, for questions about them."""
        kept = self.party.kept
        found = self.send("experiments/search", max_results=1000, view_type="ALL")["experiments"]
        for it in found:
            kept[f"created_experiment_{it['experiment_id']}"] = it["creation_time"]
            kept[f"updated_experiment_{it['experiment_id']}"] = it["last_update_time"]
        body = {"experiment_ids": [experiments[name] for name in ("plain", "Plain", "it's")], "max_results": 1000}
        for it in self.send("logged-models/search", **body)["models"]:
            tags = {tag["key"]: tag["value"] for tag in it["info"]["tags"]}
            kept[f"updated_{tags['id']}"] = it["info"]["last_updated_timestamp_ms"]


def dataset_input(name, digest, context):
    tags = [] if context is None else [{"key": "mlflow.data.context", "value": context}]
    dataset = {"name": name, "digest": digest, "source_type": "code", "source": "x"}
    return {"dataset": dataset, "tags": tags}
