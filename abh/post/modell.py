"""The text model in use: weights of words, scored without any library, so it starts at once.

Pure. It is a linear model over TF-IDF of words, pairs of words and parts of words; what it says can
be added up by hand. Weights come from ``lernen`` as JSON, never as code.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from abh.post.schemas import KINDS
from abh.post.sorten import Sorted, Words

VERSION = 1
_MOST_TEXT = 6_000
_WORD = re.compile(r"[^\W\d_]{2,}")
_PART = 4
_MOST_TERMS = 3


def features(words: Words) -> Counter[str]:
    """Return how often each feature stands in an item: words, pairs, and parts of four letters.

    The sender is left out: a model must not learn persons by heart.
    """
    found = _WORD.findall(f"{words.subject} {words.subject} {words.body[:_MOST_TEXT]}".casefold())
    counted = Counter(found)
    counted.update(f"{one} {two}" for one, two in zip(found, found[1:], strict=False))
    for word in found:
        edged = f"_{word}_"
        counted.update(f"~{edged[n : n + _PART]}" for n in range(len(edged) - _PART + 1))
    return counted


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature: inverse document frequency, then one number a class."""

    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    def classify(self, words: Words) -> Sorted:
        """Return the likeliest kind with its probability and the words that spoke for it."""
        vector = self._vector(features(words))
        scores = list(self.bias)
        for feature, value in vector.items():
            for index, weight in enumerate(self.weights[feature][1:]):
                scores[index] += value * weight
        top = max(scores)
        parts = [math.exp(score - top) for score in scores]
        best = scores.index(top)
        sure = parts[best] / sum(parts)
        terms = self._terms(vector, best)
        because = f" wegen {terms}" if terms else ""
        text = f"Textmodell: {KINDS[self.classes[best]]}, {round(100 * sure)} %{because}."
        return Sorted(self.classes[best], text, sure)

    def _vector(self, counted: Mapping[str, int]) -> dict[str, float]:
        raw = {
            feature: (1 + math.log(count)) * self.weights[feature][0]
            for feature, count in counted.items()
            if feature in self.weights
        }
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {feature: value / length for feature, value in raw.items()}

    def _terms(self, vector: Mapping[str, float], best: int) -> str:
        """Name what spoke for this kind more than for the others, words only."""
        gains = []
        for feature, value in vector.items():
            if feature.startswith("~"):
                continue
            weights = self.weights[feature][1:]
            gain = value * (weights[best] - sum(weights) / len(weights))
            if gain > 0:
                gains.append((gain, feature))
        chosen: list[str] = []
        for _, feature in sorted(gains, reverse=True):
            if not any(feature in one or one in feature for one in chosen):
                chosen.append(feature)
            if len(chosen) == _MOST_TERMS:
                break
        return ", ".join(f"„{feature}“" for feature in chosen)

    def stored(self) -> bytes:
        """Return the model as JSON; the same weights give the same bytes."""
        return json.dumps(
            {
                "version": VERSION,
                "classes": list(self.classes),
                "bias": [round(value, 5) for value in self.bias],
                "weights": {
                    feature: [round(value, 5) for value in row]
                    for feature, row in sorted(self.weights.items())
                },
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8")


def read(data: bytes) -> Model:
    """Return a stored model; raises ``ValueError`` for what is none of this version."""
    raw = json.loads(data)
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise ValueError("no text model of this version")
    classes: Sequence[str] = raw["classes"]
    if not set(classes) <= set(KINDS):
        raise ValueError("unknown kinds of post")
    return Model(
        tuple(classes),
        tuple(float(value) for value in raw["bias"]),
        {str(key): tuple(float(v) for v in row) for key, row in raw["weights"].items()},
    )
