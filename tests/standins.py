"""Services on loopback that wrap keys: a Vault that really encrypts, and TLS in front of moto's KMS."""

import base64
import json
import os
import socket
import ssl
import threading
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tests.loopback import ThirdParty, answers

from integrations_cli.cli.demo.certificates import pem

TOKEN = "hvs." + "0123456789EXAMPLE"


def certified(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for `localhost`, and the file of the authority that vouches for it."""
    both, _ = pem(["localhost"])
    (folder / "both.pem").write_bytes(both)
    (folder / "both.pem").chmod(0o600)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    (folder / "both.pem").unlink()
    (folder / "ca.pem").write_bytes(both[both.index(b"-----BEGIN CERTIFICATE") :])
    return server, str(folder / "ca.pem")


class Transit(ThirdParty):
    """Vault's transit engine as its API is documented: derived keys, versions, tokens, and no word too many.

    A key that is not derived ignores the context, as the real one does.
    """

    def __init__(self, tls: ssl.SSLContext, derived: bool = True) -> None:
        super().__init__(tls=tls)
        self.keys = {"integrations": [os.urandom(32)]}
        self.derived, self.behave = derived, self._serve_api

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"

    def _serve_api(self, connection, request):
        answers(*self._answer(request))(connection, request)

    def _answer(self, request):
        parts = request.path.removeprefix("/v1/").split("/")
        if request.headers.get("x-vault-token") != TOKEN:
            return 403, b'{"errors":["permission denied"]}'
        if request.method != "POST" or len(parts) != 3 or parts[0] != "transit" or parts[2] not in self.keys:
            return 404, b'{"errors":[]}'
        body = json.loads(request.body)
        if self.derived and not body.get("context"):
            return 400, b'{"errors":["missing \'context\' for key derivation; the key was created using a derived key"]}'
        try:
            return 200, json.dumps({"data": getattr(self, parts[1])(parts[2], body), "warnings": None}).encode()
        except (InvalidTag, ValueError, IndexError):
            return 400, b'{"errors":["cipher: message authentication failed"]}'

    def _key(self, name, version, body):
        key = self.keys[name][version - 1]
        return HKDF(SHA256(), 32, None, base64.b64decode(body["context"])).derive(key) if self.derived else key

    def encrypt(self, name, body):
        nonce, version = os.urandom(12), len(self.keys[name])
        sealed = nonce + AESGCM(self._key(name, version, body)).encrypt(nonce, base64.b64decode(body["plaintext"]), None)
        return {"ciphertext": f"vault:v{version}:{base64.b64encode(sealed).decode()}", "key_version": version}

    def decrypt(self, name, body):
        word, version, text = body["ciphertext"].split(":")
        if word != "vault" or not 1 <= int(version[1:]) <= len(self.keys[name]):
            raise ValueError
        sealed = base64.b64decode(text, validate=True)
        return {
            "plaintext": base64.b64encode(AESGCM(self._key(name, int(version[1:]), body)).decrypt(sealed[:12], sealed[12:], None)).decode()
        }


class InFront(ThirdParty):
    """TLS in front of a server that speaks plain HTTP: bytes are passed on as they come."""

    def __init__(self, tls: ssl.SSLContext | None, port: int) -> None:
        super().__init__(tls=tls)
        self.behind, self.greet = port, self._pass_on

    def _pass_on(self, raw):
        with self.tls.wrap_socket(raw, server_side=True) as connection, socket.create_connection(("127.0.0.1", self.behind)) as behind:
            pump = threading.Thread(target=_copy, args=(behind, connection), daemon=True)
            pump.start()
            _copy(connection, behind)
            pump.join(5)
        return False


def _copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except (OSError, ssl.SSLError, ValueError):
        return
