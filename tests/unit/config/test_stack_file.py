"""What of a stack's file alone shows that `pulumi up` would refuse it."""

import pytest
from pulumi_openkruise.config.declared_type import DeclaredType
from pulumi_openkruise.config.project_config import Project
from pulumi_openkruise.config.stack_file import check_stack_file

PROJECT = Project("openkruise", required=("chartVersion",), inherited={"nodeCheck": "warn"})
GOOD = "config:\n  openkruise:chartVersion: 1.8.3\n"


def codes(text: str, project: Project = PROJECT) -> dict[str, str]:
    return {problem.place: problem.code for problem in check_stack_file(text, project)}


def test_a_good_file_has_no_problem() -> None:
    assert codes(GOOD) == {}


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("config: [", "the file", "unreadable"),
        ("config: {}\n", "config", "missing-key"),
        (
            f"{GOOD}  openkruise:virtualNodeSelector: type=kwok\n",
            "openkruise:virtualNodeSelector",
            "unknown-key",
        ),
    ],
)
def test_each_problem_has_a_place(text: str, place: str, code: str) -> None:
    assert codes(text)[place] == code


def test_a_value_of_another_type_than_the_projects_is_a_problem() -> None:
    typed = Project("openkruise", types={"featureGates": DeclaredType("object")})
    text = "config:\n  openkruise:featureGates: '{\"PodWebhook\": false}'\n"
    assert codes(text, typed) == {"openkruise:featureGates": "wrong-type"}
    assert codes(text, Project("openkruise")) == {}


def test_an_environment_may_have_what_the_file_lacks() -> None:
    assert codes("environment: [prod]\nconfig: {}\n") == {}


def test_encrypted_values_are_not_checked() -> None:
    assert codes(f"{GOOD}  openkruise:values:\n    secure: AAABAxyz\n") == {}


def test_all_problems_are_reported_at_once() -> None:
    text = f"{GOOD}  openkruise:nodeCheck: maybe\n  openkruise:platform: moon\n"
    assert len(codes(text)) == 2
