"""Draws questions for searches: mostly ones that make sense, many that nearly do, and some that do not.

Everything comes from one seeded generator, so that a seed names a list of questions.
"""

import string
from dataclasses import dataclass
from random import Random

import world

NUMBER_WORDS = [
    "0", "1", "-1", "0.5", "-1.5", ".5", "1.", "1e0", "1E-3", "5e-1", "1e300", "1e400", "-1e400", "+1", "- 1", "--1",
    "0x1F", "1_000", "1,5", "1e", "9007199254740993", "9007199254740992.0", "123456789", "99999999999999999999999",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "nan", "inf", "-inf", "'1'", "1.5.2", "1abc",
]  # fmt: skip
GOOD_NUMBERS = ["0", "1", "-1", "0.5", "-1.5", ".5", "1e0", "5e-1", "2", "3", "1e300", "123456789", "9007199254740993"]
STARTS = [world.FIRST_START + offset for offset in (-1, 0, 1, 2, 50_000, 300_000, 700_000, 10_000_000)]
SPACES = [" "] * 12 + ["  ", "\t", "\n", "\r\n", " \u00a0", "\u3000"]
ALL_OPERATORS = [
    "=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL", "==", "<>", "RLIKE",
    "NOT LIKE", "=!", "~", "BETWEEN", "IS", "like", "ilike", "in", "not in", "is null", "is not null", "Like", "Not In",
]  # fmt: skip
COMPARE, MATCH, CHOOSE, EXIST = ["=", "!=", "<", "<=", ">", ">="], ["=", "!=", "LIKE", "ILIKE"], ["IN", "NOT IN"], []
DIRECTIONS = ["", "", "", " ASC", " DESC", " DESC", " asc", " desc", " Desc", "  DESC", "\tASC"]
BAD_DIRECTIONS = [" DESCENDING", " ASC DESC", " NULLS FIRST", " DESC NULLS LAST", ";", ", name", " -- x", " DESC;", " ()", "'"]
STRAY = list("'\"`().,;=<>!%_-\\/*#@$:[]{}~ \n\t?&|^+0aZ") + [
    " AND ", " OR ", "--", "/*", "*/", " NOT ", "NULL", "é", "🚀", "\u00a0", "''", '""', "``", "::", ":=", "1e5", " IN ",
    "\\'", " like ", "# ", " as ", " desc", "[0]", "->", "/* c */", "-- c\n", "\x00", "\u2028", "½", "٣", "ǅ", "ſ", "İ", "\u093f", "'x'", "(1)",
]  # fmt: skip


@dataclass
class Field:
    """What a clause may be about."""

    kinds: list[str]  # prefixes before the dot; "" for none
    keys: list[str]
    operators: list[str]
    values: str | list  # "number", "time" or texts
    listed: bool = False
    nullable: bool = False
    weight: int = 1


