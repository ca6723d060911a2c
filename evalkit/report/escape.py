"""Text from outside made safe to show: the names that reports use for `evalkit.display.visible` and `one_line`."""

from __future__ import annotations

from evalkit.display import one_line, visible

__all__ = ["one_line", "visible"]
