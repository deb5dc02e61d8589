"""What a refusal offers to type next, and what a line counts: read with fresh eyes."""

import json
import os
import shlex
import subprocess

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import NotFound


def test_a_key_on_the_command_line_of_add_leads_back_to_add(ready):
    done = ready("add", "mapbox", "access_token=abc", "-w", "acme")
    assert (done.code, "then integrations add mapbox -w acme" in done.err, "rotate" in done.err) == (2, True, False), done.err


def test_a_list_that_was_narrowed_to_nothing_offers_the_whole_one(ready):
    assert "next: integrations add -w acme" in ready("list", "-w", "acme").err
    for words in (("--status", "error"), ("--category", "maps"), ("--expiring", "14d")):
        done = ready("list", "-w", "acme", *words)
        assert done.err.endswith("next: integrations list -w acme\n"), done.err


def test_a_name_that_is_only_a_little_alike_is_not_offered():
    with pytest.raises(NotFound) as nothing:
        registry.get("nope")
    assert nothing.value.why == "the catalogue has no name like it"
    with pytest.raises(NotFound) as close:
        registry.get("hubsopt")
    assert close.value.why == "the closest name is hubspot"


def test_exec_without_a_command_offers_what_was_typed(ready):
    assert "try: integrations exec mapbox -w acme -- COMMAND" in ready("exec", "mapbox", "-w", "acme").err


def test_an_export_and_a_backup_that_are_there_say_what_to_type(ready, home):
    for words in (("store", "backup"), ("export", "-w", "acme", "--without-credentials", "--out")):
        assert ready(*words, str(home / "taken")).code == 0
        done = ready(*words, str(home / "taken"))
        assert done.code == 4 and "try: integrations " + words[0] in done.err, done.err
        (home / "taken").unlink()


def test_the_log_as_csv_is_not_offered_under_another_name(ready):
    assert "--to audit.csv" in ready("audit", "export", "-A", "--format", "csv").err


def test_the_head_of_a_plan_names_the_website_that_is_written_to(ready, home):
    ready("website", "add", "beta")
    row = {"website": "beta", "provider": "mapbox", "credentials": {"access_token": "pk." + "x" * 30 + "EXAMPLE"}, "settings": {}}
    (home / "keys.jsonl").write_text(json.dumps(row) + "\n")
    done = ready("import", str(home / "keys.jsonl"), "-w", "acme", "--dry-run")
    assert "Website  beta (from the source)" in done.err, done.err
    assert "Source   keys.jsonl · 1 of 1 names used" in done.err
    asked = ready("import", str(home / "keys.jsonl"), "-w", "acme")
    assert (asked.code, "error: 1 change is planned, and nobody can be asked" in asked.err) == (2, True), asked.err


def test_a_printed_command_can_be_pasted_whatever_the_file_is_called(ready, home):
    done = ready("store", "backup", str(home / "my file's.bak"))
    line = done.err.partition("next: ")[2].strip()
    words = subprocess.run(
        ["sh", "-c", f'printf "%s\\n" {line}'], env={"HOME": str(home)}, capture_output=True, text=True, check=True
    ).stdout
    assert words.splitlines() == ["integrations", "store", "restore", "--drill", str(home / "my file's.bak")]


def test_init_again_offers_no_website_that_is_there(ready):
    assert "next:" not in ready("init").err


# ── what is offered can be typed as it stands ──

SK, PK = "sk_test_" + "4eC39HqLyjEXAMPLE", "pk_test_" + "4eC39HqLyjEXAMPLE"


def stripe(run, website="acme", **more):
    words = ("add", "stripe", "-w", website, "--no-test", "--secret-env", "secret_key=S", "--secret-env", "publishable_key=P")
    assert run(*words, S=SK, P=PK).code == 0


def offered(done):
    """The first command behind `try:`, in words."""
    return shlex.split(done.err.partition("try: ")[2].splitlines()[0].partition("    ")[0])[1:]