def fields_of(kind, rng):
    """The fields of a kind of entity."""
    ids = lambda names, prefix: ["${" + prefix + name + "}" for name in names] + ["x"]  # noqa: E731
    runs = [f"r{n:03}" for n in range(sum(world.RUNS.values()))]
    tags = Field(["tag.", "tags.", "tags."], world.KEYS + ["nothing"], MATCH, world.TEXTS, nullable=True, weight=4)
    if kind == "runs":
        params = Field(["param.", "params.", "params.", "parameter.", "parameters."], tags.keys, MATCH, world.TEXTS, nullable=True, weight=4)
        attributes = ["", "", "attribute.", "attributes.", "attr.", "run."]
        return [
            tags,
            params,
            Field(["metric.", "metrics.", "metrics.", "`metrics`."], world.METRICS + ["nothing"], COMPARE, "number", weight=6),
            Field(attributes, ["status"], MATCH, world.STATUSES + ["running", "R%", "%ED"]),
            Field(attributes, ["start_time", "created", "Created", "end_time"], COMPARE, "time", weight=2),
            Field(attributes, ["run_id"], MATCH + CHOOSE * 2, ids(rng.sample(runs, 9), "run_"), listed=True),
            Field(attributes, ["run_name", "`run name`", '"Run name"', "`Run Name`"], MATCH, world.TEXTS, weight=2),
            Field(attributes, ["user_id"], MATCH, world.USERS),
            Field(attributes, ["artifact_uri"], MATCH, ["mlflow-artifacts:/1/%", "%artifacts", "x"]),
            Field(["dataset.", "datasets."], ["name", "digest", "context"], MATCH + CHOOSE, dataset_texts(), listed=True, weight=2),
        ]
    if kind == "experiments":
        attributes = ["", "", "attribute."]
        numbers = [str(n) for n in range(25)] + ["01", " 7 ", "1_0", "x", "-1", ""]
        return [
            tags,
            Field(attributes, ["name"], MATCH, world.EXPERIMENTS + ["a.c", "Default"], weight=4),
            Field(attributes, ["experiment_id"], ["=", "!=", "IN", "NOT IN"], numbers, listed=True, weight=2),
            Field(attributes, ["creation_time"], COMPARE, times("created_experiment_", range(0, 20)), weight=2),
            Field(attributes, ["last_update_time"], COMPARE, times("updated_experiment_", range(0, 20)), weight=2),
        ]
    if kind == "registered_models":
        prompt = Field(["tags.", "tag."], [f"`{world.PROMPT}`"], MATCH, ["true", "false", "True", "FALSE", "x", "%"], weight=2)
        return [tags, prompt, Field(["", "", "attribute."], ["name"], MATCH + CHOOSE, world.MODEL_NAMES, listed=True, weight=5)]
    if kind == "model_versions":
        attributes = ["", "", "attribute."]
        prompt = Field(["tags.", "tag."], [f"`{world.PROMPT}`"], MATCH, ["true", "false", "True", "FALSE", "x", "%"])
        sources = [f"s3://{text}/x" for text in world.TEXTS] + ["s3%", "S3%"]
        return [
            tags,
            prompt,
            Field(attributes, ["name"], MATCH + CHOOSE, world.MODEL_NAMES, listed=True, weight=4),
            Field(attributes, ["run_id"], MATCH + CHOOSE * 2, ids(runs[:20], "run_") + ["%", ""], listed=True, weight=2),
            Field(attributes, ["source_path"], MATCH, sources, weight=2),
            Field(attributes, ["version_number"], COMPARE, ["1", "2", "3", "'2'", "' 2 '", "0", "-1", "2.0", "1e0", "'x'", "5"], weight=2),
        ]
    models = [f"m{n:02}" for n in range(60)]
    text = MATCH + CHOOSE
    return [
        Field(["tags."], tags.keys, text, world.TEXTS, listed=True, weight=4),
        Field(["params."], tags.keys, text, world.TEXTS, listed=True, weight=4),
        Field(["metrics."], world.METRICS[:4] + ["nothing"], COMPARE, "number", weight=6),
        Field(["", "attributes."], ["name"], text, world.LOGGED_NAMES, listed=True, weight=2),
        Field(["", "attributes."], ["model_type"], text, world.LOGGED_TYPES, listed=True),
        Field(["", "attributes."], ["model_id"], text, ids(models, "model_"), listed=True),
        Field(["", "attributes."], ["source_run_id"], text, ids(models, "source_"), listed=True),
        Field(["", "attributes."], ["status"], text, ["0", "1", "2", "3", "READY", "LOGGED_MODEL_READY", "%"], listed=True),
        Field(["", "attributes."], ["creation_timestamp", "creation_time", "creation_timestamp_ms"], COMPARE, times("created_", models[:40]), weight=2),
        Field(["", "attributes."], ["last_updated_timestamp"], COMPARE, times("updated_", models[:40])),
        Field(["", "attributes."], ["lifecycle_stage", "status_message"], text, ["1", "active", "%artifacts%", ""]),
        # Locations hold ids, which are each server's own.
        Field(["", "attributes."], ["artifact_location"], text, ["active", "%artifacts%", ""]),
        Field(["", "attributes."], ["experiment_id"], text, ["1", "2", "3", "01", "1.0", " 2 ", "1e0", "x", "", "_", "+3"], listed=True),
    ]


def times(prefix, names):
    return ["${" + f"{prefix}{name}" + "}" for name in names] + ["0", "9999999999999", "1e20", "-5"]


def dataset_texts():
    return [text for one in world.DATASETS for text in one if text] + ["d%", "%", "TRAIN"]


