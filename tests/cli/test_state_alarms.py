"""Whatever people type, the rows are what the log says: `audit verify --state` gives no false alarm, however commands follow each other."""

import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys
from tests.loopback import answers

from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors

FIELDS = {"anthropic": ["api_key"], "hubspot": ["api_key"], "stripe": ["secret_key", "publishable_key", "webhook_secret"]}
VALUES = {
    "anthropic api_key": keys.ANTHROPIC,
    "hubspot api_key": keys.GOOD["hubspot"]["api_key"],
    "stripe secret_key": keys.STRIPE_SECRET,
    "stripe publishable_key": keys.STRIPE_PUBLIC,
    "stripe webhook_secret": "whsec_" + "0" * 20 + "EXAMPLE",
}
WAYS = ([], ["--keep", "0"], ["--keep", "1h"], ["--accept-limited"], ["--unchecked", "--reason", "x"], ["--allow-account-change"])


class People:
    """Type one thing after the other, by chance; the provider answers by chance, and the clock jumps now and then."""

    def __init__(self, home, third_party, seed):
        self.home, self.third_party, self.chance, self.shift = home, third_party, random.Random(seed), timedelta(0)
        self.typed = []

    def run(self, *words, **more):
        self.typed.append((*words, app.run(words, self.doors(more))))

    def doors(self, more):
        return Doors({"HOME": str(self.home), "CI": "1", **more}, self.third_party.web, lambda: datetime.now(UTC) + self.shift)

    def secrets(self, provider, fields):
        longer = "" if provider == "anthropic" else "X" * self.chance.randrange(3)
        values = {f"V{at}": VALUES[f"{provider} {name}"] + longer for at, name in enumerate(fields)}
        return [word for at, name in enumerate(fields) for word in ("--secret-env", f"{name}=V{at}")], values

    def step(self):
        pick, status = self.chance.choice, self.chance.choice([200, 200, 200, 401, 403, 429, 503])
        account = {"data": [], "object": "account", "id": f"acct_{pick([1, 2])}EXAMPLE", "portalId": pick([1, 2])}
        self.third_party.behave = answers(status, json.dumps(account).encode() if status == 200 else b"{}")
        with sqlite3.connect(self.home / ".local/share/integrations/store.db") as connection:
            connection.execute("DELETE FROM check_bucket")  # the allowance of checks never ends
        connection.close()
        provider = pick(list(FIELDS))
        where, fields = ["-w", pick(["acme", "beta"])], FIELDS[provider]
        every, more = self.secrets(provider, fields)
        some, fresh = self.secrets(provider, self.chance.sample(fields, self.chance.randint(1, len(fields))))
        pick(
            [
                lambda: self.run("add", provider, *where, *every, *pick([[], ["--no-test"], ["--expires", "2031-05-05"]]), **more),
                lambda: self.run("add", provider, *where, *every, "--on-conflict", pick(["skip", "update"]), **more),
                lambda: self.run("rotate", provider, *where, *some, *pick(WAYS), **fresh),
                lambda: self.run("rotate", provider, *where, *some, *pick(WAYS), **fresh),
                lambda: self.run("rotate", provider, *where, pick(["--resume", "--abort", "--finish"])),
                lambda: self.run("rollback", provider, *where, "--yes"),
                lambda: self.run("test", provider, *where),
                lambda: self.run("test", "--all", "-A"),
                lambda: self.run(pick(["enable", "disable"]), provider, *where),
                lambda: self.run("set", "anthropic", f"max_tokens={self.chance.randrange(1, 500)}", *where),
                lambda: self.run("set", "stripe", "--unset", "webhook_secret", *where),
                lambda: self.run("get", provider, fields[0], "--reveal", "--allow-reveal", *where),
                lambda: self.run("usage", "record", provider, *where),
                lambda: self.run("remove", provider, *where, "--confirm", provider),
                lambda: self.run("key", "rotate", "--reencrypt", "--yes"),
                lambda: self.later(),
                lambda: self.exported(where),
            ]
        )()

    def exported(self, where):
        path = self.home / "export"
        self.run("export", *where, "--out", str(path), "--accept-plaintext", "--plaintext")
        path.unlink(missing_ok=True)

    def later(self):
        self.shift += timedelta(hours=self.chance.choice([1, 30, -5]))
        self.run("store", "sweep")


def no_false_alarm(ready, home, third_party, seed, steps):
    ready("website", "add", "beta")
    people = People(home, third_party, seed)
    for _ in range(steps):
        people.step()
        assert people.typed[-1][-1] != 1, people.typed[-1]
        ran = ready("audit", "verify", "--state")
        assert ran.code == 0, (seed, ran.out, people.typed[-8:])


def test_nothing_that_people_type_looks_like_an_attack(ready, home, third_party):
    no_false_alarm(ready, home, third_party, 7, 12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_nothing_that_people_type_looks_like_an_attack_often(ready, home, third_party, seed):
    no_false_alarm(ready, home, third_party, seed, 50)
