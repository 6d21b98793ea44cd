"""Runs in the peers' own environment: copydetect over the files that are named on its input.

Input: JSON {"pairs": [[earlier, later], …], "newcomer": path, "others": [paths]}. Output: JSON with
`scores` of the pairs, the higher of its two similarities as its reports sort them, and `seconds`
to compare the newcomer with the others, whose fingerprints are made before the clock starts.
"""

from __future__ import annotations

import json
import sys
import time

from copydetect import CodeFingerprint, compare_files  # type: ignore[import-not-found]

# Its own defaults: noise threshold 25, guarantee threshold 30.
NOISE, WINDOW = 25, 6


def main() -> None:
    asked = json.load(sys.stdin)
    known: dict[str, object] = {}

    def of(path: str) -> object:
        if path not in known:
            known[path] = CodeFingerprint(path, NOISE, WINDOW)
        return known[path]

    scores = []
    for earlier, later in asked["pairs"]:
        _tokens, similar, _slices = compare_files(of(earlier), of(later))
        scores.append(float(max(similar)))
    others = [of(path) for path in asked["others"]]
    begun = time.perf_counter()
    if asked["newcomer"]:
        newcomer = CodeFingerprint(asked["newcomer"], NOISE, WINDOW)
        for other in others:
            compare_files(other, newcomer)
    print(json.dumps({"scores": scores, "seconds": time.perf_counter() - begun}))


main()
