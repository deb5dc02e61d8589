"""A genuine Airflow, asked by a script. `AIRFLOW_PYTHON` names the interpreter it is installed for; without it the tests skip by name."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ORACLE = Path(__file__).parent / "oracle.py"


def ask(order, folder):
    python = os.environ.get("AIRFLOW_PYTHON")
    if not python or not Path(python).exists():
        pytest.skip("no Airflow here: AIRFLOW_PYTHON names a Python that has apache-airflow")
    ran = subprocess.run(
        [python, "-W", "ignore", str(ORACLE)],
        input=json.dumps(order),
        env={**os.environ, "ORACLE_FOLDER": str(folder), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout.splitlines()[-1])
