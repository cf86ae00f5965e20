from virtsmith.abi.diff.walk import TreeDifference, find_changes


def test_equal_trees_have_no_changes():
    tree = {"a": {"b": 1, "c": ["x", "y"]}, "d": {}}
    assert find_changes(tree, {"a": {"b": 1, "c": ["x", "y"]}, "d": {}}) == []


def test_a_value_that_differs_is_one_change_with_its_path():
    assert find_changes({"a": {"b": 1}}, {"a": {"b": 2}}) == [TreeDifference(("a", "b"), 1, 2)]


def test_what_is_on_one_side_only_is_one_change_however_much_it_is():
    assert find_changes({"a": {}}, {"a": {}, "dev": {"x": 1, "y": 2}}) == [
        TreeDifference(("dev",), None, {"x": 1, "y": 2})
    ]


def test_an_empty_tree_is_something_too():
    assert find_changes({}, {"a": {}}) == [TreeDifference(("a",), None, {})]


def test_numbers_texts_and_switches_are_different_things():
    pairs = [
        (1, True),
        (0, False),
        (1, "1"),
        ([1], [True]),
        ({"a": {"b": {"c": {"d": 1}}}}, {"a": {"b": {"c": {"d": True}}}}),
    ]
    assert all(find_changes({"x": old}, {"x": new}) for old, new in pairs)


def test_a_null_value_is_distinguished_from_an_absent_one():
    assert find_changes({"a": None}, {}) == [TreeDifference(("a",), "null", None)]
    assert find_changes({"a": None}, {"a": None}) == []


def test_a_tree_in_the_place_of_a_value_is_a_change():
    assert find_changes({"a": 1}, {"a": {"b": 1}}) == [TreeDifference(("a",), 1, {"b": 1})]
