from docs.generate import filled, stale


def test_the_diagram_and_the_topic_table_are_those_of_the_code() -> None:
    assert stale() == [], "run `make docs`"


def test_only_what_lies_between_the_markers_is_replaced() -> None:
    text = "a\n<!-- topics -->\nold\n<!-- /topics -->\nb\n<!-- other -->\nkept\n<!-- /other -->\n"
    assert filled(text, {"topics": "new"}) == text.replace("old", "new")
    assert filled("no markers", {"topics": "new"}) == "no markers"
