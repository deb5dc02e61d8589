"""Whole Rails deployments, made up at run time by writers that share no code with the readers, through the command, on both databases.

Every deployment has its own keys, list of keys, digests, references, credentials file and Marshal shape; every row is as Rails could have
written it, or damaged in one known way. What must come of a row is known when it is made.
"""

import base64
import json
import random
import sqlite3
import string
from contextlib import closing

import pytest
from tests.postgres import server
from tests.sources.rails import encoder, vectors

from integrations_cli import registry
from integrations_cli.errors import NotFound
from integrations_cli.store import open_store

PROVIDERS = ("openai", "groq", "mistral", "brevo", "deepseek", "cohere", "klaviyo", "anthropic")
CREATE = {"sqlite": "INTEGER PRIMARY KEY, {} INTEGER", "postgres": "bigint PRIMARY KEY, {} boolean"}
OK = ("create", None)


class Row:
    """How one column is written. `wrote` has keys and digest of the moment; `told` is kind and reason, `value` what is to be stored."""

    def __init__(self, chance, deployment):
        self.value = f"k-{''.join(chance.choices(string.ascii_letters + string.digits, k=40))}-EXAMPLE"
        self.how = chance.choice([name for name in dir(self) if name.startswith("how_")])
        self.chance, self.all = chance, deployment
        self.told = OK
        self.column = getattr(self, self.how)()

    def writer(self, **more):
        derived = self.all.derived[self.chance.choice(["sha256", "sha1"])]
        more = {"store_key_references": self.chance.random() < 0.4, "compress": self.chance.random() < 0.8, **more}
        return encoder.Writer(derived[: self.chance.randint(1, len(derived))], **more)

    def text(self, blanks=None):
        blanks = self.chance.choice([0, 1, 60, 300]) if blanks is None else blanks
        return json.dumps({"api_key": self.value, "": ""} if blanks < 0 else {"api_key": self.value}) + " " * blanks

    def sealed(self, text=None, **more):
        return self.writer(**more).column(self.text() if text is None else text)

    def damaged(self, change, *reasons, text=None, **more):
        message = json.loads(self.sealed(text, **more))
        change(message)
        self.told = ("unreadable", reasons)
        return json.dumps(message)

    # what Rails writes

    def how_it_is_written(self):
        return self.sealed()

    def how_bytes_are_counted_for_compression(self):
        size = self.chance.choice([139, 140, 141, 142])
        text = self.text(0)
        return self.sealed(text + " " * (size - len(text)))

    def how_jsonb_turns_it(self):
        return json.dumps(dict(reversed(json.loads(self.sealed()).items())), indent=self.chance.choice([None, 1, 4]))

    def how_a_deterministic_one_looks(self):
        """Under a key of its own, beside the primary ones."""
        return encoder.Writer([self.chance.choice(self.all.fixed)], deterministic=True).column(self.text())

    def how_a_data_key_is_within(self):
        return self.sealed(envelope=True)

    def how_it_is_encoded_twice(self):
        return self.sealed(json.dumps(self.text()))

    def how_others_escape(self):
        return self.sealed('{"api_key":"' + "".join(f"\\u{ord(one):04x}" for one in self.value) + '"}')

    def how_an_old_encoding_is_named(self):
        return self.writer().column(self.text().encode(), self.chance.choice(["US-ASCII", "ISO-8859-1", "Windows-1252", "ASCII-8BIT"]))

    def how_a_name_is_written_twice(self):
        return self.sealed(f'{{"api_key":"first-of-two-EXAMPLE","api_key":{json.dumps(self.value)}}}')

    def how_a_blank_key_beside_it(self):
        return self.sealed(json.dumps({"api_key": f"  {self.value}\n", "organisation": None}))

    # what holds no credentials

    def how_null(self):
        self.told = ("incomplete", ("missing_field",))

    def how_an_empty_object(self):
        self.told = ("incomplete", ("missing_field",))
        return self.sealed(self.chance.choice(["{}", '""', "null", '{"api_key":""}', '{"api_key":null}']))

    # what cannot be right

    def how_a_list_or_number(self):
        self.told = ("invalid", ("not_an_object",))
        return self.sealed(self.chance.choice(["[]", "1", f'["{self.value}"]', "true", '"text"', '"[1]"']))

    def how_no_text(self):
        self.told = ("invalid", ("bad_type",))
        return self.sealed(json.dumps({"api_key": self.chance.choice([1, 1.5, True, [self.value], {"a": self.value}])}))

    def how_no_json(self):
        self.told = ("unreadable", ("not_json",))
        return self.sealed(self.chance.choice(["", "x", "{", self.text(0)[:-1], self.text(0) + "x", "'a'", self.text(0) * 2])[:] or "x")

    def how_no_utf8(self):
        self.told = ("unreadable", ("not_text",))
        return self.writer().column(self.text().encode() + b"\xff")

    def how_another_key(self):
        self.told = ("unreadable", ("authentication_failed", "no_key_for_reference"))
        return encoder.Writer([self.all.foreign], store_key_references=self.chance.random() < 0.5).column(self.text())

    def how_never_encrypted(self):
        self.told = ("unreadable", ("not_encrypted",))
        return self.chance.choice([self.text(), "", "null", "{}", "x", '{"p":"x"}', json.dumps(self.text()), "[]"])

    def how_a_bit_turned(self):
        name = self.chance.choice(["p", "iv", "at"])

        def turn(message):
            place = message if name == "p" else message["h"]
            data = bytearray(base64.b64decode(place[name]))
            data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
            place[name] = base64.b64encode(data).decode()

        return self.damaged(turn, "authentication_failed")

    def how_a_short_tag(self):
        size = self.chance.choice([0, 4, 12, 15, 17])
        return self.damaged(lambda m: m["h"].update(at=base64.b64encode(bytes(size)).decode()), "bad_tag_length")

    def how_a_long_iv(self):
        size = self.chance.choice([0, 8, 11, 13, 16])
        return self.damaged(lambda m: m["h"].update(iv=base64.b64encode(bytes(size)).decode()), "bad_envelope")

    def how_loose_base64(self):
        change = self.chance.choice(
            [lambda one: one.rstrip("=") + "\n", lambda one: " " + one, lambda one: one + "====", lambda one: "-_" + one]
        )

        def loosen(message):
            message["h"]["iv"] = change(message["h"]["iv"])

        return self.damaged(loosen, "bad_base64")

    def how_a_header_is_gone(self):
        return self.damaged(lambda m: m["h"].pop(self.chance.choice(["iv", "at"])), "bad_envelope")

    def how_a_header_is_strange(self):
        name, value = self.chance.choice(
            [("x", "AAAA"), ("c", "true"), ("c", 1), ("e", 1), ("i", None), ("k", "AAAA"), ("k", {}), ("iv", 7)]
        )
        return self.damaged(lambda m: m["h"].update({name: value}), "bad_envelope")

    def how_more_stands_beside(self):
        return self.damaged(lambda m: m.update(api_key=self.value), "bad_envelope")

    def how_it_says_compressed(self):
        return self.damaged(lambda m: m["h"].update(c=True), "inflate_failed", compress=False)

    def how_it_says_nothing_of_compression(self):
        return self.damaged(lambda m: m["h"].pop("c"), "not_text", "not_json", text=self.text(300), compress=True)

    def how_it_is_cut(self):
        column = self.sealed()
        self.told = ("unreadable", ("bad_envelope",))
        return column[: self.chance.randint(len('{"p":'), len(column) - 1)]

    def how_a_reference_of_nobody(self):
        return self.damaged(lambda m: m["h"].update(i=base64.b64encode(b"zzzz").decode()), "no_key_for_reference")


