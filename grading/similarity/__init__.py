"""How much of one answer stands in another: pure, for code in any language and for text.

Tokens (`tokens`) are hashed in two ways. `grams` are all runs of three, and say how much is shared.
`marks` are few, chosen by winnowing, and find among thousands of answers those worth a look. What
is shared is shown by `tiles`.

Sources: Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting",
SIGMOD 2003; Wise, "Running Karp-Rabin matching and greedy string tiling", 1993.
"""

from __future__ import annotations

from grading.similarity.fingerprints import Print, fingerprint, share
from grading.similarity.tiles import Tile, tiles
from grading.similarity.tokens import TEXT, Token, tokens

__all__ = ["TEXT", "Print", "Tile", "Token", "fingerprint", "share", "tiles", "tokens"]
