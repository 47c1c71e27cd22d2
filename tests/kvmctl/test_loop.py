"""The loop of one matrix: an acknowledgement is not the state, nothing is sent blindly again, nothing stale is replayed."""

from kvmctl.matrix.loop import DUMP_S, Drift, Loop, Out, Phase, Reconnect, Tell
from kvmctl.matrix.plant import MatrixId, Receiver, RxId, TxId
from kvmctl.matrix.screen import Ended, Standing, Want
from kvmctl.matrix.wishes import Said
from kvmctl.ports import (
    Acked,
    Busy,
    Channel,
    Dumped,
    Event,
    Point,
    PointReported,
    Port,
    Refresh,
    Refused,
    Switch,
    Traits,
    Why,
)

V = Channel.VIDEO
A, B = RxId("5001"), RxId("5002")
TRAITS = Traits(channels=(V,), batch=8, deadline_s=2.0, audit_s=30.0)


def want(tx: int) -> Want:
    return Want(tx=TxId(f"{tx:04}"), ports={V: Port(f"t{tx}")})


def point(rx: RxId, tx: int | None) -> Point:
    return Point(V, Port(f"r{rx}"), None if tx is None else Port(f"t{tx}"))


def dump(*points: Point) -> Dumped:
    return Dumped(points=points, ports=())


class Bench:
    """A loop with two receivers, connected and idle."""

    def __init__(self, traits: Traits = TRAITS, drift: Drift = Drift.SHOW) -> None:
        receivers = [Receiver(id=id, name="", matrix=MatrixId("m"), ports={V: Port(f"r{id}")}) for id in (A, B)]
        self.loop = Loop(receivers, traits=traits, drift=drift, stale_s=5.0)
        self.now = 100.0
        self.out: list[Out] = []
        self.loop.link_up(self.now)
        self.hear(dump())

    def wish(self, rx: RxId, tx: int, ticket: int) -> None:
        self.out += self.loop.want(rx, want(tx), ticket, self.now)
        self.out += self.loop.go_on(self.now)

    def hear(self, event: Event) -> None:
        self.out += self.loop.heard(event, self.now)

    def wait(self, for_s: float) -> None:
        end = self.now + for_s
        while self.loop.due_at <= end:
            self.now = max(self.now, self.loop.due_at)
            self.out += self.loop.due(self.now)
        self.now = end

    def take(self) -> list[Out]:
        out, self.out = self.out, []
        return out

    def routes(self) -> list[list[tuple[str, str | None]]]:
        return [
            [(route.receiver, route.points[0].tx) for route in each.command.routes]
            for each in self.take()
            if isinstance(each, Tell) and isinstance(each.command, Switch)
        ]


def ends(out: list[Out]) -> list[tuple[int | None, Said | None]]:
    return [(each.ticket, each.why) for each in out if isinstance(each, Ended)]


def refreshes(out: list[Out]) -> int:
    return sum(isinstance(each, Tell) and isinstance(each.command, Refresh) for each in out)


def test_an_acknowledgement_is_never_taken_for_the_state() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    bench.hear(Acked(ref=1))
    assert ends(bench.take()) == []
    assert bench.loop.screens[A].standing is Standing.SENT
    bench.hear(PointReported(point=point(A, 1)))
    assert ends(bench.take()) == [(1, None)]


def test_one_change_is_under_way_at_a_time_and_the_rest_goes_together() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    assert bench.routes() == [[(A, "t1")]]
    bench.wish(A, 2, 2)
    bench.wish(B, 3, 3)
    assert bench.routes() == []
    bench.hear(PointReported(point=point(A, 1)))
    bench.hear(Acked(ref=1))
    assert bench.routes() == [[(A, "t2"), (B, "t3")]]


def test_superseded_wishes_coalesce_and_each_is_told_so() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    for ticket in range(2, 6):
        bench.wish(A, ticket, ticket)
    assert ends(bench.take()) == [(n, Said.SUPERSEDED) for n in range(1, 5)]
    bench.hear(Acked(ref=1))
    bench.hear(PointReported(point=point(A, 1)))
    assert bench.routes() == [[(A, "t5")]]


def test_there_and_back_while_the_first_is_under_way_ends_back() -> None:
    bench = Bench()
    bench.hear(PointReported(point=point(A, 9)))
    bench.wish(A, 1, 1)
    bench.wish(A, 9, 2)
    bench.take()
    bench.hear(Acked(ref=1))
    bench.hear(PointReported(point=point(A, 1)))
    assert bench.routes() == [[(A, "t9")]]


def test_a_timeout_is_unknown_reads_everything_and_sends_nothing_blindly() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    bench.wait(2.0)
    out = bench.take()
    assert refreshes(out) == 1
    assert not any(isinstance(each, Tell) and isinstance(each.command, Switch) for each in out)
    bench.hear(dump(point(A, 1)))
    assert ends(bench.take()) == [(1, None)]
    assert bench.loop.phase is Phase.IDLE


