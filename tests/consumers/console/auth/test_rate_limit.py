"""How often somebody may try."""

from consumers.console.auth.rate_limit import SignInLimits


def fail(limits: SignInLimits, name: str, address: str, times: int) -> None:
    for _ in range(times):
        limits.note_failure(name, address)


def test_ten_wrong_tries_then_a_wait_for_that_name_from_that_address() -> None:
    limits = SignInLimits()
    fail(limits, "ann", "1.1.1.1", 9)
    assert limits.wait_s("ann", "1.1.1.1") == 0
    fail(limits, "ANN", "1.1.1.1", 1)
    assert 200 < limits.wait_s("ann", "1.1.1.1") <= 301
    assert limits.wait_s("bea", "1.1.1.1") == 0
    assert limits.wait_s("ann", "2.2.2.2") == 0, "nobody locks a person out elsewhere"


def test_many_names_from_one_address_and_one_name_from_many() -> None:
    limits = SignInLimits()
    for number in range(60):
        limits.note_failure(f"name-{number}", "1.1.1.1")
    assert limits.wait_s("new", "1.1.1.1") > 0
    for number in range(50):
        limits.note_failure("ann", f"10.0.0.{number}")
    assert limits.wait_s("ann", "3.3.3.3") > 0


def test_the_right_password_makes_up_for_the_wrong_ones() -> None:
    limits = SignInLimits()
    fail(limits, "ann", "1.1.1.1", 10)
    limits.forgive("ann", "1.1.1.1")
    assert limits.wait_s("ann", "1.1.1.1") == 0


def test_who_is_held_back_keeps_nobody_else_from_signing_in() -> None:
    limits = SignInLimits()
    fail(limits, "ann", "1.1.1.1", 10)
    assert all(limits.wait_s("ann", "1.1.1.1") > 1 for _ in range(200))
    assert limits.wait_s("bea", "2.2.2.2") == 0


def test_all_together_are_held_back_too() -> None:
    limits = SignInLimits()
    assert any(limits.wait_s(str(number), "1.1.1.1") == 1 for number in range(200))