def test_names_of_files_with_a_space_can_be_pasted(run, environ, home):
    """The home, and what lies in it."""
    there = home / "my home"
    there.mkdir()
    environ["HOME"] = str(there)
    done = run("init", "--key-file", str(there / "my key"), "--no-recovery", "--website", "acme")
    assert f"next: export INTEGRATIONS_KEY_FILE='{there}/my key'\n" in done.err, done.err
    environ["INTEGRATIONS_KEY_FILE"] = str(there / "my key")
    done = run("key", "slot", "add", "env", "--key-file", str(there / "other key"))
    assert f"next: export INTEGRATIONS_KEY_FILE='{there}/other key'\n" in done.err, done.err
    (there / ".local/share/integrations/store.db").chmod(0o644)
    done = run("website", "add", "beta")
    assert offered(done) == ["600", f"{there}/.local/share/integrations/store.db"], done.err
    (there / ".local/share/integrations/store.db").chmod(0o600)
    (there / ".config/integrations/config.toml").write_text("x = [")
    assert offered(run("list"))[-1] == f"{there}/.config/integrations/config.toml"


def test_a_name_that_is_no_slug_is_offered_as_one(ready):
    for typed, near in (
        ("Acme Realty", "acme-realty"),
        ("Casa_Sol", "casa-sol"),
        ("beta.example", "beta-example"),
        ("Café São", "cafe-sao"),
    ):
        for words in (("website", "add"), ("website", "rename", "acme"), ("init", "--website")):
            done = ready(*words, typed)
            assert (done.code, offered(done)) == (2, [*words, near]), done.err
    for typed in ("AKIA" + "0123456789ABCDEXAMPLE"[:16], "x" * 64, "!!!", "store!", keys.ANTHROPIC):
        done = ready("website", "add", typed)
        assert (done.code, offered(done)) == (2, ["website", "add", "--help"]), done.err
        assert typed not in done.err


def test_a_store_that_cannot_be_written_leads_to_the_doctor(ready, home):
    (home / ".local/share/integrations/store.db.lock").unlink(missing_ok=True)
    (home / ".local/share/integrations/store.db.lock").mkdir()
    done = ready("website", "add", "beta")
    assert (done.code, offered(done)) == (74, ["doctor"]), done.err


def test_website_show_offers_its_own_form(ready):
    ready("website", "add", "beta")
    done = ready("website", "show")
    assert done.code == 2 and offered(done) == ["website", "show", "acme"], done.err
    assert ready(*offered(done)).code == 0


def test_what_was_given_already_is_asked_for_again(ready):
    done = ready("add", "stripe", "-w", "acme", "--secret-env", "secret_key=S", S=SK)
    assert done.code == 2 and "missing: publishable_key" in done.err
    words = [word.replace("NAME", "S" if "secret_key" in word else "P") for word in offered(done)]
    assert ready(*words, "--no-test", S=SK, P=PK).code == 0, words


def test_a_hint_as_data_is_a_command_and_nothing_else(ready):
    stripe(ready)
    error = json.loads(ready("add", "stripe", "-w", "acme", "--questions", "--json").err or "{}").get("error")
    assert error is None
    error = json.loads(ready("add", "stripe", "-w", "acme", "--json", "--secret-env", "secret_key=S", S=SK).err)["error"]
    assert (error["code"], error["hint"]) == ("conflict", "integrations rotate stripe -w acme")


def test_a_credential_that_is_not_set_is_filled_in_by_what_is_offered(ready):
    stripe(ready)
    done = ready("get", "stripe", "webhook_secret", "--reveal", "-w", "acme")
    assert done.code == 3, done.err
    words = [word.replace("=NAME", "=W") for word in offered(done)]
    assert ready(*words, W="whsec_" + "0" * 25 + "EXAMPLE", stdin=b"").code in {0, 21}, words


def test_a_setting_is_no_credential_and_the_website_is_kept(ready):
    stripe(ready)
    ready("website", "add", "beta")
    done = ready("rotate", "stripe", "currency", "-w", "acme")
    assert offered(done) == ["set", "stripe", "currency=VALUE", "-w", "acme"], done.err


