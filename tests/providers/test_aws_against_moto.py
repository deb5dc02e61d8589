"""AWS S3 and Cloudflare R2 against moto, an implementation of AWS that really checks signatures and permissions; over TLS, through our door."""

import json

import pytest
from tests.standins import InFront

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.masking import Secret

boto3 = pytest.importorskip("boto3", reason="moto and boto3 are not installed")
server = pytest.importorskip("moto.server", reason="moto is not installed")
AWS, R2 = registry.get("aws_s3"), registry.get("cloudflare_r2")
BUCKET = "acme-example"


@pytest.fixture(scope="module")
def moto():
    """A moto server that checks every signature once its users are made."""
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    url = f"http://{host}:{port}"
    import httpx

    made = {"aws_access_key_id": "AKIA" + "0" * 16, "aws_secret_access_key": "x" * 40, "region_name": "us-east-1", "endpoint_url": url}
    iam, s3 = boto3.client("iam", **made), boto3.client("s3", **made)
    s3.create_bucket(Bucket=BUCKET)
    keys = {}
    for name, actions in (("reader", "s3:*"), ("nobody", "ec2:DescribeInstances")):
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
    httpx.post(f"{url}/moto-api/reset-auth", content=b"0")
    yield port, {name: (key["AccessKeyId"], key["SecretAccessKey"]) for name, key in keys.items()}
    running.stop()


@pytest.fixture
def tls(moto):
    """TLS in front of it: bytes are passed on as they come."""
    port, keys = moto
    with InFront(None, port) as front:
        yield front, keys


@pytest.fixture
def by_path(monkeypatch):
    """Moto reads a bucket out of every host name, also out of those of other vendors, unless it is told."""
    monkeypatch.setattr("moto.s3.utils.S3_IGNORE_SUBDOMAIN_BUCKETNAME", True)
    monkeypatch.setattr("moto.settings.S3_IGNORE_SUBDOMAIN_BUCKETNAME", True)


def ask(front, definition, key, settings):
    credentials = {"access_key_id": Secret(key[0]), "secret_access_key": Secret(key[1])}
    return check.run(front.web(5.0), definition, credentials, settings)


def wrong(key):
    return key[0], key[1][:-1] + ("a" if key[1][-1] != "a" else "b")


CASES = [
    ("good key", lambda keys: keys["reader"], {}, "ok"),
    ("good key and bucket", lambda keys: keys["reader"], {"bucket": BUCKET}, "ok"),
    ("good key, bucket by path", lambda keys: keys["reader"], {"bucket": BUCKET, "path_style": True}, "ok"),
    ("another region", lambda keys: keys["reader"], {"region": "eu-central-1"}, "ok"),
    ("wrong secret", lambda keys: wrong(keys["reader"]), {"bucket": BUCKET}, "rejected"),
    ("unknown key", lambda keys: ("AKIA" + "2" * 16, "y" * 40), {"bucket": BUCKET}, "rejected"),
    ("missing permission", lambda keys: keys["nobody"], {"bucket": BUCKET}, "limited"),
    ("missing bucket", lambda keys: keys["reader"], {"bucket": "no-such-bucket-example"}, "misconfigured"),
]


@pytest.mark.parametrize(("key", "settings", "word"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_aws(tls, key, settings, word):
    front, keys = tls
    outcome = ask(front, AWS, key(keys), settings)
    assert outcome.word == word, outcome
    if word == "ok":
        assert outcome.account == "123456789012"


R2_CASES = [
    ("good key", lambda keys: keys["reader"], BUCKET, "ok"),
    ("wrong secret", lambda keys: wrong(keys["reader"]), BUCKET, "rejected"),
    ("unknown key", lambda keys: ("AKIA" + "2" * 16, "y" * 40), BUCKET, "rejected"),
    ("missing permission", lambda keys: keys["nobody"], BUCKET, "limited"),
    ("missing bucket", lambda keys: keys["reader"], "no-such-bucket-example", "misconfigured"),
]


@pytest.mark.parametrize(("key", "bucket", "word"), [case[1:] for case in R2_CASES], ids=[case[0] for case in R2_CASES])
def test_r2(tls, by_path, key, bucket, word):
    """R2 speaks S3 by path, so a server that knows AWS's dialect stands in for it under the vendor's host name."""
    front, keys = tls
    assert ask(front, R2, key(keys), {"account_id": "fedcba9876543210" * 2, "bucket": bucket}).word == word


def test_a_store_of_ones_own(tls, by_path):
    front, keys = tls
    settings = {"endpoint_url": "https://s3.example.com", "bucket": BUCKET}
    assert ask(front, AWS, keys["reader"], settings).word == "ok"
    assert ask(front, AWS, wrong(keys["reader"]), settings).word == "rejected"
