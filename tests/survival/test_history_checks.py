"""The checks of recorded histories find what is wrong, and only that."""

import itertools
import random

import pytest
from history import (
    MAYBE,
    OK,
    REFUSED,
    Call,
    Violation,
    check_once,
    check_register,
    check_set,
    check_stages,
    check_versions,
)


def call(begun, ended, value, outcome=OK, key=None):
    return Call("call", key, value, begun, ended, outcome)


def lost(begun, value, key=None):
    return Call("call", key, value, begun)


def refuses(check, *history):
    try:
        check(*history)
    except Violation:
        return True
    return False


REGISTERS = {
    "reads follow writes": ([call(0, 1, "a"), call(2, 3, "b")], [call(1.1, 1.2, "a"), call(4, 5, "b")], True),
    "a read during a write sees either": ([call(0, 9, "a")], [call(1, 2, None), call(3, 4, "a")], True),
    "an acknowledged write is not seen": ([call(0, 1, "a")], [call(2, 3, None)], False),
    "a read goes back": ([call(0, 1, "a"), call(2, 9, "b")], [call(3, 4, "b"), call(5, 6, "a")], False),
    "a value comes from nowhere": ([call(0, 1, "a")], [call(2, 3, "x")], False),
    "a value is seen before it is written": ([call(5, 6, "a")], [call(1, 2, "a")], False),
    "a write without an answer is seen later": ([lost(0, "a")], [call(1, 2, None), call(5, 6, "a")], True),
    "a write without an answer never happened": ([lost(0, "a")], [call(5, 6, None)], True),
    "a write without an answer is seen, then gone": ([lost(0, "a")], [call(1, 2, "a"), call(5, 6, None)], False),
    "a value comes back": (
        [call(0, 1, "a"), call(2, 3, "b")],
        [call(4, 5, "b"), call(6, 7, "a")],
        False,
    ),
    "a write fits nowhere": ([call(0, 1, "a"), call(3, 4, "b")], [call(2, 6, "a"), call(7, 8, "a")], False),
}


@pytest.mark.parametrize("name", REGISTERS)
def test_registers(name):
    writes, reads, right = REGISTERS[name]
    assert refuses(check_register, writes, reads) != right


def linearizable(writes, reads):
    """By trying every order of every choice of the writes without an answer."""
    sure = [("write", w) for w in writes if w.outcome == OK] + [("read", r) for r in reads]
    unsure = [("write", w) for w in writes if w.outcome == MAYBE]
    for count in range(len(unsure) + 1):
        for chosen in itertools.combinations(unsure, count):
            for order in itertools.permutations([*sure, *chosen]):
                if any(b.before(a) for (_, a), (_, b) in itertools.combinations(order, 2)):
                    continue
                value, right = None, True
                for kind, it in order:
                    if kind == "write":
                        value = it.value
                    elif it.value != value:
                        right = False
                        break
                if right:
                    return True
    return False


def test_registers_as_by_trying_all_orders():
    choose, verdicts = random.Random(7), {True: 0, False: 0}
    for _ in range(1500):
        times = random.Random(choose.random()).sample(range(100), 12)
        spans = [sorted(times[2 * n : 2 * n + 2]) for n in range(6)]
        count = choose.randrange(1, 4)
        writes = [
            lost(begun, n) if choose.random() < 0.2 else call(begun, ended, n) for n, (begun, ended) in enumerate(spans[:count])
        ]
        reads = [call(begun, ended, choose.choice([None, *range(count)])) for begun, ended in spans[count:5]]
        right = linearizable(writes, reads)
        verdicts[right] += 1
        assert refuses(check_register, writes, reads) != right, (writes, reads)
    assert min(verdicts.values()) > 100, verdicts


ONCE = {
    "one wins": ([call(0, 3, "a"), call(1, 4, "b", REFUSED)], [call(5, 6, "a")], True),
    "both win": ([call(0, 3, "a"), call(1, 4, "b")], [], False),
    "none wins": ([call(0, 3, "a", REFUSED), call(1, 4, "b", REFUSED)], [], False),
    "one without an answer wins": ([lost(0, "a"), call(1, 4, "b", REFUSED)], [call(5, 6, "a")], True),
    "one without an answer wins unseen": ([lost(0, "a"), call(1, 4, "b", REFUSED)], [], True),
    "refused before the winner began": ([call(5, 6, "a"), call(1, 4, "b", REFUSED)], [], False),
    "gone after a refusal": ([call(0, 9, "a"), call(1, 2, "b", REFUSED)], [call(3, 4, None)], False),
    "another value is seen": ([call(0, 1, "a"), call(1, 2, "b", REFUSED)], [call(3, 4, "b")], False),
    "nothing happened": ([lost(0, "a")], [call(1, 2, None)], True),
}


