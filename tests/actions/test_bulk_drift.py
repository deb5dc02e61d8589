"""Long runs in which something changes between the plan and the writing: 4 when nothing was written, 12 after earlier batches."""

import json

import pytest

from integrations_cli import registry
from integrations_cli.actions import bulk, surveys
from integrations_cli.actions.plan import Policy
from integrations_cli.actions.routes import Routes
from integrations_cli.errors import Conflict, PartlyApplied
from integrations_cli.masking import Secret
from integrations_cli.sources import file
from integrations_cli.sources.names import Wanted
from integrations_cli.store import glance

ROWS, PIECE = 9, 3


def key(number):
    return f"k{number:07}-0123456789abcdefEXAMPLE"


class Source:
    """A file of so many rows, one website each, read in pieces of three."""

    def __init__(self, path):
        self.path = path
        self.write(*map(key, range(ROWS)))

    def write(self, *values):
        rows = [{"website": f"site-{at}", "provider": "openai", "credentials": {"api_key": one}} for at, one in enumerate(values)]
        self.path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.path.chmod(0o600)

    def pieces(self):
        return file.pieces(self.path, Wanted(), PIECE)


class Run:
    """The plan of it, carried out. A row is two lines: a website and a key."""

    def __init__(self, store, source, **policy):
        self.store, self.source, self.routes = store, source, Routes(None, {}, create=True)
        self.policy = Policy(**policy)
        self.planned = surveys.survey(store, source.pieces, self.routes, self.policy)
        self.told = []

    def go(self, meanwhile=lambda done: None):
        def report(done):
            self.told.append((done.written, done.unchanged, done.reached))
            meanwhile(done)

        return bulk.carry_out(self.store, self.source.pieces, self.planned, self.routes, self.policy, report=report)


@pytest.fixture
def source(home):
    return Source(home / "key.jsonl")


def there(store):
    return sum(card.website.startswith("site-") for card in glance.cards(store.path))


def elsewhere(store, *rows):
    """Somebody else adds integrations: the number of each, and its key."""
    with store.writing() as here:
        here.websites.add_missing([f"site-{at}" for at, _ in rows])
        for at, value in rows:
            here.integrations.add(f"site-{at}", registry.get("openai"), {"api_key": Secret(value)}, {})