class Clauses:
    """Filters and orders, as text."""

    def __init__(self, kind, rng):
        self.kind = kind
        self.rng = rng
        self.fields = fields_of(kind, rng)
        self.weights = [field.weight for field in self.fields]

    def chance(self, share):
        return self.rng.random() < share

    def filter(self):
        if self.chance(0.04):
            return self.rng.choice(["", " ", ";", "AND", "x", "= 'x'", "()", "\n", "name", "-- c", "/* c */", "tags.a", "''"])
        text = self.clause()
        for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2, 3])):
            joint = self.rng.choice(["AND", "AND", "AND", "and", "And"]) if self.chance(0.97) else self.rng.choice(["OR", ",", "", "AND AND", "&&"])
            text = text + self.space() + joint + self.space() + self.clause()
        for _ in range(self.rng.choice([1, 1, 2, 4]) if self.chance(0.25) else 0):
            text = self.damaged(text)
        return text

    def space(self):
        return self.rng.choice(SPACES)

    def damaged(self, text):
        """`text` with one accident."""
        at = self.rng.randint(0, len(text))
        accident = self.rng.randint(0, 8)
        if accident <= 4 and "${" in text:
            accident = 5
        if accident <= 2:
            return text[:at] + self.rng.choice(STRAY) + text[at:]
        if accident <= 4:
            return text[:at] + text[at + 1 :]
        if accident == 5:
            return text + self.rng.choice([" AND", " AND ", ";", "; ", " -- c", " /* c */", ")", " OR", " x", ";\n", "; x = 'y'", " # c", ","])
        if accident == 6:
            return self.rng.choice(["(", "AND ", "NOT ", ";", "/* c */ ", "WHERE ", "-- c\n"]) + text
        if accident == 7:
            return "(" + text + ")"
        words = text.split(" ")
        self.rng.shuffle(words)
        return " ".join(words)

    def clause(self):
        [field] = self.rng.choices(self.fields, self.weights)
        name = self.name(field)
        if field.nullable and self.chance(0.12) or self.chance(0.01):
            return name + " " + self.rng.choice(["IS NULL", "IS NOT NULL", "is null", "is not null", "Is Not Null", "IS  NULL", "IS\nNOT NULL", "IS NOT  NULL"])
        operator = self.rng.choice(field.operators) if self.chance(0.93) else self.rng.choice(ALL_OPERATORS)
        if self.chance(0.15):
            operator = self.rng.choice([operator.lower(), operator.title()])
        value = self.value(field, operator)
        gap = (lambda: "" if self.chance(0.3) else self.space()) if operator[0] in "=<>!" else self.space  # noqa: E731
        return name + gap() + operator + gap() + value

    def name(self, field):
        kind, key = self.rng.choice(field.kinds), self.rng.choice(field.keys)
        if self.chance(0.03):
            kind = self.rng.choice(["Metrics.", "TAGS.", "`tags`.", "'tags'.", "bogus.", "attribute.", ".", "tags. ", "metrics.", ""])
        if self.chance(0.02):
            key = self.rng.choice(["bogus", "Name", "NAME", "", "*", "status", "run_id", "timestamp"])
        return kind + self.quoted_key(key)

    def quoted_key(self, key):
        plain = all(c in string.ascii_letters + string.digits + "_" for c in key) and not key[:1].isdigit()
        if key[:1] in "`\"" or (plain and self.chance(0.75)) or self.chance(0.05):
            return key
        mark = self.rng.choice("``````\"\"") if self.chance(0.97) else "'"
        return mark + key + mark

    def value(self, field, operator):
        upper = operator.upper()
        if upper in CHOOSE and (field.listed or self.chance(0.5)):
            return self.list(field)
        if self.chance(0.03):
            return self.rng.choice(["x", "5", "null", "('x')", "`x`", "date '2020-01-01'", "f('x')", "?", "5.5", "''", "'", "*", "nan"])
        if field.values == "number":
            return self.rng.choice(GOOD_NUMBERS if self.chance(0.85) else NUMBER_WORDS)
        if field.values == "time":
            return str(self.rng.choice(STARTS)) if self.chance(0.8) else self.rng.choice(NUMBER_WORDS)
        value = self.rng.choice(field.values)
        if field.operators is COMPARE:
            return value if self.chance(0.95) else self.quoted(value)
        if upper in ("LIKE", "ILIKE") and "${" not in value:
            value = self.pattern(value)
        return self.quoted(value)

    def quoted(self, value):
        # Without quotes, an id would be read as numbers and names of its own.
        if self.chance(0.02) and "${" not in value:
            return self.rng.choice(["`", "", "''", "´"]) + value + self.rng.choice(["`", "'", '"', ""])
        mark = self.rng.choice("'''\"")
        if mark in value and self.chance(0.9):
            mark = "'" if mark == '"' else '"'
        return mark + value + mark

    def pattern(self, value):
        for _ in range(self.rng.randint(0, 2)):
            start = self.rng.randint(0, len(value))
            end = min(len(value), start + self.rng.randint(0, 2))
            value = value[:start] + self.rng.choice(["%", "%", "_"]) + value[end:]
        if self.chance(0.3):
            value = self.rng.choice([value + "%", "%" + value, f"%{value}%"])
        return self.rng.choice([value, value, value.upper(), value.lower(), value.swapcase()])

    def list(self, field):
        values = field.values if isinstance(field.values, list) else NUMBER_WORDS
        items = [self.quoted(self.rng.choice(values)) for _ in range(self.rng.randint(1, 4))]
        if self.chance(0.08):
            items.append(self.rng.choice(["5", "x", "", "'a' 'b'", "null", "('a')", "'\\x41'", "'a\\'b'", "1.5"]))
        text = "(" + self.rng.choice([", ", ",", " , "]).join(items) + ")"
        return self.rng.choice(["()", "(,)", text[:-1], text[1:], f"({text})", text + ")"]) if self.chance(0.05) else text

    def orders(self):
        """An `order_by` of none, one or several keys."""
        count = self.rng.choice([0, 0, 1, 1, 1, 2, 2, 3])
        keys = [self.order() for _ in range(count)]
        if keys and self.chance(0.03):
            keys.append(keys[0])
        return keys

    def order(self):
        if self.chance(0.03):
            return self.rng.choice(["", " ", "1", "DESC", "*", "(name)", "name()", "bogus", "tags.a", "'name'", "name = 'x'", "timestamp x", "-name"])
        order = self.order_name() + self.rng.choice(DIRECTIONS if self.chance(0.95) else BAD_DIRECTIONS)
        if self.chance(0.06):
            at = self.rng.randint(0, len(order))
            order = order[:at] + self.rng.choice(STRAY) + order[at:]
        return order

    def order_name(self):
        rng = self.rng
        attribute = rng.choice(["", "", "attribute."])
        if self.kind == "runs":
            attribute = rng.choice(["", "", "attribute.", "attributes.", "attr.", "run."])
            names = ["start_time", "created", "Created", "end_time", "status", "user_id", "run_name", "run_name", "start_time", "`run name`"]
            if self.chance(0.4):
                return attribute + rng.choice(names)
            kind, keys = rng.choice([("metrics.", world.METRICS), ("metric.", world.METRICS), ("params.", world.KEYS), ("param.", world.KEYS), ("tags.", world.KEYS), ("tag.", world.KEYS)])
            return kind + self.quoted_key(rng.choice(keys))
        if self.kind == "experiments":
            return attribute + rng.choice(["name", "`name`", "experiment_id", "creation_time", "last_update_time", '"name"'])
        if self.kind == "registered_models":
            return rng.choice(["name", "timestamp", "last_updated_timestamp", "`name`", "attribute.name", "creation_timestamp"])
        return attribute + rng.choice(["name", "version_number", "creation_timestamp", "last_updated_timestamp", "`name`", "run_id"])

    def object_orders(self):
        """An `order_by` of logged models, which is a list of objects."""
        names = [f"metrics.{key}" for key in world.METRICS[:4]] * 2
        names += ["name", "model_type", "status", "creation_timestamp", "creation_time", "creation_timestamp_ms"]
        names += ["last_updated_timestamp", "experiment_id"]
        keys = []
        for _ in range(self.rng.choice([0, 0, 1, 1, 2, 3])):
            name = self.rng.choice(names) if self.chance(0.96) else self.rng.choice(["bogus", "", "params.k", " name", "metrics.", "NAME", "tags.k"])
            key = {"field_name": name}
            if self.chance(0.7):
                key["ascending"] = self.chance(0.5)
            if name.startswith("metrics.") and self.chance(0.4):
                key["dataset_name"] = self.rng.choice(["d1", "d2", "日本", "none"])
                if self.chance(0.5):
                    key["dataset_digest"] = self.rng.choice(["1", "2", ""])
            keys.append(key)
        return keys