@pytest.mark.parametrize("name", ONCE)
def test_what_is_written_once(name):
    writes, reads, right = ONCE[name]
    assert refuses(check_once, writes, reads) != right


ADDS = [call(0, 1, "a"), call(2, 3, "b"), lost(4, "c")]
SETS = {
    "grows": ([call(1.5, 1.6, ["a"]), call(5, 6, ["a", "b"]), call(7, 8, ["a", "b", "c"])], True),
    "misses what was added": ([call(5, 6, ["a"])], False),
    "misses what came before what it has": ([call(0.5, 2.5, ["b"])], False),
    "shrinks": ([call(5, 6, ["a", "b", "c"]), call(7, 8, ["a", "b"])], False),
    "two reads differ both ways": ([call(0.5, 9, ["a", "b"]), call(0.6, 9, ["a", "c"])], False),
    "twice": ([call(5, 6, ["a", "b", "b"])], False),
    "from nowhere": ([call(5, 6, ["a", "b", "x"])], False),
    "too early": ([call(1.5, 1.6, ["a", "b"])], False),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_that_grow(name):
    reads, right = SETS[name]
    assert refuses(check_set, ADDS, reads) != right


VERSIONS = {
    "in order": ([call(0, 1, (1, "a")), call(2, 3, (2, "b"))], {1: "a", 2: "b"}, True),
    "one without an answer": ([lost(0, "a"), call(2, 3, (2, "b"))], {1: "a", 2: "b"}, True),
    "a gap": ([call(0, 1, (1, "a")), call(2, 3, (3, "b"))], {1: "a", 3: "b"}, False),
    "given twice": ([call(0, 1, (1, "a")), call(2, 3, (1, "b"))], {1: "a"}, False),
    "lost": ([call(0, 1, (1, "a")), call(2, 3, (2, "b"))], {1: "a"}, False),
    "another's": ([call(0, 1, (1, "a")), call(2, 3, (2, "b"))], {1: "b", 2: "a"}, False),
    "from nowhere": ([call(0, 1, (1, "a"))], {1: "a", 2: "b"}, False),
    "against time": ([call(0, 1, (2, "a")), call(2, 3, (1, "b"))], {1: "b", 2: "a"}, False),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_version_numbers(name):
    creates, final, right = VERSIONS[name]
    assert refuses(check_versions, creates, final) != right


def move(version, source, target, request):
    return {"version": version, "from": source, "to": target, "request_id": request}


P, S, N, A = "Production", "Staging", "None", "Archived"
FIRST, SECOND = call(0, 1, (1, P, False), key="r1"), call(2, 3, (2, P, True), key="r2")
MOVES = [move(1, N, P, "r1"), move(1, P, A, "r2"), move(2, N, P, "r2")]
STAGES = {
    "one sequence": ([FIRST, SECOND], [call(1.5, 1.6, (1, P)), call(4, 5, (1, A))], MOVES, True),
    "from is not the last to": ([FIRST, SECOND], [], [MOVES[0], move(1, S, A, "r2"), MOVES[2]], False),
    "not archived": ([FIRST, SECOND], [], [MOVES[0], MOVES[2]], False),
    "lost": ([FIRST, SECOND], [], MOVES[:1], False),
    "twice": ([FIRST, SECOND], [], [*MOVES, move(1, A, P, "r1")], False),
    "another stage than asked for": ([FIRST], [], [move(1, N, S, "r1")], False),
    "from nowhere": ([FIRST], [], [*MOVES], False),
    "against time": ([call(4, 5, (1, P, False), key="r1"), SECOND], [], MOVES, False),
    "a call without an answer": ([FIRST, lost(2, (2, P, True), key="r2")], [], MOVES, True),
    "a read sees what is over": ([FIRST, SECOND], [call(4, 5, (1, P))], MOVES, False),
    "reads go back": ([FIRST, call(2, 9, (2, P, True), key="r2")], [call(3, 4, (1, A)), call(5, 6, (1, P))], MOVES, False),
    "reads see a part": ([FIRST, call(2, 9, (2, P, True), key="r2")], [call(3, 4, (1, A)), call(5, 6, (2, N))], MOVES, False),
}


@pytest.mark.parametrize("name", STAGES)
def test_stage_histories(name):
    transitions, reads, moves, right = STAGES[name]
    assert refuses(check_stages, transitions, reads, moves) != right
