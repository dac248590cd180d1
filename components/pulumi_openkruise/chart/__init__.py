"""The OpenKruise chart as its user meets it: values, feature gates, platforms, published archives.

Data with the checks that go with it, in versions from 1.7.0 on. Imports no Pulumi; only ``local`` and
``repository`` look at anything outside.
"""
