"""Machine marks against human marks, on real answers with two human marks each.

    python -m bench.scoring [DATA]

DATA is a folder with short_answers/, essays/ and traits/ (see its README). For every set a model
is trained on one part and judged on the rest:

human    quadratic weighted kappa between the two raters, on the held-out part
machine  the same between machine and rater, mean over the two raters
ratio    machine ÷ human; at 1 the machine agrees with a person as people do with one another
promise  the largest share of wrong levels that is promised: 15 %, or, where people themselves
         differ more often than that, the share of training answers on which they differ
auto     share of the held-out answers that the machine would settle under that promise
wrong    share of those whose level is not the settled human one, and whether the promise held

The figure is the mean ratio over the sets with two raters. The trait scores come with one mark
only (resolved), so that they have no human baseline and do not count.
"""

from __future__ import annotations

import csv
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grading.scoring.agreement import (
    error_lower_bound,
    exact_agreement,
    expected_calibration_error,
    quadratic_weighted_kappa,
)
from grading.scoring.base import CriterionSpec, LevelSpec, NotEnoughEvidence, ProposedMark
from grading.scoring.evaluation import settle
from grading.scoring.text_model import MarkedText, TextModel, train

DEFAULT_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
AIM = 1.0
LARGEST_ERROR = 0.15
MOST_TRAINED, MOST_JUDGED = 1200, 600
SEED = 7


@dataclass(frozen=True)
class Set:
    """Marked answers to one question; marks are level indices."""

    name: str
    levels: int
    answers: list[MarkedText]


@dataclass(frozen=True)
class Result:
    """What was found on the held-out answers of one set."""

    ratio: float | None
    promised: bool
    kept: bool
    automatic: float


def short_answers(folder: Path) -> Iterator[Set]:
    for path in sorted(folder.glob("asap_sas_*.tsv"), key=lambda p: int(p.stem.split("_")[-1])):
        rows = [
            line.split("\t")
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        ]
        marked = [(row[5], int(row[2]), int(row[3])) for row in rows if len(row) >= 6]
        yield _set(f"short {path.stem.split('_')[-1]}", marked)


def essays(path: Path) -> Iterator[Set]:
    csv.field_size_limit(10**7)
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    for number in sorted({int(row["essay_set"]) for row in rows}):
        marked = [
            (row["essay"], int(row["rater1_domain1"]), int(row["rater2_domain1"]))
            for row in rows
            if int(row["essay_set"]) == number
        ]
        yield _set(f"essay {number}", marked)


def traits(path: Path) -> Iterator[Set]:
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for trait in ("Cohesion", "Conventions"):
        marked = [(row["full_text"], round(float(row[trait]) * 2)) for row in rows]
        yield _set(f"trait {trait.lower()}", marked)


def _set(name: str, marked: Sequence[tuple[str, *tuple[int, ...]]]) -> Set:
    lowest = min(min(row[1:]) for row in marked)
    highest = max(max(row[1:]) for row in marked)
    answers = [MarkedText(row[0], tuple(mark - lowest for mark in row[1:])) for row in marked]
    random.Random(SEED).shuffle(answers)
    return Set(name, highest - lowest + 1, answers)


def judge(data: Set, trained: int = MOST_TRAINED) -> Result | None:
    """Trains on at most `trained` answers, judges at most 600 others, prints one line."""
    part = min(trained, int(len(data.answers) * 0.7))
    seen, unseen = data.answers[:part], data.answers[part:][-MOST_JUDGED:]
    promise = max(LARGEST_ERROR, _difference(seen))
    started = time.perf_counter()
    try:
        model = train(_criterion(data), seen, seed=SEED)
    except NotEnoughEvidence as refused:
        print(f"{data.name:18} {part:5}  no model: {refused}")
        return None
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    marks = [model.score(answer.text) for answer in unseen]
    each = (time.perf_counter() - started) / len(unseen)
    result, columns = _compare(model, marks, unseen, promise)
    print(f"{data.name:18} {part:5} {len(unseen):5}  {columns}  {seconds:5.1f}  {each * 1e3:5.2f}")
    return result


