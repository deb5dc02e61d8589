"""Slot `aws-kms`: a symmetric key of AWS KMS wraps the slot key (https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html).

Credentials are found as the AWS tools find them: the environment, profiles, the role of a machine or container. Extra `aws`.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from integrations_cli.config import Config
from integrations_cli.errors import UsageError
from integrations_cli.store.slots import Place, SlotFailed
from integrations_cli.store.slots.keyring import within
from integrations_cli.store.slots.remote import DEADLINE, Refused, RemoteSlot, ask, key_of, section

_REGION = re.compile(r"[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}")
_KEY = re.compile(r"[A-Za-z0-9:/_-]{1,256}")


class KmsSlot(RemoteSlot):
    """`[aws-kms] key, region, endpoint`: the key's id, ARN or alias. AWS_REGION and AWS_CA_BUNDLE count too."""

    title = "AWS KMS"
    binding = "take a symmetric key"

    def settings(self, config: Config) -> dict[str, str]:
        """Region and key."""
        chosen = section(config, "aws-kms")
        key = chosen.get("key")
        if not key:
            raise SlotFailed(f'no key is chosen: [aws-kms] key = "alias/integrations" in {config.file}')
        named = key.split(":")[3] if key.startswith("arn:") and key.count(":") >= 5 else ""
        region = chosen.get("region") or named or config.environ.get("AWS_REGION") or config.environ.get("AWS_DEFAULT_REGION", "")
        if not region:
            raise SlotFailed("no region is chosen: AWS_REGION")
        return _checked({"key": key, "region": region})

    def wrap(self, place: Place, slot_id: bytes, params: Mapping[str, Any], key: bytes) -> str:
        """Encrypt, with store and slot as the encryption context: they stand in AWS's own log, and a key policy can ask for them."""
        found = self._call(place, "Encrypt", slot_id, params, {"Plaintext": base64.b64encode(key).decode()}).get("CiphertextBlob")
        if not isinstance(found, str) or not found:
            raise SlotFailed(f"{self.title} gives back something else than a ciphertext")
        return found

    def unwrap(self, place: Place, slot_id: bytes, params: Mapping[str, Any], wrapped: str) -> bytes:
        """Decrypt, with this key only and the same context."""
        return key_of(self.title, self._call(place, "Decrypt", slot_id, params, {"CiphertextBlob": wrapped}).get("Plaintext"))

    def _call(self, place: Place, verb: str, slot_id: bytes, params: Mapping[str, Any], more: Mapping[str, str]) -> Mapping[str, Any]:
        where = _checked(params)
        context = {"purpose": "integrations/slot-key/v1", "store": place.store_id.hex(), "slot": slot_id.hex(), "kind": "aws-kms"}
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{verb}"}
        status, found = ask(
            self.title,
            place.config,
            _endpoint(place.config, where["region"]),
            {"KeyId": where["key"], "EncryptionContext": context, **more},
            headers,
            cafile=place.config.environ.get("AWS_CA_BUNDLE"),
            aws=_signer(place.config, where["region"]),
        )
        if status == 200:
            return found
        raise _refusal(self.title, status, str(found.get("__type", "")).rpartition("#")[2])


def _refusal(title: str, status: int, name: str) -> SlotFailed:
    if name in {"InvalidCiphertextException", "IncorrectKeyException"}:
        return Refused(f"{title} does not open it: it was altered, or belongs to another slot or key")
    known = {
        "AccessDeniedException": "the credentials are not allowed to use this key",
        "NotFoundException": "there is no such key in this region",
        "DisabledException": "the key is disabled",
        "KMSInvalidStateException": "the key is waiting to be deleted, or not usable",
        "UnrecognizedClientException": "the credentials are not valid",
        "InvalidSignatureException": "the credentials are not valid",
        "ExpiredTokenException": "the credentials have expired",
        "ThrottlingException": "asks to wait",
    }
    return SlotFailed(f"{title}: {known.get(name, f'an answer we do not understand ({status})')}")


def _checked(params: Mapping[str, Any]) -> dict[str, str]:
    """Region and key as they may be sent: they come from the database, and the region is a part of the host."""
    region, key = params.get("region"), params.get("key")
    if not isinstance(region, str) or not isinstance(key, str) or not _REGION.fullmatch(region) or not _KEY.fullmatch(key):
        raise SlotFailed("its parameters are out of range")
    return {"region": region, "key": key}


def _endpoint(config: Config, region: str) -> str:
    """AWS's own, or the one in the configuration (an interface endpoint); never one from the database or the environment."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return section(config, "aws-kms").get("endpoint") or f"https://kms.{region}.{domain}/"


def _signer(config: Config, region: str) -> Any:
    from integrations_cli.web.sigv4 import Signer  # noqa: PLC0415  only when such a slot is used

    access, secret = config.environ.get("AWS_ACCESS_KEY_ID"), config.environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        return Signer(access, secret, config.environ.get("AWS_SESSION_TOKEN") or None, "kms", region)
    try:
        from botocore.session import Session  # noqa: PLC0415  an extra
    except ImportError:
        raise UsageError("AWS KMS needs an extra", None, "pip install 'integrations-cli[aws]'") from None

    def find() -> Any:
        found = Session(profile=config.environ.get("AWS_PROFILE")).get_credentials()
        return found.get_frozen_credentials() if found is not None else None

    found = within(DEADLINE, find, "the AWS credentials")
    if found is None:
        raise SlotFailed("no AWS credentials: AWS_ACCESS_KEY_ID, AWS_PROFILE, or the role of the machine")
    return Signer(found.access_key, found.secret_key, found.token, "kms", region)


slot = KmsSlot()
