"""A WeCom stand-in for demonstrations and tests: a server of its own that imports nothing of the portal.

``python -m wecom.sandbox --port 8001`` starts it. How to use it is told in ``docs/sandbox.md``.
"""
