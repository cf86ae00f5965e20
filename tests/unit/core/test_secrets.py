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
