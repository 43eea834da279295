"""Starting recipes fit the labels of the data set."""

from consumers.inference.rules.defaults import default_recipe
from consumers.inference.rules.recipe import decode_recipe, encode_recipe
from consumers.trainer.rules_candidates import candidate_recipes, join, with_labels


def test_only_recipes_that_mean_a_label_are_tried() -> None:
    assert [recipe.class_names for recipe in candidate_recipes(("scratch", "spot"))] == [("scratch", "spot")]
    assert [recipe.class_names for recipe in candidate_recipes(("missing_screw", "scratch"))] == [
        ("scratch", "missing_screw"),
        ("missing_screw",),
        ("scratch", "missing_screw"),
    ]


def test_a_single_label_takes_every_recipe() -> None:
    assert {recipe.class_names for recipe in candidate_recipes(("pitting",))} == {("pitting",)}


def test_unknown_labels_are_shared_out() -> None:
    assert with_labels(default_recipe("surface"), ("dent", "scratch")).class_names == ("scratch", "dent")
    assert candidate_recipes(("crack", "stain"))


def test_a_join_is_a_recipe_whose_space_points_at_the_right_steps() -> None:
    surface, presence = default_recipe("surface"), default_recipe("presence")
    joined = decode_recipe(encode_recipe(join([surface, presence])))
    assert joined.class_names == ("scratch", "spot", "missing")
    values = [joined.value(parameter.name) for parameter in joined.space]
    assert values == [
        *(surface.value(parameter.name) for parameter in surface.space),
        *(presence.value(parameter.name) for parameter in presence.space),
    ]
