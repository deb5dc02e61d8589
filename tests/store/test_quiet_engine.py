"""What the database's library would say by itself is said by us, or by nobody."""

import os
import subprocess
import sys

import pytest
from tests.conftest import ROOT

CTRL_C = """
import sys
from pathlib import Path
from sqlalchemy import event, text
from integrations_cli.store import engine

made = engine.make(Path(sys.argv[1]))

@event.listens_for(made, sys.argv[2])
def interrupted(*_):
    raise KeyboardInterrupt

try:
    with made.connect() as connection:
        connection.execute(text("SELECT 1"))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("moment", ["reset", "close", "checkin", "rollback"])
def test_ctrl_c_while_a_connection_is_given_back_leaves_no_traceback(tmp_path, moment):
    """SQLAlchemy logs what comes then, and where nobody reads its log Python shows it on stderr."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run([sys.executable, "-c", CTRL_C, str(tmp_path / "x.db"), moment], env=environ, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("interrupted\n", "")
