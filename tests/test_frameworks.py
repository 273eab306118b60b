"""Names of frameworks in sentences: what the implementations of a record say of themselves, from no list."""

from tests.planted import implementation
from xorbench.contract import REFERENCE
from xorbench.tables.frameworks import by_hand, frameworks, named

BASELINE = implementation(REFERENCE, framework="numpy", gradients_by="hand")


def test_a_framework_is_called_as_its_gradient_method_calls_it() -> None:
    found = [
        BASELINE,
        implementation("a", framework="some-flow-cpu", gradients_by="SomeFlow's Tape"),
        implementation("b", framework="burn", gradients_by="hand in Burn"),
        implementation("c", framework="burn", gradients_by="burn.func.grad"),
        implementation("d", framework="cc", gradients_by="hand in C"),
        implementation("e", framework="quick", gradients_by="hand"),
        implementation("f", framework="old"),  # a record of schema 4 says nothing of it
    ]
    assert frameworks(found) == {
        "numpy": "NumPy",
        "some-flow-cpu": "SomeFlow",
        "burn": "Burn",
        "cc": "C",
        "quick": "Quick",
        "old": "Old",
    }


def test_one_of_several_of_a_framework_is_called_with_its_method() -> None:
    found = [
        BASELINE,
        implementation("numpy_tuned", framework="numpy", gradients_by="hand without allocating"),
        implementation("burn_manual", framework="burn", gradients_by="hand in Burn"),
        implementation("burn_grad", framework="burn", gradients_by="Burn's autodiff"),
        implementation("burn_nn", framework="burn", gradients_by="Burn's autodiff as its tutorials teach it"),
        implementation("jet_grad", framework="jet", gradients_by="JET's grad"),
        implementation("jet_grad@old", framework="other", gradients_by="JET's grad", interpreter="old"),
    ]
    assert named(found) == {
        REFERENCE: "NumPy",
        "numpy_tuned": "NumPy by hand",
        "burn_manual": "Burn by hand",
        "burn_grad": "Burn autodiff",
        "burn_nn": "Burn (burn_nn)",
        "jet_grad": "JET",
        "jet_grad@old": "JET (jet_grad@old)",
    }


def test_by_hand_is_what_the_record_says() -> None:
    assert by_hand(BASELINE)
    assert not by_hand(implementation("x", gradients_by="X's grad"))
    assert not by_hand(implementation("x"))