def test_without_a_clipboard_nothing_is_opened_or_recorded(ready):
    stripe(ready)
    done = ready("get", "stripe", "secret_key", "--copy", "-w", "acme", PATH="/nowhere")
    assert done.code == 3 and offered(done) == ["get", "stripe", "secret_key", "--reveal", "-w", "acme"], done.err
    assert "credential.revealed" not in ready("history", "stripe", "-w", "acme").out


def test_a_forgotten_double_dash_is_put_where_it_belongs(ready):
    done = ready("exec", "stripe", "-w", "acme", "ls")
    assert offered(done) == ["exec", "stripe", "-w", "acme", "--", "ls"], done.err
    assert offered(ready("exec", "stripe", "-w", "acme"))[-2:] == ["--", "COMMAND"]


def test_what_strict_refuses_is_offered_whole(ready):
    stripe(ready)
    done = ready("exec", "stripe", "-w", "acme", "--strict", "--", "true", STRIPE_SECRET_KEY="x")
    assert offered(done) == ["exec", "stripe", "-w", "acme", "--strict", "--pristine", "--", "true"], done.err
    assert ready(*offered(done), STRIPE_SECRET_KEY="x").code == 0
    assert "--stdin: there is no such field" in ready("exec", "stripe", "-w", "acme", "--stdin", "nope", "--", "true").err


def test_another_name_than_the_one_to_type_is_said(ready):
    stripe(ready)
    done = ready("remove", "stripe", "-w", "acme", "--confirm", "acme")
    assert done.code == 5 and offered(done) == ["remove", "stripe", "-w", "acme", "--confirm", "stripe"], done.err


def test_a_slug_that_is_taken_is_said_before_anything_is_asked(ready):
    ready("website", "add", "beta")
    assert ready("website", "rename", "beta", "acme").code == 4
    assert "slug is not accepted\n  why: 1 to 63" in ready("website", "rename", "beta", "No_Slug").err


def test_two_answers_to_which_website_are_refused(ready):
    stripe(ready)
    for words in (("list",), ("test", "--all"), ("due",), ("usage", "show"), ("history",), ("audit", "list")):
        done = ready(*words, "-w", "acme", "-A")
        assert done.code == 2 and "-w" in done.err and "-A" in done.err, (words, done.err)


def test_a_report_of_an_unknown_kind_offers_what_was_typed(ready):
    stripe(ready)
    done = ready("test", "--all", "-w", "acme", "--report", "pdf=x")
    assert done.code == 2 and "-w" in offered(done) and "acme" in offered(done), done.err


def test_no_time_at_all_is_no_deadline(ready):
    stripe(ready)
    assert ready("test", "--all", "-w", "acme", "--timeout", "0s").code == 2


def test_nothing_to_test_is_said(ready):
    stripe(ready)
    assert "nothing to test" in ready("test", "--all", "-w", "acme", "--category", "crm").err


def test_a_day_that_is_over_is_pointed_out(ready):
    words = ("add", "mapbox", "-w", "acme", "--no-test", "--secret-env", "access_token=T", "--expires", "2020-01-01")
    assert "! 2020-01-01 is over" in ready(*words, T="pk." + "x" * 30 + "EXAMPLE").err


def test_options_in_front_of_the_command_are_put_behind_it(ready):
    for words, right in (
        (("-w", "acme", "list"), ["list", "-w", "acme"]),
        (("--iso", "website", "list"), ["website", "list", "--iso"]),
        (("--ascii", "-w", "acme", "show", "stripe"), ["show", "stripe", "--ascii", "-w", "acme"]),
    ):
        done = ready(*words)
        assert done.code == 2 and "options stand behind the command" in done.err and offered(done) == right, done.err
    assert offered(ready("--nonsense")) == ["--help"]


def test_an_option_that_is_offered_stands_behind_what_was_typed(ready, home):
    assert offered(ready("migrate", "rails-db", "-w", "acme")) == ["migrate", "rails-db", "-w", "acme", "--db", "FILE"]
    ready("website", "add", "beta")
    for website in ("acme", "beta"):
        stripe(ready, website)
    out = str(home / "all.env")
    done = ready("export", "-A", "--out", "all.env", "--plaintext", "--as", "dotenv", "--accept-plaintext")
    words = [out if word == "all.env" else word for word in offered(done)]
    assert (done.code, ready(*words).code) == (2, 0), done.err
    (home / "all.env").unlink()