class Deployment:
    """Keys, a credentials file of one environment among decoys, and rows."""

    def __init__(self, seed, folder):
        self.chance = chance = random.Random(seed)
        self.env = chance.choice(["production", "staging", "eu-west_2"])
        self.names = [self.word() for _ in range(chance.randint(1, 4))]
        self.salt = self.word()
        self.derived = {digest: [encoder.derive(one, self.salt, digest) for one in self.names] for digest in ("sha256", "sha1")}
        self.deterministic = self.word()
        self.fixed = [encoder.derive(self.deterministic, self.salt, digest) for digest in ("sha256", "sha1")]
        self.foreign = encoder.derive("another-EXAMPLE", self.salt)
        self.rows = {(site, name): Row(chance, self) for site in range(1, 9) for name in PROVIDERS}
        self.root = self.files(folder)

    def word(self):
        return (
            "".join(self.chance.choices(string.ascii_letters + string.digits + " :#'\"\\%é😀-", k=self.chance.randint(1, 40))).strip()
            or "x"
        )

    def yaml(self):
        """One of the ways to say it in YAML; strings as JSON are YAML, too."""
        keys, salt = [json.dumps(one, ensure_ascii=False) for one in self.names], json.dumps(self.salt, ensure_ascii=False)
        symbol = self.chance.choice(["", ":"])
        listed = keys[0] if len(keys) == 1 and self.chance.random() < 0.5 else f"[{', '.join(keys)}]"
        if self.chance.random() < 0.5:
            listed = "\n" + "\n".join(f"    - {one}" for one in keys)
        fixed = json.dumps(self.deterministic, ensure_ascii=False)
        section = f"  {symbol}primary_key: {listed}\n  {symbol}deterministic_key: {fixed}\n  {symbol}key_derivation_salt: {salt}\n"
        name = f"{symbol}active_record_encryption"
        shapes = [
            f"---\n{name}:\n{section}",
            f"shared: &shared\n{section}\n{name}:\n  <<: *shared\n",
            f"salt: &salt {salt}\n{name}:\n  primary_key: {listed}\n  deterministic_key: {fixed}\n  key_derivation_salt: *salt\n",
            f"# keys\nzoho: {{client_id: x}}\n{name}: &here\n{section}copy: *here\n",
            f"{name}:\r\n{section}".replace("\n", "\r\n").replace("\r\r", "\r"),
        ]
        return self.chance.choice(shapes)

    def marshalled(self, text):
        plain = vectors.marshalled(text)
        endings = [b"", b"\x06:\x06ET"] + ([b"\x06:\x06EF"] if text.isascii() else [])
        ending = self.chance.choice(endings)
        return plain if not ending else plain[:2] + b"I" + plain[2:] + ending

    def files(self, folder):
        config = folder / "config"
        (config / "credentials").mkdir(parents=True)
        key, other = (f"{self.chance.getrandbits(128):032x}" for _ in range(2))
        own, common = config / "credentials" / f"{self.env}.yml.enc", config / "credentials.yml.enc"
        content, decoy = (own, common) if self.chance.random() < 0.6 else (common, config / "credentials" / "test.yml.enc")
        content.write_bytes(vectors.sealed(self.marshalled(self.yaml()), key) + self.chance.choice([b"", b"\n"]))
        decoy.write_bytes(
            vectors.sealed(vectors.marshalled("active_record_encryption: {primary_key: no, key_derivation_salt: no}\n"), other)
        )
        of_env, master = config / "credentials" / f"{self.env}.key", config / "master.key"
        if self.chance.random() < 0.5:
            of_env.write_text(key + "\n")
            master.write_text(other)
        else:
            master.write_text(key.upper())
        return folder

    def statements(self, kind):
        ident, switch = CREATE[kind].split("{}")
        yield "CREATE TABLE pwb_websites (id bigint PRIMARY KEY, subdomain text)", ()
        yield (
            f"CREATE TABLE pwb_website_integrations (id {ident}website_id bigint, category text, provider text, credentials text,"
            f" settings text, enabled{switch})",
            (),
        )
        for site in range(1, 9):
            yield "INSERT INTO pwb_websites VALUES (%s, %s)", (site, f"site-{site}")
        for number, ((site, name), row) in enumerate(self.rows.items(), 1):
            values = (number, site, "ai", name, row.column, "{}", True)
            yield f"INSERT INTO pwb_website_integrations VALUES ({', '.join(['%s'] * 7)})", values