class Questions:
    """Whole requests."""

    ROUTES = {
        "runs": ("POST", "runs/search"),
        "experiments": ("GET", "experiments/search"),
        "logged_models": ("POST", "logged-models/search"),
        "registered_models": ("GET", "registered-models/search"),
        "model_versions": ("GET", "model-versions/search"),
    }

    def __init__(self, kind, seed):
        self.kind = kind
        self.rng = Random(f"{kind} {seed}")
        self.clauses = Clauses(kind, self.rng)

    def draw(self):
        """A request, as a case of the corpus has it, and whether its pages are to be walked to the end."""
        rng = self.rng
        method, route = self.ROUTES[self.kind]
        if self.kind == "experiments" and rng.random() < 0.5:
            method = "POST"
        asked = {}
        if rng.random() < 0.85:
            asked["filter"] = self.clauses.filter()
        orders = self.clauses.object_orders() if self.kind == "logged_models" else self.clauses.orders()
        if orders or rng.random() < 0.3:
            asked["order_by"] = orders
        walks = rng.random() < 0.25
        if walks:
            asked["max_results"] = rng.choice([5, 10, 17, 40, 100])
        elif rng.random() < 0.4:
            asked["max_results"] = rng.choice([1, 2, 10, 50, 1000, 1000, "5", 1001, 50_000, 50_001, 200_001, *self.too_few()])
        elif self.kind == "experiments" and rng.random() < 0.9:
            asked["max_results"] = 1000
        if rng.random() < 0.02:
            asked["page_token"] = rng.choice(["x", "abcd", "e30=", "bnVsbA==", "eyJvZmZzZXQiOiAieCJ9", "=", "W10=", "!!!!"])
        self.scope(asked)
        if method == "GET":
            return {"GET": route, "query": asked}, walks
        return {"POST": route, "body": asked}, walks

    def too_few(self):
        # MLflow answers an empty page with a token for the same one.
        return [] if self.kind in ("registered_models", "logged_models") else [0, -1]

    def scope(self, asked):
        rng = self.rng
        ids = {name: str(number) for number, name in enumerate(["Default", *world.EXPERIMENTS])}
        if self.kind == "runs":
            with_runs = [ids[name] for name in world.RUNS]
            # Ties by id decide what is on a page: they are only asked for in full.
            if "max_results" in asked:
                with_runs.remove(ids["ties"])
            asked["experiment_ids"] = rng.sample(with_runs, rng.choice([1, 1, 1, 2, 3]))
            if rng.random() < 0.03:
                asked["experiment_ids"] = rng.choice([[], ["999"], ["x"], ["-1"], [" 1 "], ["1", "1"], ["1", ""]])
            if rng.random() < 0.3:
                asked["run_view_type"] = rng.choice(["ACTIVE_ONLY", "DELETED_ONLY", "ALL", 1, 2, 3])
        elif self.kind == "experiments":
            if rng.random() < 0.5:
                asked["view_type"] = rng.choice(["ACTIVE_ONLY", "DELETED_ONLY", "ALL", "ALL"])
        elif self.kind == "logged_models":
            with_models = [ids[name] for name in ("plain", "Plain", "it's")]
            asked["experiment_ids"] = rng.sample(with_models, rng.randint(1, 3))
            if rng.random() < 0.03:
                asked["experiment_ids"] = rng.choice([[], ["999"], ["x"], ["-1"], ["1", "1"]])
            if rng.random() < 0.25:
                names = ["d1", "d2", "日本", "none"] if rng.random() < 0.95 else [""]
                digests = [{}, {"dataset_digest": "1"}, {"dataset_digest": "2"}, {"dataset_digest": ""}]
                asked["datasets"] = [
                    {"dataset_name": rng.choice(names), **rng.choice(digests)} for _ in range(rng.randint(1, 2))
                ]
