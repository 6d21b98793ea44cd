"""A linear model of how people mark one criterion, with an honest confidence.

Texts become presence of character sequences (`grams`) and some plain numbers (`features`); a
ridge on the people's levels gives a latent value, cut into levels (`ridge`). Everything that is
said about quality rests on cross-fitting: each marked text is judged by a model, with its own
cut points, that has not seen it. Only the penalty, one of five values, is chosen on all texts (by
leave-one-out). The confidence is calibrated on those judgements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from grading.scoring import base, explain, features, grams, oddities, ridge, storage
from grading.scoring.base import CriterionSpec, NotEnoughEvidence, ProposedMark, Response
from grading.scoring.confidence import Calibrator, calibrate
from grading.scoring.evaluation import HeldOut, Metrics, evaluate, settle

SCORER = "text"
FEWEST_EXAMPLES = 40
MOST_EXAMPLES = 2500  # training grows with the cube
LEAST_KAPPA = 0.3
FEATURE_WEIGHT = 0.2  # of all features together, against 1 for the grams
UNFAMILIAR_AT_MOST = 0.5
LONGEST_TEXT = 40_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text and the level indices that its raters gave, in a fixed order of raters."""

    text: str
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Standardises features and clips them, so that no extreme can carry a mark."""

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, raw: Floats) -> Scale:
        spread = raw.std(axis=0)
        return cls(raw.mean(axis=0), np.where(spread > 1e-9, spread, np.inf))

    def apply(self, raw: Floats) -> Floats:
        return np.asarray(np.clip((raw - self.mean) / self.spread, -3.0, 3.0), dtype=float)


@dataclass(frozen=True, slots=True)
class Usual:
    """The range of the marked texts; a text outside of it is unfamiliar.

    `unknown` is the largest usual share of grams that fewer than two marked texts have;
    `grammar` the smallest usual share of grammatical words.
    """

    unknown: float
    fewest_words: float
    most_words: float
    grammar: float


@dataclass(frozen=True)
class TextModel:
    """A trained model of one criterion. Immutable; `version` is a hash of all that it holds."""

    criterion: CriterionSpec
    gram_weights: Mapping[str, float]
    feature_weights: Floats
    scale: Scale
    intercept: float
    cuts: Floats
    spread: float
    calibrator: Calibrator
    usual: Usual
    telling: tuple[tuple[str, ...], ...]
    metrics: Metrics
    version: str = ""
    _reference: features.Reference = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_reference", features.reference(self.criterion))
        object.__setattr__(self, "version", storage.version(self))

    def score(self, text: str) -> ProposedMark:
        """The proposed mark of one text. Texts over 40,000 characters and texts without a word
        get no proposal.
        """
        if len(text) > LONGEST_TEXT or not features.WORD.search(text):
            return self._refused(text)
        cleaned = grams.clean(text)
        total, different, known, parts = grams.weigh_characters(cleaned.text, self.gram_weights)
        length = math.sqrt(max(different, 1))
        row = self.scale.apply(features.matrix([text], self._reference))[0]
        latent = np.array([total / length + float(row @ self.feature_weights) + self.intercept])
        level = ridge.to_levels(latent, self.cuts)
        unknown = 1.0 - known / max(different, 1)
        raw = ridge.level_probability(latent, self.cuts, self.spread)
        sure = float(self.calibrator.confidence(raw, np.array([unknown]), level)[0])
        flags = self._flags(text, unknown)
        if flags:
            sure = min(sure, UNFAMILIAR_AT_MOST)
        spans = explain.evidence(cleaned, parts / length)
        index = int(level[0])
        return ProposedMark(
            criterion=self.criterion.code,
            level=index,
            confidence=sure,
            rationale=explain.rationale(text, self.criterion, index, spans, self.telling),
            evidence=spans,
            scorer=SCORER,
            scorer_version=self.version,
            flags=flags,
        )

    def _refused(self, text: str) -> ProposedMark:
        if len(text) > LONGEST_TEXT:
            why, flag = "The text is too long for the machine to judge.", base.UNUSUAL_TEXT
        else:
            why, flag = "There is no text to judge.", base.NO_ANSWER
        return base.no_proposal(self.criterion.code, why, SCORER, self.version, flag)

    def _flags(self, text: str, unknown: float) -> tuple[str, ...]:
        found = oddities.oddities(text, self.usual.grammar)
        count = len(features.words(text))
        usual = self.usual
        if unknown > usual.unknown or not usual.fewest_words <= count <= usual.most_words:
            return (*found, base.UNFAMILIAR)
        return found

    def threshold_for(self, max_error: float) -> float | None:
        """The smallest confidence from which at most `max_error` (0..1) of the levels differ from
        the settled ones, with 95 % confidence; None when that cannot be promised.

        The promise is about answers without flags, drawn as the marked ones were.
        """
        return self.metrics.threshold_for(max_error)

    def to_bytes(self) -> bytes:
        """The model as bytes without code (arrays and JSON); equal models give equal bytes."""
        return storage.to_bytes(self)

    @classmethod
    def from_bytes(cls, artefact: bytes) -> TextModel:
        """Raises storage.ModelDamagedError when the bytes are not what `to_bytes` gave."""
        return storage.from_bytes(artefact)


class TextScorer:
    """A trained model as a scorer."""

    name = SCORER

    def __init__(self, model: TextModel) -> None:
        self._model = model

    @property
    def version(self) -> str:
        return self._model.version

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        """No proposal when the criterion is not the one that the model was trained for: marks
        given by another rubric say nothing about this one.
        """
        if criterion != self._model.criterion:
            why = "The rubric has changed since the machine learned it."
            return base.no_proposal(criterion.code, why, SCORER, self.version)
        return self._model.score(response.text)


@dataclass(frozen=True, slots=True)
class _Material:
    """The marked texts as numbers; `similar` is the kernel, one row and column per text."""

    texts: list[str]
    cleaned: list[str]
    marks: list[tuple[int, ...]]
    table: grams.GramTable
    features: Floats
    scale: Scale
    similar: Floats
    target: Floats
    settled: Ints
    weight: Floats
    levels: int

    def fit(self, rows: Ints, penalties: Sequence[float] = ridge.PENALTIES) -> ridge.Fit:
        return ridge.fit(
            self.similar[np.ix_(rows, rows)],
            self.target[rows],
            self.settled[rows],
            self.weight[rows],
            self.levels,
            penalties,
        )


def train(criterion: CriterionSpec, examples: Sequence[MarkedText], seed: int = 0) -> TextModel:
    """Trains on marked texts; deterministic given the examples' order and the seed.

    Of more than 2,500 examples a random 2,500 are used. Raises NotEnoughEvidence below 40 marked
    texts with words, with fewer than two levels seen, or when held-out agreement (quadratic
    weighted kappa with the settled levels) is under 0.3; ValueError for a mark that is no level.
    """
    rng = np.random.default_rng(seed)
    used = _usable(criterion, examples, rng)
    # More threads would change the order of sums, and with it the model's version.
    with threadpool_limits(limits=1):
        return _train(criterion, used, rng)


def _train(
    criterion: CriterionSpec, used: Sequence[MarkedText], rng: np.random.Generator
) -> TextModel:
    material = _material(criterion, used)
    fit = material.fit(np.arange(len(used)))
    held_out, raw, unknown = _cross_fit(material, fit.penalty, rng)
    metrics = evaluate(held_out, material.marks)
    if metrics.qwk_settled < LEAST_KAPPA:
        raise NotEnoughEvidence(
            f"On answers it had not seen, the machine agrees too little with people: "
            f"quadratic weighted kappa {metrics.qwk_settled:.2f}, at least {LEAST_KAPPA} is needed."
        )
    return TextModel(
        criterion=criterion,
        gram_weights=_gram_weights(material.table, fit.dual),
        feature_weights=_feature_weights(material.features, fit.dual),
        scale=material.scale,
        intercept=fit.intercept,
        cuts=fit.cuts,
        spread=fit.spread,
        calibrator=calibrate(raw, unknown, held_out.level, held_out.right, material.levels),
        usual=_usual(material.texts, unknown),
        telling=explain.telling_words(material.texts, material.settled, material.levels),
        metrics=metrics,
    )


def _usable(
    criterion: CriterionSpec, examples: Sequence[MarkedText], rng: np.random.Generator
) -> list[MarkedText]:
    for example in examples:
        if not example.marks or not all(0 <= mark <= criterion.top for mark in example.marks):
            raise ValueError(f"{example.marks} are no levels of {criterion.code}.")
    used = [e for e in examples if features.WORD.search(e.text) and len(e.text) <= LONGEST_TEXT]
    if len(used) < FEWEST_EXAMPLES:
        raise NotEnoughEvidence(
            f"{len(used)} marked answers are too few; at least {FEWEST_EXAMPLES} are needed."
        )
    if len({settle(example.marks) for example in used}) < 2:
        raise NotEnoughEvidence(
            "All marked answers have the same level: there is nothing to learn."
        )
    if len(used) > MOST_EXAMPLES:
        kept = np.sort(rng.choice(len(used), MOST_EXAMPLES, replace=False))
        used = [used[index] for index in kept]
    return used


def _material(criterion: CriterionSpec, used: Sequence[MarkedText]) -> _Material:
    texts = [example.text for example in used]
    marks = [example.marks for example in used]
    cleaned = [grams.clean(text).text for text in texts]
    table = grams.table(cleaned)
    raw = features.matrix(texts, features.reference(criterion))
    scale = Scale.of(raw)
    standard = scale.apply(raw)
    inner = FEATURE_WEIGHT / standard.shape[1] * (standard @ standard.T)
    return _Material(
        texts=texts,
        cleaned=cleaned,
        marks=marks,
        table=table,
        features=standard,
        scale=scale,
        similar=grams.similarities(table) + inner,
        target=np.array([np.mean(m) for m in marks], dtype=float),
        settled=np.array([settle(m) for m in marks], dtype=int),
        weight=np.array([1.0 / (1.0 + max(m) - min(m)) for m in marks], dtype=float),
        levels=len(criterion.levels),
    )


def _folds(cleaned: Sequence[str], count: int, rng: np.random.Generator) -> Ints:
    """A fold number per text. Equal texts share a fold: a copy would be no held-out text."""
    groups: dict[str, int] = {}
    group = np.array([groups.setdefault(text, len(groups)) for text in cleaned])
    return np.asarray(rng.permutation(np.arange(len(groups)) % count)[group], dtype=int)


def _cross_fit(
    material: _Material, penalty: float, rng: np.random.Generator
) -> tuple[HeldOut, Floats, Floats]:
    """Held-out levels with cross-fitted confidences, raw probabilities and unknown shares."""
    n = len(material.texts)
    fold = _folds(material.cleaned, 10 if n <= 400 else 5, rng)
    level, raw, unknown = np.zeros(n, dtype=int), np.zeros(n), np.zeros(n)
    for held in range(fold.max() + 1):
        rows, seen = np.flatnonzero(fold == held), np.flatnonzero(fold != held)
        fit = material.fit(seen, (penalty,))
        latent = fit.predict(material.similar[np.ix_(rows, seen)])
        level[rows] = ridge.to_levels(latent, fit.cuts)
        raw[rows] = ridge.level_probability(latent, fit.cuts, fit.spread)
        unknown[rows] = 1.0 - grams.known_shares(material.table, rows, seen)
    right = np.asarray(level == material.settled, dtype=int)
    confidence = np.zeros(n)
    for held in range(fold.max() + 1):
        rows, seen = fold == held, fold != held
        fitted = calibrate(raw[seen], unknown[seen], level[seen], right[seen], material.levels)
        confidence[rows] = fitted.confidence(raw[rows], unknown[rows], level[rows])
    usual = _usual(material.texts, unknown)
    eligible = np.array(
        [
            share <= usual.unknown and not oddities.oddities(text, usual.grammar)
            for text, share in zip(material.texts, unknown, strict=True)
        ]
    )
    return HeldOut(level, material.settled, confidence, eligible), raw, unknown


def _usual(texts: Sequence[str], unknown: Floats) -> Usual:
    found = [features.words(text) for text in texts]
    counts = [len(own) for own in found]
    grammar = float(np.quantile([oddities.grammar(own) for own in found], 0.05))
    return Usual(
        unknown=float(np.quantile(unknown, 0.99)) + 0.05,
        fewest_words=min(counts) * 0.5,
        most_words=max(counts) * 1.5,
        grammar=min(oddities.FEWEST_FUNCTION_WORDS, grammar / 2)
        if grammar < 0.2
        else oddities.FEWEST_FUNCTION_WORDS,
    )


def _gram_weights(table: grams.GramTable, dual: Floats) -> dict[str, float]:
    """Primal weights of the grams that at least two texts share, rounded to 32 bits.

    Rarer ones are left out: they would fill the model with what one learner wrote.
    """
    counts = np.asarray(table.presence.sum(axis=0)).ravel()
    weights = np.asarray(table.presence.T @ (dual / np.sqrt(table.sizes))).ravel()
    kept = np.flatnonzero(counts >= 2)
    small = weights[kept].astype(np.float32)
    return {table.vocabulary[int(i)]: float(w) for i, w in zip(kept, small, strict=True)}


def _feature_weights(standard: Floats, dual: Floats) -> Floats:
    return np.asarray(FEATURE_WEIGHT / standard.shape[1] * (standard.T @ dual), dtype=float)
