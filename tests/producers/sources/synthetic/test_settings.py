"""What a synthetic camera's URI may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import SourceError
from producers.sources.synthetic.settings import PARTS, SyntheticSettings, parse_settings


def test_everything_can_be_said() -> None:
    uri = "synthetic:screws?seed=7&defect_rate=0.25&size=320x200&views=3&contrast=0.5&count=9"
    assert parse_settings(uri, camera_id="left") == SyntheticSettings(
        part="screws",
        seed=7,
        defect_rate=0.25,
        width=320,
        height=200,
        views=3,
        contrast=0.5,
        count=9,
        camera_id="left",
    )


def test_the_uri_s_seed_goes_before_the_caller_s() -> None:
    assert parse_settings("synthetic:panel", seed=5).seed == 5
    assert parse_settings("synthetic:panel?seed=6", seed=5).seed == 6


@given(
    part=st.sampled_from(PARTS),
    seed=st.integers(0, 2**64),
    percent=st.integers(0, 100),
    width=st.integers(64, 8192),
    height=st.integers(64, 8192),
    views=st.integers(1, 9),
    count=st.none() | st.integers(0, 10**9),
)
def test_the_uri_gives_the_settings_again(
    part: str, seed: int, percent: int, width: int, height: int, views: int, count: int | None
) -> None:
    uri = f"synthetic:{part}?seed={seed}&defect_rate={percent / 100}&size={width}x{height}&views={views}"
    settings = parse_settings(uri if count is None else f"{uri}&count={count}")
    assert parse_settings(settings.uri) == settings


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("seed=-1", "negative"),
        ("seed=x", "no number"),
        ("defect_rate=1.5", r"0\.\.1"),
        ("defect_rate=nan", r"0\.\.1"),
        ("size=640", "640x480"),
        ("size=10x10", r"64\.\.8192"),
        ("views=0", "at least 1"),
        ("contrast=0", "above 0"),
        ("count=-3", "negative"),
        ("camera_id=x", "unknown parameter"),
        ("part=screws", "unknown parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(query: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse_settings(f"synthetic:panel?{query}")
