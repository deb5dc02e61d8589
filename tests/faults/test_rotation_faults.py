"""Kill -9, a full disk and a failing disk at every write of a rotation and of a rollback.

The working key is never lost, nothing is half-written, and `--resume` or `--abort` ends it. The normal run takes a sample.
"""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest
from tests.faults import forking

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="the shim needs gcc and Linux")
WAYS = {"rotate": ("old", "new"), "rollback": ("new", "old")}
FAULTS = {"killed": 0, "full": errno.ENOSPC, "broken": errno.EIO, "read-only": errno.EROFS}
STATES = {"rotate": {"idle", "pending", "swapped_unchecked"}, "rollback": {"idle", "swapped_unchecked"}}


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return forking.shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def struck(shim, tmp_path):
    def go(way, number, sample):
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "LD_PRELOAD": shim, "PYTHONDONTWRITEBYTECODE": "1"}
        words = [sys.executable, "-m", "tests.faults.rotations", way, str(number), str(sample), str(tmp_path)]
        done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=3000)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        head, *points = map(json.loads, done.stdout.splitlines())
        assert (head["code"], head["total"] > 60) == (0, True), head
        return points

    return go


def must_hold(way, number, points):
    before, after = WAYS[way]
    for one in points:
        assert one["ended"] == -9 if not number else one["ended"] in {0, 6, 8, 74}, one
        seen, aborted, resumed = one["seen"], one["aborted"], one["resumed"]
        assert seen["whole"] and seen["active"] in (before, after) and seen["state"] in STATES[way], one
        # the key that worked is in use, or can be brought back, as long as the other one was not proven as stored
        assert seen["active"] == before or seen["previous"] == before, one
        assert aborted["whole"] and aborted["state"] != "pending" and aborted["active"] == seen["active"], one
        assert (resumed["whole"], resumed["active"], resumed["state"], resumed["previous"]) == (True, after, "idle", before), one


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_some_writes(struck, way):
    points = struck(way, 0, 7)
    must_hold(way, 0, points)
    assert {one["seen"]["state"] for one in points} == STATES[way], "the sample strikes before, between and after"


def test_a_full_disk_at_some_writes(struck):
    must_hold("rotate", FAULTS["full"], struck("rotate", FAULTS["full"], 5))


def test_a_careless_rotation_is_found_out(struck):
    """The negative control: the old key is destroyed before the new one is there."""
    points = struck("careless", 0, 5)
    with pytest.raises(AssertionError):
        must_hold("rotate", 0, points)
    assert any(one["seen"]["active"] is None for one in points)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WAYS)
def test_struck_at_every_write(struck, way, fault):
    must_hold(way, FAULTS[fault], struck(way, FAULTS[fault], 0))
