"""What a version of the chart has, by the version that something came with."""

import pytest
from pulumi_openkruise.chart.version import parse_version

# In the order of semantic versions; a pre-release comes before the release of its number.
ORDERED = ("1.7.5", "1.8.0", "1.8.3", "1.9.0-alpha.4", "1.9.0", "1.9.1", "1.10.0", "2.0.0-beta.1", "2.0.0")


@pytest.mark.parametrize("since", ORDERED)
@pytest.mark.parametrize("version", ORDERED)
def test_a_version_has_what_came_with_it_or_before_it(version: str, since: str) -> None:
    assert parse_version(version).includes(since) is (ORDERED.index(since) <= ORDERED.index(version))


def test_a_forks_own_suffix_counts_as_a_pre_release_and_build_metadata_as_nothing() -> None:
    assert not parse_version("1.8.3-custom", published=False).includes("1.8.3")
    assert parse_version("1.8.3-custom", published=False).includes("1.8.0")
    assert parse_version("1.8.3+build.7").includes("1.8.3")
