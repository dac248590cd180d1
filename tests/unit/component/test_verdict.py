"""The verdict on an installation: what it reports, what it refuses, and what it records."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.component.verdict import _is_in_state

from tests.support.api_server import ApiServer
from tests.support.engine import COMPONENT, NAMESPACE, RECORD, RELEASE, new_engine
from tests.support.hook_calls import (
    CLONE_SETS,
    DAEMON_SET,
    HERE,
    SECRETS,
    install,
    make_args,
    make_config,
    record_revisions,
)


@pytest.mark.parametrize("preview", [True, False])
def test_a_healthy_installation_is_looked_at_in_three_requests_and_nothing_is_said(
    server: ApiServer, said: list[str], preview: bool
) -> None:
    install(make_config(server), preview=preview)
    looked = [("GET", path) for path in (SECRETS, CLONE_SETS, DAEMON_SET)]
    assert sorted((method, path) for method, path, *_ in server.asked) == sorted(looked)
    about = {path: (query, headers["Accept"]) for _method, path, query, headers, _body in server.asked}
    assert about[SECRETS][0] == {
        "labelSelector": "owner=helm,name=kruise",
        "fieldSelector": "type=helm.sh/release.v1",
        "limit": "500",
    }
    assert all("PartialObjectMetadata" in about[path][1] for path in (SECRETS, CLONE_SETS))
    assert said == []


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "uninstalling"])
def test_a_stuck_release_is_never_unchanged(server: ApiServer, said: list[str], status: str) -> None:
    record_revisions(server, "superseded", status)
    install(make_config(server), preview=True)
    (warning,) = said
    assert warning.startswith(f"warn: Helm release kruise-system/kruise: is {status} at revision 2")
    assert "pulumi-openkruise recover" in warning

    with pytest.raises(InvalidConfigError) as caught:
        install(make_config(server))
    assert [problem.code for problem in caught.value.problems] == ["release-blocked"]
    assert "pulumi-openkruise recover" in str(caught.value)


@pytest.mark.parametrize("preview", [True, False])
def test_a_failed_release_is_reported(server: ApiServer, said: list[str], preview: bool) -> None:
    record_revisions(server, "deployed", "failed")
    install(make_config(server), preview=preview)
    (warning,) = said
    assert "is failed at revision 2" in warning
    assert "set reapply to <any new text> in the program" in warning


def test_a_release_that_the_update_has_repaired_is_not_reported(server: ApiServer, said: list[str]) -> None:
    record_revisions(server, "deployed", "failed")
    before = server.routes[SECRETS]
    assert callable(before)

    def later(query: dict[str, str]) -> tuple[int, Any]:
        record_revisions(server, "superseded", "failed", "deployed")
        return before(query)

    server.routes[SECRETS] = later
    install(make_config(server))
    assert said == []


@pytest.mark.parametrize("context", ["there", "nowhere"])
def test_a_cluster_that_cannot_be_looked_at_breaks_nothing(
    server: ApiServer, said: list[str], context: str
) -> None:
    install(make_config(server, context))
    assert said == []
    install(make_config(server, context), preview=True)
    (note,) = said
    assert note.startswith("info: the cluster was not inspected: ")


def test_a_user_who_may_not_look_breaks_nothing(server: ApiServer, said: list[str]) -> None:
    server.routes[SECRETS] = (403, {"message": "secrets is forbidden"})
    install(make_config(server))
    install(make_config(server), preview=True)
    (note,) = said
    assert "secrets is forbidden" in note


def test_an_answer_that_is_no_answer_breaks_nothing(server: ApiServer, said: list[str]) -> None:
    server.routes[CLONE_SETS] = (200, b"<html>")
    install(make_config(server), preview=True)
    assert len(said) == 1


@pytest.mark.parametrize("preview", [True, False])
def test_what_is_placed_by_the_namespace_depends_on_the_release(preview: bool) -> None:
    class Placed(pulumi.CustomResource):
        pass

    found: list[Any] = []

    def program() -> None:
        kruise = OpenKruise("kruise", make_args())

        async def read() -> None:
            resources = await kruise.namespace.resources()
            found.append({resource.pulumi_resource_name for resource in resources})
            found.append(await kruise.namespace.is_known())

        pulumi.export("read", pulumi.Output.from_input(read()))
        Placed("test:index:Placed", "after", {"in": kruise.namespace})

    with new_engine(preview=preview) as engine:
        engine.run(program)
        placed = engine.of_type("test:index:Placed")
        assert placed.inputs == {"in": "kruise-system"}
        assert engine.of_type(RELEASE).urn in placed.request.dependencies
    assert found == [{"kruise-release"}, True]


@pytest.mark.parametrize("context", ["here", "there"])
def test_the_address_is_recorded_with_the_release(server: ApiServer, context: str) -> None:
    address = {"here": server.address, "there": "http://127.0.0.1:1"}[context]
    with new_engine() as engine:
        pulumi.runtime.set_all_config(make_config(server, context))
        engine.run(lambda: OpenKruise("kruise", make_args()))
        assert engine.outputs[engine.of_type(RECORD).urn] == {**HERE, "server": address}
        assert "server" not in engine.of_type(COMPONENT).inputs


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("config", [{}, {"kubernetes:kubeconfig": "/nowhere"}], ids=["none", "unreadable"])
def test_an_update_in_place_that_does_not_know_its_cluster_keeps_the_recorded_address(
    config: dict[str, str], preview: bool
) -> None:
    recorded = {**HERE, "server": "https://old.example"}
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(config)
        engine.mocks.state[RECORD] = recorded
        engine.run(lambda: OpenKruise("kruise", make_args()))
        assert engine.outputs[engine.of_type(RECORD).urn] == recorded


def test_a_refused_update_leaves_the_record_as_it_was(server: ApiServer) -> None:
    record_revisions(server)
    recorded = {**HERE, "server": "https://old.example"}
    with new_engine() as engine:
        pulumi.runtime.set_all_config(make_config(server))
        engine.mocks.state[RECORD] = recorded
        with pytest.raises(InvalidConfigError, match=r"on the cluster at https://old\.example"):
            engine.run(lambda: OpenKruise("kruise", make_args()))
        assert engine.of_type(RECORD).urn not in engine.outputs


@pytest.mark.parametrize("owner", ["kruise", None])
def test_a_release_that_the_cluster_has_not_is_not_deployed(
    server: ApiServer, said: list[str], owner: str | None
) -> None:
    record_revisions(server)
    way = "\n    pulumi-openkruise recover" if owner else "\n    pulumi refresh --yes\n"
    if owner is None:
        server.routes.pop(CLONE_SETS)
    install(make_config(server), preview=True)
    (warning,) = said
    assert warning.startswith(
        "warn: `up` refuses this: Helm release kruise-system/kruise: is in this stack's"
    )
    assert way in f"{warning}\n"
    with pytest.raises(InvalidConfigError) as caught:
        install(make_config(server))
    assert [problem.code for problem in caught.value.problems] == ["release-gone"]


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("included", [True, False])
def test_a_release_that_was_never_installed_is_not_missed(
    server: ApiServer, said: list[str], hooks: dict[str, pulumi.ResourceHook], included: bool, preview: bool
) -> None:
    """Neither where this operation creates it, nor where --target leaves it out."""
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(make_config(server))
        if included:
            engine.hooks, engine.creates = hooks, {COMPONENT, RECORD, NAMESPACE, RELEASE}
        if preview or not included:
            engine.mocks.state = {}
        engine.run(lambda: OpenKruise("kruise", make_args()) and None)
    assert said == []


@pytest.mark.parametrize(("preview", "looks"), [(True, 1), (False, 2)])
def test_only_an_update_looks_again_at_a_release_that_it_may_have_repaired(
    server: ApiServer, said: list[str], preview: bool, looks: int
) -> None:
    record_revisions(server, "deployed", "failed")
    install(make_config(server), preview=preview)
    assert [path for _method, path, *_ in server.asked].count(SECRETS) == looks
    assert len(said) == 1


@pytest.mark.parametrize(("known", "found"), [(True, True), (False, False), (None, False)])
def test_a_release_whose_registration_fails_is_not_taken_for_one_in_the_state(
    known: bool | None, found: bool
) -> None:
    async def read_status() -> Any:
        if known is None:
            raise RuntimeError("its registration failed")
        return {"status": "deployed"}

    class Release:
        """A release with a status that is known, unknown, or never will be."""

        def __init__(self) -> None:
            is_known = asyncio.ensure_future(asyncio.sleep(0, bool(known)))
            self.status = pulumi.Output(set(), asyncio.ensure_future(read_status()), is_known)
            if known is False:
                self.status = pulumi.Output.from_input(pulumi.output.UNKNOWN)

    async def ask() -> bool:
        return await _is_in_state(Release())

    assert asyncio.run(ask()) is found