VALUES = [*map(key, range(ROWS))]
CHANGES = {
    "another value": lambda store, source, at: source.write(*VALUES[:at], key(99), *VALUES[at + 1 :]),
    "a line is gone": lambda store, source, at: source.write(*VALUES[:at], *VALUES[at + 1 :]),
    "stored by others": lambda store, source, at: elsewhere(store, (at, key(99))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_drift_before_anything_was_written_is_4(store, source, change):
    run = Run(store, source, batch=6)
    CHANGES[change](store, source, 1)
    before = there(store)
    with pytest.raises(Conflict) as stopped:
        run.go()
    assert (stopped.value.exit_code, there(store), run.told) == (4, before, [(0, 0, 0)])
    assert "nothing was written" in stopped.value.what
    assert "rows 1 to 3" in stopped.value.why


@pytest.mark.parametrize("change", CHANGES)
def test_drift_after_earlier_batches_is_12(store, source, change):
    run = Run(store, source, batch=6)
    CHANGES[change](store, source, 7)
    before = there(store)
    with pytest.raises(PartlyApplied) as stopped:
        run.go()
    assert (stopped.value.exit_code, there(store) - before, run.told) == (12, 3, [(0, 0, 0), (6, 0, 6)])
    assert "6 lines of earlier batches were written" in stopped.value.why
    assert f"rows 7 to {8 if change == 'a line is gone' else 9}" in stopped.value.why


@pytest.mark.parametrize(("rows", "told"), [(6, "shorter"), (12, "rows 10 to 12")])
def test_a_source_of_another_length(store, source, rows, told):
    run = Run(store, source, batch=6)
    source.write(*map(key, range(rows)))
    with pytest.raises(PartlyApplied, match="since the plan was made") as stopped:
        run.go()
    assert told in stopped.value.what + stopped.value.why
    assert there(store) in {3, 6}


def test_a_row_that_moves_between_the_comparison_and_the_batch(store, source):
    """The last piece is compared and waits for its batch while the one before is written."""
    run = Run(store, source, batch=17)
    with pytest.raises(PartlyApplied) as stopped:
        run.go(lambda done: elsewhere(store, (8, key(99))) if done.reached == 17 else None)
    assert (stopped.value.exit_code, there(store)) == (12, 9)
    assert "openai of site-8 was changed meanwhile" in stopped.value.what


@pytest.mark.parametrize("at", [(0, 1, 2), (0, 1, 2, 4), (3, 8), range(ROWS)])
def test_others_who_wrote_the_same_are_no_drift(store, source, at):
    """Whole pieces, and parts of them."""
    run = Run(store, source, batch=6)
    elsewhere(store, *((one, key(one)) for one in at))
    done = run.go()
    assert there(store) == ROWS
    assert (done.written, done.unchanged, done.reached) == (2 * (ROWS - len(at)), len(at), run.planned.writes)


@pytest.mark.parametrize("going_on", [False, True])
def test_others_who_write_the_same_while_a_batch_waits(store, source, going_on):
    run = Run(store, source, batch=17, continue_on_error=going_on)
    done = run.go(lambda done: elsewhere(store, (8, key(8))) if done.reached == 17 else None)
    assert there(store) == ROWS
    assert (done.written, done.unchanged, done.failed, done.reached) == (17, 1, 0, run.planned.writes)


def test_only_a_row_that_moved_fails_if_told_to_go_on(store, source):
    run = Run(store, source, batch=17, continue_on_error=True)
    done = run.go(lambda done: elsewhere(store, (8, key(99))) if done.reached == 17 else None)
    assert (done.written, done.failed, done.reached, done.verified) == (17, 1, run.planned.writes, 8)


@pytest.mark.parametrize("going_on", [False, True])
@pytest.mark.parametrize("gone", ["integration", "website", "another"])
def test_what_is_gone_when_its_batch_comes(store, source, gone, going_on):
    """Of the last line to write: it would fill in a setting."""
    elsewhere(store, (8, key(8)))
    rows = [json.loads(line) for line in source.path.read_text().splitlines()]
    rows[8]["settings"] = {"organization_id": "org-1"}
    source.path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def remove(done):
        if done.reached == 16:
            with store.writing() as here:
                if gone == "website":
                    here.websites.remove("site-8")
                else:
                    here.integrations.remove(here.integrations.get("site-8", "openai"))
            if gone == "another":
                elsewhere(store, (8, key(8)))

    run = Run(store, source, batch=16, continue_on_error=going_on)
    assert run.planned.writes == 17
    if going_on:
        done = run.go(remove)
        assert (done.written, done.failed, done.reached) == (16, 1, 17)
        return
    with pytest.raises(PartlyApplied, match=r"site-8 was (removed|changed) meanwhile") as stopped:
        run.go(remove)
    assert stopped.value.why == "16 lines of earlier batches were written"


def test_a_piece_of_which_some_was_there_when_it_was_planned(store, source):
    """Another run is in the middle of a piece while this one plans, and comes further before this one writes."""
    elsewhere(store, (0, key(0)))
    run = Run(store, source)
    elsewhere(store, (1, key(1)))
    done = run.go()
    assert (done.unchanged, there(store)) == (2, ROWS)


def test_what_was_there_and_was_removed_is_not_made_again(store, source):
    elsewhere(store, (0, key(0)))
    run = Run(store, source)
    with store.writing() as here:
        here.integrations.remove(here.integrations.get("site-0", "openai"))
    with pytest.raises(Conflict):
        run.go()
    assert there(store) == 0
