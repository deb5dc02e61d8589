"""Kill -9, a full and a failing disk at the write-class calls of key operations and of shredding: nothing lost, all of it resumable.

The normal run takes a sample, `-m slow` takes every call. The work is done in `forked.py`, one process for all points.
"""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest
from tests.conftest import ROOT
from tests.faults.forked import COMMANDS

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="the shim needs gcc and Linux")


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "killshim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", path, ROOT / "tests/faults/killshim.c", "-ldl"], check=True)
    return str(path)


def struck(shim, folder, names, sample, number=0):
    """The points that were struck; none of them has a problem."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        "LD_PRELOAD": shim,
        "HOME": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "tests.faults.forked", ",".join(names), str(sample), str(number), str(folder)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one["problem"]] == []
    for name in names:
        mine = [one for one in found if one["name"] == name]
        assert mine[0]["of"] > 15, "the shim sees the writes"
        assert len(mine) == (sample or mine[0]["of"])


def test_killed_at_some_writes(shim, tmp_path):
    struck(shim, tmp_path, sorted(COMMANDS), 1)


def test_a_full_disk_at_some_writes(shim, tmp_path):
    struck(shim, tmp_path, ["reencrypt"], 2, errno.ENOSPC)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
@pytest.mark.parametrize("number", [0, errno.ENOSPC, errno.EIO], ids=["killed", "full", "broken"])
def test_at_every_write(shim, tmp_path, name, number):
    struck(shim, tmp_path, [name], 0, number)
