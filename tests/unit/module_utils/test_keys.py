from __future__ import annotations

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("key", ["abcdefgh", "A" * 64, ".dotfirst", "_under.score", "12345678"])
def test_both_clouds_take(key: str) -> None:
    assert keys.key_problem(key) is None


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("short", "the key is not 8 to 64 characters long"),
        ("", "the key is not 8 to 64 characters long"),
        ("A" * 65, "the key is not 8 to 64 characters long"),
        ("0abcdefgh", "the key starts with a 0, which AWS refuses"),
        ("has space", "the key has a character that AWS refuses"),
        ("hyphen-ated", "the key has a character that AWS refuses"),
        ("ümlaut-key", "the key has a character that AWS refuses"),
    ],
)
def test_aws_refuses(key: str, problem: str) -> None:
    assert keys.key_problem(key) == problem


@given(st.text(min_size=8, max_size=64, alphabet=sorted(keys.AWS_ALPHABET)))
def test_what_aws_takes_azure_takes(key: str) -> None:
    if keys.aws_problem(key) is None:
        assert keys.azure_problem(key) is None


@given(st.text(min_size=4))
def test_a_problem_never_holds_the_key(key: str) -> None:
    for problem in (keys.aws_problem(key), keys.azure_problem(key)):
        if problem and key not in "the key is not has a character that refuses starts with which":
            assert key not in problem


@pytest.mark.parametrize("length", [8, 48, 64])
def test_generated_keys_are_good_and_differ(length: int) -> None:
    made = {keys.generate(length) for _unused in range(50)}
    assert len(made) == 50
    assert all(len(key) == length and keys.key_problem(key) is None for key in made)


def test_a_generated_key_has_a_length_that_aws_takes() -> None:
    with pytest.raises(ValueError, match="8 to 64"):
        keys.generate(7)


def test_fingerprint_tells_keys_and_tunnels_apart() -> None:
    one = keys.fingerprint("Invented.key", "198.51.100.1")
    assert one == keys.fingerprint("Invented.key", "198.51.100.1")
    assert one.startswith("sha256:")
    assert len(one) == len("sha256:") + 12
    assert one != keys.fingerprint("Invented.key", "198.51.100.2")
    assert one != keys.fingerprint("Invented.kez", "198.51.100.1")
