"""Recorded histories of concurrent clients, and what must hold of them.

Each call is kept with the moment before it was sent and the moment after its answer came. A history is right if every
call can be given a moment between the two at which it took effect, such that all answers follow from the calls before
(linearizability). A call without an answer may have taken effect at any later moment, or never.
"""

import dataclasses
import math
import threading
import time

OK, REFUSED, MAYBE = "ok", "refused", "maybe"


class Violation(AssertionError):
    """The server contradicted itself."""


@dataclasses.dataclass
class Call:
    """A call about one key, by default without an answer. A read's value is what it returned."""

    kind: str
    key: object
    value: object
    begun: float
    ended: float = math.inf
    outcome: str = MAYBE

    def before(self, other: "Call") -> bool:
        return self.ended < other.begun


class History:
    """Calls in the order in which they were begun; many threads may add to it."""

    def __init__(self):
        self.calls = []
        self.lock = threading.Lock()

    def begin(self, kind: str, key: object, value: object = None) -> Call:
        call = Call(kind, key, value, time.monotonic())
        with self.lock:
            self.calls.append(call)
        return call

    def end(self, call: Call, outcome: str = OK) -> None:
        call.ended, call.outcome = time.monotonic(), outcome

    def note_read(self, seen_by: Call, kind: str, key: object, value: object) -> None:
        """Keeps one of the things that a call has read."""
        with self.lock:
            self.calls.append(Call(kind, key, value, seen_by.begun, seen_by.ended, OK))

    def of(self, kind: str) -> dict[object, list[Call]]:
        """The calls of a kind, by key."""
        found = {}
        for call in self.calls:
            if call.kind == kind:
                found.setdefault(call.key, []).append(call)
        return found


def check_register(writes: list[Call], reads: list[Call], initial: object = None) -> None:
    """Values are unique, so each read names its write. A value surely stands from the first end of a call about it to
    the last beginning of one: those spans must not overlap. A value whose calls all overlap needs one moment, outside
    of the others' spans. (Gibbons and Korach, Testing Shared Memories, 1997: this is exact.)"""
    read_values = {read.value for read in reads if read.outcome == OK}
    about = {initial: [Call("initial", None, initial, -math.inf, -math.inf, OK)]}
    for write in writes:
        if write.outcome == OK or write.value in read_values:  # what nobody saw need not have happened
            about[write.value] = [write]
    for read in reads:
        if read.outcome != OK:
            continue
        if read.value not in about:
            raise Violation(f"{read}: nobody wrote that")
        if read.before(about[read.value][0]):
            raise Violation(f"{read}: read before it was written")
        about[read.value].append(read)
    spans, moments = [], []
    for value, calls in about.items():
        first_end, last_begin = min(call.ended for call in calls), max(call.begun for call in calls)
        if first_end < last_begin:
            spans.append((first_end, last_begin, value))
        else:
            moments.append((last_begin, first_end, value))
    spans.sort(key=lambda span: span[:2])
    for (_, end, value), (begin, _, other) in zip(spans, spans[1:]):
        if begin < end:
            raise Violation(f"{value!r} and {other!r} stood at the same time")
    for begin, end, value in moments:
        for low, high, other in spans:
            if low < begin and end < high:
                raise Violation(f"{value!r} was there while {other!r} stood")


def check_once(writes: list[Call], reads: list[Call]) -> None:
    """Of all writes one wins; those that are refused have seen it there."""
    refused = [dataclasses.replace(write, outcome=OK) for write in writes if write.outcome == REFUSED]
    winners = [write for write in writes if write.outcome == OK]
    if len(winners) > 1:
        raise Violation(f"{winners}: both won")
    seen = {read.value for read in reads} - {None}
    maybe = [write for write in writes if write.outcome == MAYBE and (not seen or write.value in seen)]
    if not winners and not refused and not seen:
        return
    failure = Violation(f"{refused}: refused, and nobody has won")
    for winner in winners or maybe:
        losers = [dataclasses.replace(loser, value=winner.value) for loser in refused]
        try:
            return check_register([winner], reads + losers)
        except Violation as e:
            failure = e
    raise failure


