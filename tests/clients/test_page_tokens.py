"""Pages of a search: a walk over them stays right while others write, and its tokens cannot be altered."""

import base64
import shutil
import threading

import pytest
from harness import runlog_only
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

pytestmark = runlog_only

ORDERS = [
    [],
    ["start_time ASC"],
    ["end_time DESC"],
    ["run_name"],
    ["run_id DESC"],
    ["metrics.m ASC"],
    ["metrics.m DESC", "params.p"],
    ["params.p DESC"],
    ["tags.t", "metrics.m"],
    ["status", "tags.t DESC"],
]
VALUES = [0.5, float("nan"), 2.0, float("inf"), 2.0, -1.0]


def make_run(client, experiment_id, number):
    """A run whose fields repeat, lack or order themselves in other ways than those of its neighbours."""
    start = 1000 + number * 7 % 10
    run = client.create_run(experiment_id, start_time=start, run_name=f"run {number * 5 % 7}")
    metrics = [Metric("m", VALUES[number % 6], 1, 0)] if number % 4 else []
    params = [Param("p", f"ü {number % 3}")] if number % 3 else []
    tags = [RunTag("t", str(number % 5))] if number % 5 else []
    client.log_batch(run.info.run_id, metrics, params, tags)
    if number % 2:
        client.set_terminated(run.info.run_id, end_time=start + number % 3)
    return run.info.run_id


def walk(client, experiment_id, order_by, between=lambda: None, size=5):
    found, token = [], None
    while True:
        page = client.search_runs([experiment_id], order_by=order_by, max_results=size, page_token=token)
        found += [run.info.run_id for run in page]
        token = page.token
        if not token:
            return found
        between()


@pytest.mark.parametrize("order_by", ORDERS, ids=" ".join)
def test_runs_created_meanwhile_move_no_other(client, experiment, order_by):
    there = [make_run(client, experiment.experiment_id, number) for number in range(24)]
    whole = walk(client, experiment.experiment_id, order_by, size=1000)
    assert sorted(whole) == sorted(there)
    numbers = iter(range(100, 1000))

    def create():
        for _ in range(3):
            make_run(client, experiment.experiment_id, next(numbers))

    found = walk(client, experiment.experiment_id, order_by, create)
    assert len(found) == len(set(found)), "a run was found twice"
    assert [run for run in found if run in set(there)] == whole


def test_a_walk_beside_a_busy_writer(client, experiment):
    there = [make_run(client, experiment.experiment_id, number) for number in range(40)]
    stop = threading.Event()

    def write():
        number = 1000
        while not stop.is_set():
            make_run(client, experiment.experiment_id, number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for order_by in ORDERS:
            found = walk(client, experiment.experiment_id, order_by, size=20)
            assert len(found) == len(set(found))
            assert set(there) <= set(found)
    finally:
        stop.set()
        writer.join()


def test_a_deleted_run_moves_no_other(client, experiment):
    for number in range(12):
        make_run(client, experiment.experiment_id, number)
    whole = walk(client, experiment.experiment_id, ["metrics.m"], size=1000)
    page = client.search_runs([experiment.experiment_id], order_by=["metrics.m"], max_results=4)
    client.delete_run(whole[3])
    client.delete_run(whole[0])
    rest = client.search_runs([experiment.experiment_id], order_by=["metrics.m"], max_results=50, page_token=page.token)
    assert [run.info.run_id for run in rest] == whole[4:]


def refused(search, token):
    with pytest.raises(MlflowException) as caught:
        search(token)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "nvalid page token" in str(caught.value)


def test_a_token_with_any_character_altered_is_refused(client, experiment):
    for number in range(4):
        make_run(client, experiment.experiment_id, number)

    def search(token):
        return client.search_runs([experiment.experiment_id], order_by=["params.p"], max_results=2, page_token=token)

    token = search(None).token
    assert len(search(token)) == 2
    for at, character in enumerate(token):
        other = "B" if character == "A" else "A"
        refused(search, token[:at] + other + token[at + 1 :])
    refused(search, token[:-1])
    refused(search, token + "A")
    refused(search, "A" + token)


def test_a_token_of_another_search_or_by_hand_is_refused(client, experiment):
    for number in range(4):
        make_run(client, experiment.experiment_id, number)

    def search(token=None, order_by=(), filter_string="", experiments=(experiment.experiment_id,)):
        return client.search_runs(
            list(experiments), filter_string, order_by=list(order_by), max_results=2, page_token=token
        )

    token = search().token
    assert len(search(token)) == 2
    refused(lambda token: search(token, order_by=["params.p"]), token)
    refused(lambda token: search(token, filter_string="params.p = 'x'"), token)
    refused(lambda token: search(token, experiments=["0"]), token)
    refused(search, base64.b64encode(b'{"offset": 2}').decode())


def test_tokens_outlive_a_restart_and_rebuilt_views(server, client, experiment):
    for number in range(6):
        make_run(client, experiment.experiment_id, number)

    def search(token=None):
        return client.search_runs([experiment.experiment_id], order_by=["tags.t"], max_results=2, page_token=token)

    token = search().token
    wanted = [run.info.run_id for run in search(token)]
    assert server.stop() == 0
    server.start()
    assert [run.info.run_id for run in search(token)] == wanted
    assert server.stop() == 0
    shutil.rmtree(server.data / "views")
    server.start()
    assert [run.info.run_id for run in search(token)] == wanted


@pytest.mark.parametrize("what", ["registered_model", "experiment"])
def test_walks_over_the_registry_and_experiments(client, unique, what):
    create, search = getattr(client, f"create_{what}"), getattr(client, f"search_{what}s")
    for number in range(9):
        create(f"{unique} {number}")

    def page_behind(token):
        return search(filter_string=f"name LIKE '{unique} _'", order_by=["name DESC"], max_results=2, page_token=token)

    names, token = [], None
    while True:
        page = page_behind(token)
        names += [it.name for it in page]
        token = page.token
        if not token:
            break
        refused(page_behind, token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:])
        # In front of all that is there, where a count of matches would move by one.
        create(f"{unique} {'abcdefgh'[len(names) // 2]}")
    assert names == [f"{unique} {number}" for number in reversed(range(9))]