def test_what_is_read_not_to_have_been_made_is_asked_for_once_more_and_then_given_up() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    bench.wait(2.0)
    bench.take()
    bench.hear(dump())
    assert bench.routes() == [[(A, "t1")]]
    bench.wait(2.0)
    bench.take()
    bench.hear(dump())
    assert ends(bench.take()) == [(1, Said.UNKNOWN_OUTCOME)]
    assert bench.loop.screens[A].standing is Standing.FOLLOWS


def test_a_lost_acknowledgement_with_the_state_reported_asks_for_nothing() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.hear(PointReported(point=point(A, 1)))
    bench.take()
    bench.wait(2.5)
    assert bench.take() == []
    assert bench.loop.phase is Phase.IDLE


def test_stale_wishes_are_dropped_after_a_reconnect_and_fresh_ones_are_made() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    bench.loop.link_down(bench.now)
    bench.now += 4.0
    bench.wish(B, 2, 2)
    bench.now += 3.0
    bench.loop.link_up(bench.now)
    bench.hear(dump())
    out = bench.take()
    assert ends(out) == [(1, Said.STALE)]
    bench.out = out
    assert bench.routes() == [[(B, "t2")]]


def test_a_wish_that_waits_for_a_lost_matrix_is_told_so_in_time() -> None:
    bench = Bench()
    bench.loop.link_down(bench.now)
    bench.wish(A, 1, 1)
    bench.wait(5.0)
    assert ends(bench.take()) == [(1, Said.STALE)]


def test_a_change_that_was_made_before_the_break_is_found_in_the_dump() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    bench.loop.link_down(bench.now)
    bench.now += 60.0
    bench.loop.link_up(bench.now)
    bench.hear(dump(point(A, 1)))
    assert ends(bench.take()) == [(1, None)]


def test_a_refusal_ends_the_wish_and_keeps_what_was_there() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.hear(Acked(ref=1))
    bench.hear(PointReported(point=point(A, 1)))
    bench.wish(A, 2, 2)
    bench.take()
    bench.hear(Refused(ref=2, why=Why.OFFLINE))
    assert ends(bench.take()) == [(2, Said.OFFLINE)]
    assert bench.loop.screens[A].standing is Standing.SETTLED
    assert bench.loop.settled


def test_a_refusal_of_some_leaves_the_others_under_way() -> None:
    bench = Bench()
    bench.out += bench.loop.want(A, want(1), 1, bench.now)
    bench.out += bench.loop.want(B, want(2), 1, bench.now)
    bench.out += bench.loop.go_on(bench.now)
    bench.take()
    bench.hear(Refused(ref=1, why=Why.LOCKED, receivers=(A,)))
    assert ends(bench.take()) == [(1, Said.DEVICE_REFUSED)]
    bench.hear(PointReported(point=point(B, 2)))
    assert ends(bench.take()) == [(1, None)]


def test_a_busy_device_is_asked_again_after_a_moment() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    bench.hear(Busy(ref=1))
    assert bench.routes() == []
    bench.wait(0.3)
    assert bench.routes() == [[(A, "t1")]]


def test_answers_to_changes_of_long_ago_change_nothing() -> None:
    bench = Bench()
    bench.wish(A, 1, 1)
    bench.take()
    for event in (Acked(ref=99), Refused(ref=0, why=Why.FAILED), Busy(ref=7)):
        bench.hear(event)
    assert bench.take() == []
    assert bench.loop.phase is Phase.CHANGING


def test_everything_is_read_now_and_then_and_a_silent_device_is_given_up() -> None:
    bench = Bench()
    bench.wait(30.0)
    assert refreshes(bench.take()) == 1
    bench.wait(DUMP_S)
    assert [each.why for each in bench.take() if isinstance(each, Reconnect)] == ["silent"]


def test_a_device_that_does_not_tell_is_read_after_each_change() -> None:
    bench = Bench(Traits(channels=(V,), tells=False))
    bench.wish(A, 1, 1)
    bench.take()
    bench.hear(Acked(ref=1))
    assert refreshes(bench.take()) == 1
    bench.hear(dump(point(A, 1)))
    assert ends(bench.take()) == [(1, None)]


def test_a_foreign_switch_of_a_receiver_nobody_of_ours_wants_is_simply_so() -> None:
    bench = Bench()
    bench.hear(PointReported(point=point(A, 7)))
    assert bench.take() == []
    assert bench.loop.screens[A].standing is Standing.FOLLOWS


def test_a_device_of_small_batches_gets_them_in_order() -> None:
    bench = Bench(Traits(channels=(V,), batch=1))
    bench.out += bench.loop.want(B, want(2), 1, bench.now)
    bench.out += bench.loop.want(A, want(1), 1, bench.now)
    bench.out += bench.loop.go_on(bench.now)
    assert bench.routes() == [[(B, "t2")]]
    bench.hear(Acked(ref=1))
    bench.hear(PointReported(point=point(B, 2)))
    assert bench.routes() == [[(A, "t1")]]
