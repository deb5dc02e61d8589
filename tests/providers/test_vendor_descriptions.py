"""What our checks really send, byte for byte from a socket, against the vendors' own API descriptions, where there are any."""

from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from tests import keys
from tests.conftest import SHARED
from tests.providers.test_every_provider import NOON, fine

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.masking import Secret

core = pytest.importorskip("openapi_core", reason="openapi-core is not installed")
SPECS = SHARED / "vendor-specs"
DESCRIBED = {
    "deepseek": "deepseek",
    "google_analytics": "google_analytics_data",
    "google_maps": "google_maps",
    "groq": "groq",
    "klaviyo": "klaviyo",
    "mailchimp": "mailchimp",
    "mistral": "mistral",
    "openai": "openai",
    "openrouter": "openrouter",
    "postmark": "postmark",
    "shotstack": "shotstack",
    "slack": "slack",
    "stripe": "stripe",
    "vonage": "vonage",
    "whatsapp": "whatsapp",
    "zoho": "zoho",
}  # paypal_webhooks describes no request of ours
NOT_IN_THE_FILE = {"oauth2.googleapis.com", "analyticsadmin.googleapis.com", "accounts.zoho.com", "accounts.zoho.eu"}
OPEN = {"openrouter": {"/api/v1/models"}}  # the service wants no key there, although the file says so
LOGINS = ("authorization", "x-api-key", "x-postmark-server-token", "api-key")


@dataclass(frozen=True)
class Sent:
    """A request in the words of openapi-core."""

    method: str
    host_url: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    @property
    def content_type(self):
        return dict(self.headers).get("content-type", "").lower()

    @cached_property  # the validator writes the parts of the path into it
    def parameters(self):
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        query = ImmutableMultiDict(parse_qsl(self.query, keep_blank_values=True))
        return RequestParameters(query=query, header=Headers(list(self.headers)), cookie=ImmutableMultiDict(), path={})


def described(name):
    path = SPECS / f"{DESCRIBED[name]}.json"
    if not path.exists():
        pytest.skip("the vendors' descriptions are not here: set INTEGRATIONS_SHARED")
    return core.OpenAPI.from_file_path(str(path))


def requests(name, third_party):
    """Every request of the check that the vendor's file describes, as it arrived."""
    third_party.behave = fine(name)
    given = {field: Secret(text) for field, text in keys.GOOD[name].items()}
    settings = keys.SETTINGS.get(name) or keys.NEEDED.get(name, {})
    assert check.run(third_party.web(now=lambda: NOON), registry.get(name), given, settings).word == "ok"
    for one in third_party.requests:
        if one.host not in NOT_IN_THE_FILE:
            parsed = urlsplit(one.path)
            yield Sent(one.method.lower(), f"https://{one.host}", parsed.path, parsed.query, tuple(one.headers.items()), one.body or None)


def without_a_key(sent):
    """The same request, with whatever it logs in with taken out."""
    query = urlencode([(name, value) for name, value in parse_qsl(sent.query) if name not in {"key", "access_token", "api_key", "token"}])
    headers = tuple((name, value) for name, value in sent.headers if name not in LOGINS and "apikey" not in name.replace("-", ""))
    return replace(sent, headers=headers, query=query)


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_right_request_passes(name, third_party):
    description, asked = described(name), list(requests(name, third_party))
    assert asked
    for sent in asked:
        description.validate_request(sent)


@pytest.mark.parametrize("name", DESCRIBED)
def test_without_its_key_or_elsewhere_it_fails(name, third_party):
    description = described(name)
    for sent in list(requests(name, third_party)):
        wrong = [replace(sent, host_url="https://api.elsewhere.example"), replace(sent, path=f"{sent.path}/x/y/z")]
        wrong += [replace(sent, host_url=sent.host_url.replace("https", "http"))]
        if sent.path not in OPEN.get(name, ()):
            wrong.append(without_a_key(sent))
            assert without_a_key(sent) != sent
        for one in wrong:
            with pytest.raises(core.exceptions.OpenAPIError):
                description.validate_request(one)