def test_every_refusal_has_a_next_command(ready, home):
    (home / "no.bak").write_text("no backup")
    (home / "taken").write_text("")
    for words in (("store", "restore", str(home / "no.bak")), ("doctor", "--bundle", str(home / "taken"))):
        done = ready(*words)
        assert done.code in {4, 7} and ready(*offered(done)).code == 0, done.err


def test_a_website_that_cannot_be_is_said_before_the_store_is_made(run, home):
    done = run("init", "--slot", "file", "--no-recovery", "--website", "No_Slug")
    assert (done.code, "why: 1 to 63" in done.err, list(home.iterdir())) == (2, True, []), done.err


def test_an_option_without_its_value_leads_to_the_help_of_the_command(ready):
    for words in (("exec", "--only"), ("migrate", "env", "-w"), ("key", "slot", "add", "env", "--key-file")):
        done = ready(*words)
        assert done.code == 2 and "needs a value" in done.err, done.err
        assert offered(done) == [*words[: 2 if words[0] in ("migrate", "key") else 1], "--help"], done.err
        assert ready(*offered(done)).code == 0


CORRECTED = [  # what is typed, and what is offered first
    ("lst -w acme", "list -w acme"),
    ("shwo stripe -w acme", "show stripe -w acme"),
    ("website lst", "website list"),
    ("key stat", "key status"),
    ("list --websit acme", "list --website acme"),
    ("list --status eror -w acme", "list --status error -w acme"),
    ("list --category maps2 -w acme", "list --category maps -w acme"),
    ("list -w acm", "list -w acme"),
    ("show stripe -w acm", "show stripe -w acme"),
    ("website show acm", "website show acme"),
    ("get stripe currenci -w acme", "get stripe currency -w acme"),
    ("audit list -w acme --action rotation.swaped", "audit list -w acme --action rotation.swapped"),
    ("completion show bsh", "completion show bash"),
    ("list -w acme --format jsn", "list -w acme --format json"),
    ("test --all -w acme --fail-on rejectd", "test --all -w acme --fail-on rejected"),
    ("help exit-code", "help exit-codes"),
    ("exec strip -w acme -- true", "exec stripe -w acme -- true"),
    ("test -w acme", "test -w acme --all"),
    ("exec -w acme -- true", "exec PROVIDER -w acme -- COMMAND"),
    ("exec stripe -w acme ls -l", "exec stripe -w acme -- COMMAND"),
    ("providers show stripee", "providers show stripe"),
]


@pytest.mark.parametrize(("typed", "right"), CORRECTED, ids=[typed for typed, _ in CORRECTED])
def test_what_was_mistyped_comes_back_as_a_whole_line_to_paste(ready, typed, right):
    stripe(ready)
    done = ready(*typed.split())
    assert done.code in {2, 3} and f"\n  try: integrations {right}\n" in done.err and "\n  why: " in done.err, done.err
    if right.split()[-1].islower() and "--all" not in right:
        assert ready(*right.split()).code in {0, 2} and "error: there is no" not in ready(*right.split()).err


def test_a_yes_is_not_handed_on_to_what_was_probably_meant(ready):
    ready("website", "add", "acme-two")
    for words in (("website", "rename", "acme-to", "x", "-y"), ("website", "remove", "acme-to", "--confirm", "acme-to")):
        done = ready(*words)
        assert (done.code, "the closest is acme-two" in done.err, "try: integrations website list" in done.err) == (3, True, True), done.err


def test_a_value_is_never_part_of_the_corrected_line(ready):
    done = ready("st", "stripe", "currency=usd", "-w", "acme")
    assert done.code == 2 and "usd" not in done.err and "try: integrations --help" in done.err


NEVER = ["connect zoho -w acme", "serve", "access token create ci -w acme"]


@pytest.mark.parametrize("typed", NEVER)
def test_what_is_not_built_yet_says_so(ready, typed):
    done = ready(*typed.split())
    assert done.code == 2 and "is not built yet" in done.err and "overview" not in done.err, done.err


