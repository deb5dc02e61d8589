"""The golden requests against the vendors' own API descriptions, where there are any: host, path, method, parameters, kind of login."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import SHARED

SPECS = SHARED / "vendor-specs"
GOLDEN = Path(__file__).parent / "requests"
TOKENS = {"zoho": {"/oauth/v2/token"}}  # requests that the vendor's file does not hold
DESCRIBED = (
    "deepseek",
    "google_maps",
    "groq",
    "klaviyo",
    "mailchimp",
    "mistral",
    "openai",
    "openrouter",
    "postmark",
    "shotstack",
    "slack",
    "stripe",
    "vonage",
    "whatsapp",
    "zoho",
)


def described(name):
    path = SPECS / f"{name}.json"
    if not path.exists():
        pytest.skip("the vendors' descriptions are not here: set INTEGRATIONS_SHARED")
    return json.loads(path.read_text())


def requests(name):
    """(method, url, headers) of every request in the golden file."""
    for text in re.split(r"^(?=(?:GET|POST) https://)", (GOLDEN / f"{name}.txt").read_text(), flags=re.MULTILINE)[1:]:
        first, *lines = text.splitlines()
        method, _, url = first.partition(" ")
        yield method.lower(), urlsplit(url), dict(line.split(": ", 1) for line in lines if re.match("[a-z-]+: ", line))


def fits(template, text):
    return re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), text)


def resolved(spec, node):
    for step in node.get("$ref", "").removeprefix("#/").split("/") if "$ref" in node else ():
        spec = spec[step]
    return spec if "$ref" in node else node


def logins(spec, operation):
    """How one may log in: names of headers or parameters, with the word an Authorization header begins with."""
    schemes = spec.get("components", {}).get("securitySchemes", {})
    for choice in operation.get("security") or spec.get("security") or []:
        for name in choice:
            scheme = resolved(spec, schemes[name])
            if scheme["type"] == "apiKey":
                yield scheme["in"], scheme["name"].lower(), ""
            else:
                yield "header", "authorization", "Basic " if scheme.get("scheme") == "basic" else "Bearer "


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_request_is_one_that_the_vendor_describes(name):
    spec = described(name)
    hosts = [urlsplit(server["url"]).netloc for server in spec["servers"]]
    known = 0
    for method, url, headers in requests(name):
        if url.path in TOKENS.get(name, ()):
            continue
        known += 1
        assert any(fits(host, url.netloc) for host in hosts)
        template = next((one for one in spec["paths"] if one == url.path), None) or next(
            one for one in spec["paths"] if fits(one, url.path)
        )
        operation = spec["paths"][template][method]
        told = [resolved(spec, one) for one in (*operation.get("parameters", ()), *spec["paths"][template].get("parameters", ()))]
        sent = parse_qs(url.query, keep_blank_values=True)
        for one in told:
            if one.get("required") and one["in"] != "path":
                assert one["name"].lower() in (headers if one["in"] == "header" else sent), one["name"]
        ways = list(logins(spec, operation))
        extra = {key for where, key, _ in ways if where == "query"}
        assert set(sent) <= {one["name"] for one in told if one["in"] == "query"} | extra
        assert not ways or any(
            (key in sent) if where == "query" else headers.get(key, "").startswith(word) and key in headers for where, key, word in ways
        )
    assert known
