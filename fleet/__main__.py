"""The fleet of this project's stacks, as fleet.yaml beside Pulumi.yaml describes it."""

from pulumi_openkruise.fleet import Fleet

Fleet("openkruise", file="../fleet.yaml")