@pytest.fixture(scope="session")
def running():
    with server() as one:
        yield one


@pytest.fixture
def database(request, tmp_path):
    """The words that name a database with these rows."""

    def made(kind, deployment, seed):
        if kind == "sqlite":
            with closing(sqlite3.connect(tmp_path / "legacy.sqlite3")) as connection:
                for text, values in deployment.statements(kind):
                    connection.execute(text.replace("%s", "?"), values)
                connection.commit()
            return "--db", str(tmp_path / "legacy.sqlite3")
        psycopg = pytest.importorskip("psycopg")
        running = request.getfixturevalue("running")
        running.sql("postgres", f'CREATE DATABASE "made{seed}"')
        with psycopg.connect(running.dsn(f"made{seed}")) as connection:
            for text, values in deployment.statements(kind):
                connection.execute(text, values)
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        return "--dsn", running.dsn(f"made{seed}", "reader")

    return made


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 40))])
def test_every_row_of_a_made_up_deployment(ready, config, database, tmp_path, kind, seed):
    made = Deployment(seed, tmp_path / "app")
    words = ("migrate", "rails-db", *database(kind, made, seed), "--root", str(made.root), "--rails-env", made.env, "--create-websites")
    ran = ready(*words, "--continue-on-error", "--yes", "--json")
    assert "Traceback" not in ran.err, ran.err
    assert ran.code == 12, (made.env, ran.err)
    told = {
        (line["website"], line["provider"]): (line["kind"], line["reason"]) for line in json.loads(ran.out)["lines"] if line["provider"]
    }
    with open_store(config) as store, store.reading() as here:
        for (site, name), row in made.rows.items():
            kind_, reason = told[f"site-{site}", name]
            assert kind_ == row.told[0], (row.how, kind_, reason, row.column)
            assert row.told is OK or reason in row.told[1], (row.how, kind_, reason, row.column)
            stored = find(here, f"site-{site}", name)
            assert (stored is not None) == (row.told is OK), row.how
            if stored is not None:
                assert {field: value.reveal() for field, value in here.integrations.reveal(stored).items()} == {"api_key": row.value}, (
                    row.how
                )
            assert row.value not in ran.out + ran.err
    assert not any(word in ran.out + ran.err for word in (made.salt, made.deterministic, *made.names) if len(word) > 8)


def find(here, website, name):
    """The stored row, or None; a website without a good row was not made."""
    try:
        return here.integrations.find(website, registry.get(name).name)
    except NotFound:
        return None
