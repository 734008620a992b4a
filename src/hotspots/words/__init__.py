"""Messages as data: a key and values travel through the house, text is made where people read.

Each room keeps its English templates in one file, ``words/en/<room>.toml``; a key is
``<room>.<name>``. Another language is another folder with the same keys.
"""

from __future__ import annotations

from hotspots.words.messages import Message, languages, message, say

__all__ = ["Message", "languages", "message", "say"]