WRONG = [
    "nonsense", "website nonsense", "migrate", "list -w", "list --json=yes", "list extra", "list -x", "list --expiring 14", "show", "show stripe extra",
    "show nope", "show crm/stripe", "show mapbox", "test --jobs 0 --all", "test --timeout 0s stripe", "set stripe", "set stripe currency",
    "set stripe currency=X", "set stripe --secret-stdin currency", "set stripe --secret-env secret_key=NOPE", "set stripe --secret-file =x",
    "add mapbox --expires tomorrow", "add mapbox --secret-stdin access_token", "rotate stripe --finish --abort", "rotate stripe currency",
    "remove stripe -y", "exec -- true", "exec nope -- true", "get stripe", "get stripe webhook_secret --reveal", "website add acme", "website add A",
    "audit export", "usage record stripe --count 0", "who-uses --fingerprint zz", "edit stripe", "due --within x", "store backup /nowhere/x",
    "key rotate --no-recovery", "access revoke daemon -y",
]  # fmt: skip


@pytest.mark.parametrize("typed", WRONG)
def test_every_refusal_has_its_three_parts(ready, typed):
    stripe(ready)
    err = ready(*typed.split()).err
    told = [line.partition(":")[0].strip() for line in err.splitlines() if not line.startswith("   ")]
    assert told[-3:] == ["error", "why", "try"], err


def test_what_is_disabled_says_why_too(ready):
    stripe(ready)
    ready("disable", "stripe")
    assert "\n  why: what is switched off is not handed out\n" in ready("exec", "stripe", "--", "true").err


def test_a_configuration_that_cannot_be_read_says_where_and_not_what(ready, home):
    (home / ".config" / "integrations" / "config.toml").write_text("[network]\nproxy = sk_" + "live_EXAMPLE\n")
    done = ready("list")
    assert done.code == 2 and "why: it cannot be read at line 2, column" in done.err and "EXAMPLE" not in done.err, done.err


ODD = os.fsdecode(b"\xff\xfe")  # what a terminal of another encoding sends


@pytest.mark.parametrize(
    "typed",
    [
        ("list", "-w"),
        ("website", "show"),
        ("website", "use"),
        ("website", "remove", "--confirm", "x"),
        ("show", "stripe", "-w"),
    ],
    ids=" ".join,
)
def test_a_website_that_is_no_text_is_missing_and_nothing_is_called_damaged(ready, typed):
    for done in (ready(*typed, ODD), ready("list", INTEGRATIONS_WEBSITE=ODD)):
        assert (done.code, "error: there is no website of that name" in done.err, "damaged" in done.err) == (3, True, False), done.err


def test_a_file_with_the_current_website_that_is_no_text_is_a_website_that_is_not_there(ready, home):
    ready("website", "add", "beta")
    (home / ".config" / "integrations" / "website").write_bytes(b"\xff\xfe\n")
    done = ready("list")
    assert (done.code, "there is no website" in done.err) == (3, True), done.err


def test_a_reason_that_is_no_text_is_refused(ready):
    stripe(ready)
    for words in (("disable", "stripe"), ("rotate", "stripe", "secret_key", "--unchecked", "--secret-env", "secret_key=K")):
        done = ready(*words, "--reason", ODD, K="sk_test_" + "5fD40IrEXAMPLEEXAMPLE")
        assert (done.code, "why: it holds bytes that are not text (UTF-8)" in done.err) == (2, True), done.err
    assert ready("audit", "list", "--who", ODD).code in {0, 3}


def test_an_option_that_is_nothing_alike_is_not_offered(ready):
    assert "did you mean" not in ready("exec", "--all", "--json", "--", "true").err
    assert "did you mean --website" in ready("list", "--web-site", "acme").err


def test_nobody_is_asked_for_a_yes_to_what_cannot_be(ready):
    stripe(ready)
    for words in (("rollback", "stripe"), ("rotate", "stripe", "--rollback")):
        done = ready(*words)
        assert (done.code, "there is nothing to go back to" in done.err, offered(done)) == (4, True, ["history", "stripe", "-w", "acme"]), (
            done.err
        )
    assert ready("rollback", "mapbox").code == 3
