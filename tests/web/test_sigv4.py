"""AWS Signature Version 4 against the examples that AWS has published."""

from datetime import UTC, datetime

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.masking import Secret
from integrations_cli.web.sigv4 import Signer

KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+" + "bPxRfiCYEXAMPLEKEY"
S3_KEY = "AKIAIOSFODNN7" + "EXAMPLE", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
SUITE = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)  # of AWS's test suite
S3_DAY = datetime(2013, 5, 24, tzinfo=UTC)  # of the S3 guide


def signature(signer, *request):
    return signer.headers(*request)["authorization"].partition("Signature=")[2]


def test_the_example_of_the_iam_guide():
    signer = Signer(*KEY, None, "iam", "us-east-1")
    sent = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    headers = signer.headers("GET", "iam.amazonaws.com", "/?Action=ListUsers&Version=2010-05-08", sent, b"", SUITE)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),  # get-vanilla
        ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),  # order-key-case
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),  # post-vanilla
    ],
)
def test_the_examples_of_the_test_suite(method, target, expected):
    assert signature(Signer(*KEY, None, "service", "us-east-1"), method, "example.amazonaws.com", target, {}, b"", SUITE) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ("/?prefix=J&max-keys=2", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),  # sent in another order
    ],
)
def test_the_examples_of_the_s3_guide(target, expected):
    assert signature(Signer(*S3_KEY, None, "s3", "us-east-1"), "GET", "examplebucket.s3.amazonaws.com", target, {}, b"", S3_DAY) == expected


def test_a_session_token_is_sent_and_signed():
    headers = Signer(*KEY, "tokenEXAMPLE", "sts", "us-east-1").headers("POST", "sts.us-east-1.amazonaws.com", "/", {}, b"x", SUITE)
    assert headers["x-amz-security-token"] == "tokenEXAMPLE"
    assert "x-amz-security-token" in headers["authorization"]


def test_the_signer_shows_no_key():
    assert "EXAMPLE" not in repr(Signer(*KEY, None, "s3", "us-east-1"))


def test_the_secret_itself_is_never_sent(third_party):
    good = {name: Secret(text) for name, text in keys.GOOD["aws_s3"].items()}
    check.run(third_party.web(), registry.get("aws_s3"), {**good, "session_token": Secret("token0123EXAMPLE")}, {})
    sent = third_party.requests[0]
    secret = good["secret_access_key"].reveal()
    assert secret not in sent.path + str(sent.headers) + sent.body.decode()
    assert sent.headers["x-amz-security-token"] == "token0123EXAMPLE"
