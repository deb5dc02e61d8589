"""Checks side by side: N integrations against a server on loopback that answers after 200 ms, against the ideal (N x 0.2 s / jobs).

    python benchmarks/checks.py [--rows 1000] [--jobs 20 50] [--hanging 0 10 50 [--deadline 2]] [--plain] [--closing]

Prints seconds, the ratio to the ideal, processor time for each check of this program and of the server (a process of its own, which a
real run does not have to pay for), and the growth of memory.

`--closing`: the server hangs up after each answer, so that each check has to connect; without it, it stays, as those of providers do.
`--plain`: without TLS, which the tool itself never does; the difference is what TLS costs.
`--hanging P`: P percent of the providers never answer. `ideal` is then that of the others, `alone` the time of a run that asks only the
others, and `against_alone` what those that hang cost them; not the time over a run in which all answer, which has more to do.
As nothing that hangs can take less than its deadline,
`against_longer` is the time over the longer one of `alone` and the deadline. The collector runs as seldom as in the tool.
"""

import argparse
import gc
import json
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from integrations_cli import __main__ as entry
from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions import check as asking
from integrations_cli.actions import list as listing
from integrations_cli.actions.test import many
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store
from integrations_cli.store.store import utcnow
from integrations_cli.web import Web

WAIT = 0.2  # seconds until an answer
PROVIDERS = ("openai", "groq", "mistral", "deepseek", "sendgrid", "brevo", "hubspot", "cohere", "klaviyo", "postmark")  # one request each

SERVER = """
import asyncio, ssl, sys
WAIT = float(sys.argv[1])
CLOSING = bool(sys.argv[4])
HANGING = set(sys.argv[3].split(",")) if sys.argv[3] else set()
BODY = (b'{"data": [], "object": "list", "scopes": ["mail.send"], "is_available": true, "balance_infos": [], "email": "a@example.com", '
        b'"companyName": "A", "portalId": 1, "accountType": "STANDARD", "valid": true, "ID": 1, "Name": "A"}')
async def serve(reader, writer):
    try:
      while True:
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        host = next((l.partition(b":")[2].strip().decode() for l in head.split(b"\\r\\n") if l.lower().startswith(b"host:")), "")
        await asyncio.sleep(3600 if host in HANGING else WAIT)
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(BODY) + BODY)
        await writer.drain()
        if CLOSING or b"connection: close" in head.lower(): break
    except (OSError, asyncio.IncompleteReadError): pass
    finally: writer.close()
async def main():
    context = None
    if sys.argv[2]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def build(home: Path, rows: int) -> configuration.Config:
    """A store with so many integrations, ten to a website."""
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        for number in range(rows):
            website = f"site-{number // len(PROVIDERS):04}"
            if number % len(PROVIDERS) == 0:
                here.websites.add(website, website)
            definition = registry.get(PROVIDERS[number % len(PROVIDERS)])
            values = {one.name: Secret(f"{one.name}-{number:06}-EXAMPLE-EXAMPLE-EXAMPLE") for one in definition.credentials if one.required}
            here.integrations.add(website, definition, values, {})
    return config


def host_of(name: str) -> str:
    """The host that a provider's check asks first."""
    return registry.get(name).hosts[0]


class Plain(ssl.SSLContext):
    """Stands for a TLS context, and leaves the socket as it is."""

    def wrap_socket(self, sock: socket.socket, *args: object, **more: object) -> socket.socket:  # type: ignore[override]
        return sock


def children() -> float:
    """Processor time of the servers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(rows: int, jobs: int, hanging: int, deadline: float, plain: bool, closing: bool, alone: bool = False) -> dict[str, float]:
    """One run in this process. `alone`: what would hang is left out, and the rest is asked."""
    certificate, trust = server_certificate()
    if plain:
        trust = Plain(ssl.PROTOCOL_TLS_CLIENT)
    silent = [host_of(name) for name in PROVIDERS[: len(PROVIDERS) * hanging // 100]]
    with tempfile.TemporaryDirectory() as folder:
        config = build(Path(folder), rows)
        pem = Path(folder) / "server.pem"
        pem.write_bytes(certificate)
        of_servers, words = children(), [str(WAIT), "" if plain else str(pem), ",".join(silent), "closing" if closing else ""]
        server = subprocess.Popen([sys.executable, "-c", SERVER, *words], stdout=subprocess.PIPE, text=True)
        assert server.stdout
        port = int(server.stdout.readline())
        web = Web(deadline if hanging else 10.0, resolve=lambda host: [("127.0.0.1", port)], trust=trust, allows=lambda address: True)
        healthy = [card for card in listing.cards(config.database) if host_of(card.provider) not in silent]
        cards = healthy if alone else listing.cards(config.database)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            with open_store(config) as store, web.keeping():
                began, worked = time.perf_counter(), time.process_time()
                done = many(store, lambda d, c, s: asking.run(web, d, c, s), cards, utcnow, jobs=jobs)
                seconds, worked = time.perf_counter() - began, time.process_time() - worked
        finally:
            server.kill()
            server.wait()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    found = {word: sum(one.word == word for one in done.results) for word in {one.word for one in done.results}}
    return {
        "seconds": seconds,
        "ideal": len(healthy) * WAIT / jobs,
        "ratio": seconds / (len(healthy) * WAIT / jobs),
        "cpu_ms_each": worked / len(cards) * 1000,
        "server_cpu_ms_each": (children() - of_servers) / len(cards) * 1000,
        "grown_mib": grown,
        **found,
    }


def server_certificate() -> tuple[bytes, ssl.SSLContext]:
    """Certificate and key of the stand-in as PEM, and the trust that accepts it."""
    from integrations_cli.cli.demo import certificates

    return certificates.pem([host_of(name) for name in PROVIDERS])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--jobs", type=int, nargs="*", default=[20, 50])
    parser.add_argument("--hanging", type=int, nargs="*", default=[0])
    parser.add_argument("--deadline", type=float, default=2.0)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--closing", action="store_true")
    chosen = parser.parse_args()
    gc.set_threshold(entry.SELDOM, 20, 50)
    for jobs in chosen.jobs:
        for hanging in chosen.hanging:
            given = (chosen.rows, jobs, hanging, chosen.deadline, chosen.plain, chosen.closing)
            found, against = run(*given), {}
            if hanging:
                alone = run(*given, alone=True)["seconds"]
                against = {
                    "alone": alone,
                    "against_alone": found["seconds"] / alone,
                    "against_longer": found["seconds"] / max(alone, chosen.deadline),
                }
            print(json.dumps({"rows": chosen.rows, "jobs": jobs, "hanging": hanging, **found, **against}), flush=True)


if __name__ == "__main__":
    main()
