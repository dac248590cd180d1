"""What each version of the chart takes: values, feature gates, platforms; pure, except for two modules.

``local`` may read a chart on this machine, ``repository`` may ask a chart repository. Versions from 1.7.0 on.
"""
