"""A corpus of lines as they occur, and what other readers of .env files make of them: nothing is taken silently where they differ.

`dotenv_corpus.jsonl` has one file a line: its text, in which K stands for a name of ours, and what comes of it. It was compared with
python-dotenv 1.2, dotenv 18 of Node, Ruby's dotenv 2.4 and 3, direnv 2.32 and bash; here with the readers that are installed.
`pytest --accept` writes it anew: read the difference.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from integrations_cli.sources import dotenv

CORPUS = Path(__file__).with_name("dotenv_corpus.jsonl")
NAME = "STRIPE_SECRET_KEY"
NODE = """const fs = require('fs'), util = require('util'), folder = process.argv[1];
console.log(JSON.stringify(fs.readdirSync(folder).sort().map(name => util.parseEnv(fs.readFileSync(folder + '/' + name, 'utf8')).K ?? null)))"""
BASH = """for file in "$1"/*; do (unset K; . "$file" >/dev/null 2>&1 </dev/null; printf '%s\\0' "${K-}"); done"""


def entries():
    return [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]


def outcome(folder, text):
    path = folder / ".env"
    path.write_bytes(re.sub(r"\bK\b", NAME, text).encode())
    path.chmod(0o600)
    found = dotenv.read([path])
    words = [one.reason for one in found.faults] + [one.reason for one in found.ignored]
    values = [[one.value.reveal(), *one.notes] for one in found.findings]
    return {"text": text, **({"values": values} if values else {}), **({"words": words} if words else {})}


def test_the_corpus_comes_out_as_it_was_reviewed(tmp_path, request):
    found = [outcome(tmp_path, one["text"]) for one in entries()]
    if request.config.getoption("--accept"):
        CORPUS.write_text("".join(json.dumps(one) + "\n" for one in found), "utf-8")
    assert len(found) > 400
    assert found == entries()


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """What is taken without a word: the values, and a folder with the files, in this order."""
    folder = tmp_path_factory.mktemp("lines")
    taken = [one for one in entries() if len(one.get("values", ())) == 1 and len(one["values"][0]) == 1 and "\r" not in one["text"]]
    for number, one in enumerate(taken):
        (folder / f"{number:04}").write_text(one["text"], "utf-8")
    return [(one["values"][0][0].strip(), one["text"]) for one in taken], folder


def differing(silent, found):
    return [(text, value, other) for (value, text), other in zip(silent, found, strict=True) if other and other.strip() != value]


def test_a_shell_that_sources_the_file_has_the_same_or_nothing(silent, tmp_path):
    values, folder = silent
    there = {"PATH": "/nowhere", "HOME": "/nowhere", "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        [shutil.which("bash") or "bash", "-c", BASH, "bash", folder], cwd=tmp_path, env=there, capture_output=True, check=True
    )
    assert differing(values, ran.stdout.decode().split("\0")[:-1]) == []


def test_node_has_the_same_or_nothing(silent):
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-p", "typeof require('util').parseEnv"], capture_output=True).stdout != b"function\n":
        pytest.skip("no Node with util.parseEnv")
    values, folder = silent
    ran = subprocess.run([node, "-e", NODE, folder], capture_output=True, check=True)
    there = [(value, text) for value, text in values if not text.startswith("\ufeff") and "\ufeff" not in value]  # a BOM is text to Node
    kept = [one for one, (value, text) in zip(json.loads(ran.stdout), values, strict=True) if (value, text) in there]
    assert differing(there, kept) == []