def check_set(adds: list[Call], reads: list[Call]) -> None:
    """A set that only grows; a read's value is a list of all elements."""
    by_value = {add.value: add for add in adds}
    reads = sorted(reads, key=lambda read: len(read.value))
    for read in reads:
        seen = set(read.value)
        if len(seen) != len(read.value):
            raise Violation(f"{read}: an element is there twice")
        if not seen <= by_value.keys():
            raise Violation(f"{read}: {seen - by_value.keys()} was never added")
        if any(read.before(by_value[value]) for value in seen):
            raise Violation(f"{read}: an element was there before it was added")
        # What was added before the read, or before an element that the read saw, must be there.
        since = max([read.begun, *(by_value[value].begun for value in seen)])
        missing = [add for add in adds if add.outcome == OK and add.ended < since and add.value not in seen]
        if missing:
            raise Violation(f"{read}: {missing} were added before")
    for smaller, larger in zip(reads, reads[1:]):
        if not set(smaller.value) <= set(larger.value):
            raise Violation(f"{smaller} and {larger}: each misses what the other saw")
    ended_with, largest = sorted((read.ended, len(read.value)) for read in reads), 0
    for read in sorted(reads, key=lambda read: read.begun):
        while ended_with and ended_with[0][0] < read.begun:
            largest = max(largest, ended_with.pop(0)[1])
        if len(read.value) < largest:
            raise Violation(f"{read}: an earlier read saw more")


def check_versions(creates: list[Call], final: dict[int, str]) -> None:
    """`final` is the source by version number; a create's value is its source, or, answered, number and source."""
    if sorted(final) != list(range(1, len(final) + 1)):
        raise Violation(f"{sorted(final)}: the numbers have gaps")
    answered = {create.value[0]: create for create in creates if create.outcome == OK}
    if len(answered) != sum(create.outcome == OK for create in creates):
        raise Violation("a number was given twice")
    for number, create in answered.items():
        if final.get(number) != create.value[1]:
            raise Violation(f"{create}: the version is {final.get(number)}")
    unanswered = {create.value for create in creates if create.outcome == MAYBE}
    for number in final.keys() - answered.keys():
        if final[number] not in unanswered:
            raise Violation(f"version {number}: nobody created it")
    check_order([answered[number] for number in sorted(answered)])


def check_order(calls: list[Call]) -> None:
    """These calls took effect one after the other, so none ended before one ahead of it began."""
    latest = -math.inf
    for call in calls:
        if call.ended < latest:
            raise Violation(f"{call}: took effect after one that began later")
        latest = max(latest, call.begun)


def check_stages(transitions: list[Call], reads: list[Call], moves: list[dict]) -> None:
    """The stage history is one sequence in which each move starts where the one before left its version, each
    acknowledged transition is there once, in an order that the clients' clocks allow, and every read saw a state of it.
    A transition's key is its request id, its value (version, stage, archive_existing); a read's is version and stage."""
    by_request = {call.key: call for call in transitions}
    stages, states, order = {}, [{}], []
    for at, move in enumerate(moves):
        version = move["version"]
        if stages.get(version, "None") != move["from"]:
            raise Violation(f"{move}: the version was in {stages.get(version, 'None')}")
        stages[version] = move["to"]
        if move["request_id"] not in by_request:
            raise Violation(f"{move}: nobody asked for it")
        last_of_call = at + 1 == len(moves) or moves[at + 1]["request_id"] != move["request_id"]
        if last_of_call:
            call = by_request[move["request_id"]]
            version, stage, archive = call.value
            if (move["version"], move["to"]) != (version, stage):
                raise Violation(f"{move}: {call} asked for something else")
            if archive and [it for it, its in stages.items() if its == stage] != [version]:
                raise Violation(f"{move}: others are in {stage} too: {stages}")
            order.append(call)
            states.append(dict(stages))
    if len(order) != len({call.key for call in order}):
        raise Violation("a transition is in the history twice")
    lost = {call.key for call in transitions if call.outcome == OK} - {call.key for call in order}
    if lost:
        raise Violation(f"{lost}: acknowledged, and not in the history")
    check_order(order)
    check_states(order, reads, states)


def check_states(order: list[Call], reads: list[Call], states: list[dict]) -> None:
    """Each read saw a state that stood while it ran, and no older one than a read before it."""
    placed = []  # reads with the earliest state that they can have seen
    for read in sorted(reads, key=lambda read: read.ended):
        version, stage = read.value
        low = max((at + 1 for at, call in enumerate(order) if call.before(read)), default=0)
        low = max([low, *(at for other, at in placed if other.before(read))])
        high = min((at for at, call in enumerate(order) if read.before(call)), default=len(order))
        fits = (at for at in range(low, high + 1) if states[at].get(version, "None") == stage)
        at = next(fits, None)
        if at is None:
            raise Violation(f"{read}: no such state between {states[low]} and {states[high]}")
        placed.append((read, at))
