"""A certificate authority for one run, made in memory and trusted by nobody else: the one use of cryptography outside the store."""

import datetime
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def contexts(hosts: Sequence[str], at: datetime.datetime | None = None) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's TLS context for these host names (`*.example.com` is allowed), good for an hour around `at`, or now."""
    both, client = pem(hosts, at)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # the ssl module reads certificates from files only
        path = Path(folder) / "both.pem"
        path.touch(0o600)
        path.write_bytes(both)
        server.load_cert_chain(path)
    return server, client


def pem(hosts: Sequence[str], at: datetime.datetime | None = None) -> tuple[bytes, ssl.SSLContext]:
    """Private key and certificate as PEM, and the client's context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "integrations demo")])
    now = at or datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=public.decode())
    return private + public, client
