"""`audit verify` of N entries, against bare HMACs over the same bytes in the same run (and AES-GCM, which says how fast the machine is).

    python benchmarks/audit.py [--rows 200000] [--websites 1000]

Prints entries a second, the ratio to the bare loop, how much memory grew, and what one more write costs with that many websites.
Times are processor times (except that of the write), so that other work on the machine does not count.
"""

import argparse
import hmac
import json
import os
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations_cli import config as configuration
from integrations_cli.store import chain, create, inspection, open_store
from integrations_cli.store.chain import Log, Subject


def fill(config: configuration.Config, rows: int, websites: int) -> None:
    """Entries as rotations leave them, the websites in turns."""
    now = datetime.now(UTC)
    with open_store(config) as store, store.writing() as here:
        log: Log = here.audit.log
        idents = []
        for number in range(websites):
            idents.append(here.websites.add(f"site-{number:06}", None).id)
        here.session.flush()
        subjects = [Subject(os.urandom(16), ident, "ai", "anthropic", {"max_tokens": 512}, True, 1) for ident in idents]
        facts = {"fields": ["api_key"], "version": 2, "fp": {"api_key": "3f9a7c2e"}, "fp_old": {"api_key": "77d0a1c4"}}
        done = 2 * websites
        while done < rows:
            some = [subjects[(done + at) % websites] for at in range(min(5000, rows - done))]
            log.append_many((one.website_id, now, chain.body(log.signer, now, "rotation.swapped", "ok", facts, one)) for one in some)
            done += len(some)


def bare(seconds: float, data: bytes) -> float:
    """HMACs a second, over as many bytes as an entry signs."""
    key, count, began = os.urandom(32), 0, time.process_time()
    while time.process_time() - began < seconds:
        for _ in range(1000):
            hmac.digest(key, data, "sha256")
        count += 1000
    return count / (time.process_time() - began)


def aes(seconds: float) -> float:
    """Messages of 256 bytes a second, each under a key and a nonce of its own, as the vault seals."""
    count, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        for _ in range(1000):
            AESGCM(os.urandom(32)).encrypt(os.urandom(12), b"x" * 256, None)
        count += 1000
    return count / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--websites", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = configuration.load({"HOME": folder})
        create.prepare(config, "file", recovery=False).commit()
        fill(config, given.rows, given.websites)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with open_store(config) as store:
            began = time.process_time()
            found = inspection.inspect(store)
            took = time.process_time() - began
            entries = sum(one.entries for one in found.reports)
            began, processor = time.perf_counter(), time.process_time()
            for number in range(20):
                with store.writing() as here:
                    here.audit.record("noted", count=number)
            write, write_cpu = (time.perf_counter() - began) / 20, (time.process_time() - processor) / 20
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        size = Path(config.database).stat().st_size
    hmacs, gcm = bare(1, b"x" * 520), aes(1)
    print(
        json.dumps(
            {
                "entries": entries,
                "ok": found.exit == 0,
                "entries_a_second": round(entries / took),
                "ratio_to_bare_hmac": round(entries / took / hmacs, 3),
                "aes_gcm_a_second": round(gcm),
                "entries_a_second_where_aes_gcm_makes_400000": round(entries / took * 400_000 / gcm),
                "grew_mib": (peak - before) // 1024,
                "database_mib": size // 2**20,
                "one_write_ms": round(write * 1000, 1),
                "one_write_processor_ms": round(write_cpu * 1000, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
