"""Speed and size side by side: selectors and minimisers, nodes and Go, the component and a Release.

``python -m benchmarks`` runs all of it; everything is measured in one run on one machine, peers next to us,
because only the ratios travel to another machine.
"""
