"""A genuine Rails, 7.1 or later, asked by a script. `RAILS_GEMS` names a folder of unpacked gems (`activerecord-7.2.2/lib` and its like)
that come before what Ruby finds by itself; without a Rails the tests skip by name."""

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NEEDED = 'require "active_record"; require "pg"; require "sqlite3"; exit(ActiveRecord.version >= Gem::Version.new("7.1"))'


def environ():
    gems = Path(os.environ.get("RAILS_GEMS", "/nowhere"))
    paths = [*gems.glob("*/lib/concurrent-ruby"), *gems.glob("*/lib")]
    return {**os.environ, "RUBYLIB": ":".join([*map(str, paths), os.environ.get("RUBYLIB", "")]).strip(":"), "RUBYOPT": "-W0"}


@functools.cache
def there():
    ruby = shutil.which("ruby")
    return ruby is not None and subprocess.run([ruby, "-e", NEEDED], env=environ(), capture_output=True).returncode == 0


def needed():
    if not there():
        pytest.skip("no Rails 7.1 or later with pg and sqlite3 here: set RAILS_GEMS")


def ask(script, order, **more):
    """What the script answers; its complaint, if it fails, is the test's."""
    words = ["ruby", str(HERE / script)]
    ran = subprocess.run(words, input=json.dumps(order), env=environ() | more, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr[:1000]
    return json.loads(ran.stdout)
