from learning.admin import items

__all__ = ["items"]
