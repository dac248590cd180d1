"""The component as a plugin; Pulumi runs it for programs in other languages."""

from pulumi_openkruise.component.plugin import main

main()
