"""The open-files hint."""

from infra.broker.limits import FILES_WANTED, open_files_limit, open_files_warning


def test_enough_files_need_no_word() -> None:
    assert open_files_warning(FILES_WANTED) is None
    assert open_files_warning(None) is None


def test_too_few_files_say_for_how_much_they_do_and_how_to_raise_them() -> None:
    warning = open_files_warning(4096)
    assert warning is not None
    assert "4096 files" in warning
    assert "about 1198 partitions" in warning
    assert "ulimit" in warning


def test_this_machines_limit_is_a_number_or_unlimited() -> None:
    limit = open_files_limit()
    assert limit is None or limit > 0
