"""The two migrations of docs/migrating-from-rails.md, run for real on a terminal: an application with a credentials file and a database."""

import os
import sys
import tempfile
from pathlib import Path

from tests.sources.rails import legacy, vectors

from integrations_cli.cli.app import run
from integrations_cli.cli.tools import Doors

ZOHO = {
    "client_id": "1000.0123456789ABCDEFGHIJEXAMPLE",
    "client_secret": "5ca1ab1e0ddba11f" * 2,
    "refresh_token": "1000.5ca1ab1e0ddba11f5ca1ab1e0ddba11f.0ddba11f5ca1ab1e0ddba11f5ca1ab1e",
    "api_domain": "https://www.zohoapis.eu",
    "accounts_url": "https://accounts.zoho.eu",
}
YAML = "secret_key_base: {}\nzoho:\n{}\nactive_record_encryption:\n  primary_key: {}\n  key_derivation_salt: {}\n".format(
    "5ca1ab1e" * 8, "\n".join(f"  {name}: {value}" for name, value in ZOHO.items()), legacy.PRIMARY, legacy.SALT
)
SITES = ("acme", "globex", "initech")
STORIES = {
    "zoho": ("rails-credentials --root app -w acme --only zoho", "--dry-run", "--yes"),
    "google-maps": ("rails-db --db app/storage/production.sqlite3 --only google_maps", "--dry-run", "--yes"),
    "everything": ("rails --root app -w acme --db app/storage/production.sqlite3", "--dry-run", "--continue-on-error --yes"),
}


def main(name: str) -> None:
    """Print the commands of one story and what they say."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        root = vectors.application(Path("app"), YAML)
        (root / "storage").mkdir()
        websites = [{"id": number, "subdomain": slug} for number, slug in enumerate(SITES, 1)]
        websites[0]["maps_api_key"] = legacy.MAPS.format(1)
        websites[1]["maps_api_key"] = f"  {legacy.MAPS.format(2)}"
        websites[2]["maps_api_key"] = ""
        rows = [
            (1, "ai", "anthropic", legacy.sealed({"api_key": "sk-ant-api03-" + "5ca1ab1e" * 10 + "EXAMPLEAA"})),
            (2, "ai", "openai", legacy.sealed({"api_key": "sk-5ca1ab1e0ddba11fEXAMPLE"})[:-20]),
        ]
        legacy.database(root / "storage/production.sqlite3", websites=websites, rows=rows)
        environ = {"HOME": folder, "TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8"}
        doors = Doors(environ=environ)
        out, err = os.dup(1), os.dup(2)
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1), os.dup2(nothing.fileno(), 2)
            run(["init", "--slot", "file", "--no-recovery", "--website", SITES[0]], doors)
            for slug in SITES[1:]:
                run(["website", "add", slug, "--name", slug.capitalize()], doors)
        os.dup2(out, 1), os.dup2(err, 2)
        words, *endings = STORIES[name]
        for ending in endings:
            print(f"$ integrations migrate {words} {ending}", flush=True)
            run(["migrate", *words.split(), *ending.split()], doors)
            print(flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main(sys.argv[1])