def _compare(
    model: TextModel, marks: list[ProposedMark], unseen: list[MarkedText], promise: float
) -> tuple[Result, str]:
    level = np.array([-1 if mark.level is None else mark.level for mark in marks])
    settled = np.array([settle(answer.marks) for answer in unseen])
    sure = np.array([mark.confidence for mark in marks])
    threshold = model.threshold_for(promise)
    auto = np.array([threshold is not None and m.confidence >= threshold for m in marks])
    auto &= np.array([not mark.flags for mark in marks])
    wrong = int(np.sum(level[auto] != settled[auto]))
    share = wrong / max(int(auto.sum()), 1)
    machine = float(np.mean([quadratic_weighted_kappa(rater, level) for rater in _raters(unseen)]))
    human = quadratic_weighted_kappa(*_raters(unseen)) if len(unseen[0].marks) > 1 else None
    # A held-out share above the promise counts as not kept, even where chance explains it.
    kept = share <= promise
    explained = error_lower_bound(wrong, max(int(auto.sum()), 1)) <= promise
    ratio = None if human is None else machine / human
    verdict = "yes" if kept else ("chance" if explained else "NO")
    columns = (
        f"{human or float('nan'):5.3f}  {machine:6.3f}  {ratio or float('nan'):5.3f}  "
        f"{exact_agreement(level, settled):5.3f}  "
        f"{expected_calibration_error(sure, (level == settled).astype(float)):5.3f}  "
        f"{promise:6.1%}  {auto.mean():6.1%}  {share:6.1%}  "
        f"{verdict if threshold is not None else 'none':6}"
    )
    return Result(ratio, threshold is not None, kept, float(auto.mean())), columns


def _raters(answers: list[MarkedText]) -> list[list[int]]:
    return [list(rater) for rater in zip(*(answer.marks for answer in answers), strict=True)]


def _difference(answers: list[MarkedText]) -> float:
    raters = _raters(answers)
    return 1.0 - exact_agreement(*raters) if len(raters) > 1 else 0.0


def _criterion(data: Set) -> CriterionSpec:
    levels = tuple(LevelSpec(Decimal(n), f"level {n}") for n in range(data.levels))
    return CriterionSpec(data.name, data.name, Decimal(1), levels)


def main(data: Path) -> int:
    if not (data / "short_answers").is_dir():
        print(f"scoring: no data in {data}; give the folder with short_answers/ as argument")
        return 2
    print(
        f"{'set':18} train  held  human machine  ratio  exact    ece  promise   auto   wrong  "
        "kept    train s  ms each"
    )
    sets = [*short_answers(data / "short_answers"), *essays(data / "essays/asap_aes_1_3_5_7.tsv")]
    results = [result for one in sets if (result := judge(one)) is not None]
    print("Few marks (100):")
    few = [result for one in sets if (result := judge(one, 100)) is not None]
    print("Traits (one resolved mark, halves of a point as levels):")
    single = [
        r for one in traits(data / "traits/ellipse.csv") if (r := judge(one, 800)) is not None
    ]
    every = [*results, *few, *single]
    promised = [result for result in every if result.promised]
    kept = sum(result.kept for result in promised)
    print(f"promise kept on held-out marks in {kept} of {len(promised)} sets that gave one")
    print(f"settled by the machine, mean over two-rater sets: {_mean(results, 'automatic'):.1%}")
    print(f"ratio with 100 marks: {_mean(few, 'ratio'):.3f}")
    figure = _mean(results, "ratio")
    reached = figure >= AIM
    print(f"scoring: {figure:.3f} (aim {AIM}) {'ok' if reached else 'short'}")
    return 0 if reached else 1


def _mean(results: list[Result], name: str) -> float:
    values = [getattr(result, name) for result in results]
    return float(np.mean([value for value in values if value is not None] or [0.0]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_DATA))
