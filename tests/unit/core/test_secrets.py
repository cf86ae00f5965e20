import pytest

from virtsmith.core.secrets import SecretText, is_below, is_same_server, redact


def test_a_known_secret_is_taken_out_of_any_text():
    secret = SecretText("  s3cr3t-value\n")
    assert secret.value == "s3cr3t-value"
    assert "s3cr3t" not in f"{secret} {secret!r} {[secret]}"
    assert redact("Invalid header value b'Token s3cr3t-value'") == "Invalid header value b'Token (secret)'"


def test_the_longer_of_two_secrets_is_taken_out_first():
    SecretText("abcd1234")
    SecretText("abcd1234-more")
    assert redact("<abcd1234-more>") == "<(secret)>"


def test_names_and_passwords_of_addresses_are_taken_out():
    assert redact("cannot reach https://user:pass@w.example/x: no") == "cannot reach https://w.example/x: no"
    assert redact("http://proxy.example:3128 and a@b.example") == "http://proxy.example:3128 and a@b.example"


def test_servers_are_compared_exactly():
    assert is_same_server("https://w.example/x", "HTTPS://W.EXAMPLE:443")
    assert not is_same_server("https://w.example", "https://w.example:8443")
    assert not is_same_server("nothing", "nothing")
    assert not is_same_server("http://[::1", "http://[::1")
    assert is_below("https://w.example/a/b", "https://w.example/a/")
    assert not is_below("https://w.example/ab", "https://w.example/a")


@pytest.mark.parametrize("password", ["s3cret", "s3@cret", "s3/cret", "s3?cret#s3", "@s3@", "1s3/cret", "s3//cret"])
def test_passwords_that_are_not_escaped_are_taken_out_of_addresses(password):
    assert redact(f"cannot reach http://maria:{password}@h.example/x: no") == "cannot reach http://h.example/x: no"


@pytest.mark.parametrize(
    "url", ["http://h.example:80/a@2x", "http://h.example/a:b@c", "http://[::1]:9/x", "http://h/x"]
)
def test_addresses_without_a_password_are_shown_whole(url):
    assert redact(f"cannot reach {url}: no") == f"cannot reach {url}: no"
