"""Trained text models as bytes: JSON and plain arrays in one npz, never a pickle.

Loading runs no code from the bytes, and checks that they hash to the version that they claim.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from grading.scoring.base import CriterionSpec, LevelSpec
from grading.scoring.confidence import Calibrator
from grading.scoring.evaluation import Metrics

if TYPE_CHECKING:
    from grading.scoring.text_model import TextModel

FORMAT = "cograde-text-1"


class ModelDamagedError(ValueError):
    """The bytes are no stored model, or not the one that they claim to be."""

    permanent = True


def version(model: TextModel) -> str:
    """`1-` and 16 hexadecimal digits of a SHA-256 over everything that the model holds."""
    digest = hashlib.sha256()
    for name, values in _arrays(model).items():
        digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return f"1-{digest.hexdigest()[:16]}"


def to_bytes(model: TextModel) -> bytes:
    """The model as the bytes of a compressed npz."""
    buffer = io.BytesIO()
    claimed = np.frombuffer(model.version.encode(), dtype=np.uint8)
    arrays: dict[str, Any] = {"version": claimed, **_arrays(model)}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def from_bytes(artefact: bytes) -> TextModel:
    """The stored model. Raises ModelDamagedError."""
    try:
        with np.load(io.BytesIO(artefact), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        claimed = arrays.pop("version").tobytes().decode()
        model = _model(arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as problem:
        raise ModelDamagedError(f"These bytes are no text model: {problem}") from problem
    if model.version != claimed:
        raise ModelDamagedError(f"The model claims to be {claimed} but is {model.version}.")
    return model


def _arrays(model: TextModel) -> dict[str, NDArray[Any]]:
    about = {
        "format": FORMAT,
        "criterion": _plain_criterion(model.criterion),
        "intercept": model.intercept,
        "spread": model.spread,
        "calibrator": asdict(model.calibrator),
        "usual": asdict(model.usual),
        "telling": model.telling,
        "metrics": model.metrics.as_dict(),
    }
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, allow_nan=False)
    # Cleaned text has no line breaks, so that one can stand between grams.
    vocabulary = "\n".join(model.gram_weights)
    return {
        "about": np.frombuffer(text.encode(), dtype=np.uint8),
        "grams": np.frombuffer(vocabulary.encode("utf-8", "surrogatepass"), dtype=np.uint8),
        "gram_weights": np.fromiter(model.gram_weights.values(), dtype="<f4"),
        "feature_weights": model.feature_weights.astype("<f8"),
        "feature_mean": model.scale.mean.astype("<f8"),
        "feature_spread": model.scale.spread.astype("<f8"),
        "cuts": model.cuts.astype("<f8"),
    }


def _model(arrays: dict[str, NDArray[Any]]) -> TextModel:
    from grading.scoring.text_model import Scale, TextModel, Usual

    about = json.loads(arrays["about"].tobytes().decode())
    if about["format"] != FORMAT:
        raise ValueError(f"format {about['format']!r}")
    vocabulary = arrays["grams"].tobytes().decode("utf-8", "surrogatepass").split("\n")
    weights = [float(weight) for weight in arrays["gram_weights"]]
    calibrator = about["calibrator"]
    return TextModel(
        criterion=_criterion(about["criterion"]),
        gram_weights=dict(zip(vocabulary, weights, strict=True)),
        feature_weights=arrays["feature_weights"],
        scale=Scale(arrays["feature_mean"], arrays["feature_spread"]),
        intercept=about["intercept"],
        cuts=arrays["cuts"],
        spread=about["spread"],
        calibrator=Calibrator(**{**calibrator, "per_level": tuple(calibrator["per_level"])}),
        usual=Usual(**about["usual"]),
        telling=tuple(tuple(words) for words in about["telling"]),
        metrics=Metrics.from_dict(about["metrics"]),
    )


def _plain_criterion(criterion: CriterionSpec) -> dict[str, Any]:
    plain = asdict(criterion)
    plain["weight"] = str(criterion.weight)
    for level in plain["levels"]:
        level["points"] = str(level["points"])
    return plain


def _criterion(plain: dict[str, Any]) -> CriterionSpec:
    levels = tuple(
        LevelSpec(
            points=Decimal(level["points"]),
            title=level["title"],
            descriptor=level["descriptor"],
            anchors=tuple(level["anchors"]),
        )
        for level in plain["levels"]
    )
    return CriterionSpec(
        code=plain["code"],
        title=plain["title"],
        weight=Decimal(plain["weight"]),
        levels=levels,
        prompt=plain["prompt"],
    )
