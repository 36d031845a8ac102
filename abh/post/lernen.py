"""Trains the text model from made-up post and the corrections of clerks; the newest one is in use.

Only training needs scikit-learn, which is loaded here and inside a function only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from abh.documents.akte import Blobs
from abh.documents.entsorgung import note_unused
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import DomainError
from abh.post import modell, muster
from abh.post.modell import Model, features
from abh.post.muster import Sample
from abh.post.sorten import Words
from abh.post.tables import PostCorrection, PostItem, PostModel

# What a clerk says counts as much as that many made-up texts.
_WEIGHT = 4
_MOST_FEATURES = 8_000
_MOST_CORRECTIONS = 20_000
PAUSE = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a model does with texts it has not seen; ``confused`` are (is, said, how often)."""

    learned: int
    asked: int
    right: int
    sure: int
    sure_right: int
    recall: dict[str, tuple[int, int]]
    confused: tuple[tuple[str, str, int], ...]

    @property
    def accuracy(self) -> float:
        """Share that it gets right, 0 to 1."""
        return self.right / self.asked if self.asked else 0.0


def train(samples: Sequence[Sample]) -> Model:
    """Return the model of these samples; the same ones give the same model."""
    # Loading takes longer than everything else a process does at its start.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    vectorizer = TfidfVectorizer(
        analyzer=_tokens, sublinear_tf=True, min_df=3, max_features=_MOST_FEATURES
    )
    matrix = vectorizer.fit_transform([sample.words for sample in samples])
    fitted = LogisticRegression(C=30.0, class_weight="balanced", max_iter=1_000)
    # Threads of the linear algebra wait for each other far longer than such a matrix takes.
    with threadpool_limits(limits=1):
        fitted.fit(matrix, [sample.kind for sample in samples])
    weights = {
        feature: (
            float(vectorizer.idf_[column]),
            *(float(row[column]) for row in fitted.coef_),
        )
        for feature, column in vectorizer.vocabulary_.items()
    }
    return Model(
        tuple(str(one) for one in fitted.classes_),
        tuple(float(one) for one in fitted.intercept_),
        weights,
    )


def check(corrections: Sequence[Sample] = (), *, sure: float = 0.6) -> Checked:
    """Train without every fourth template and ask about those; corrections are split likewise."""
    odd = [one for one in corrections if one.template % muster.HELD_OUT]
    even = [one for one in corrections if not one.template % muster.HELD_OUT]
    learned = [*muster.samples(held_out=False), *odd * _WEIGHT]
    return evaluate(train(learned), [*muster.samples(each=3, held_out=True), *even], len(learned),
                    sure)  # fmt: skip


def evaluate(model: Model, asked: Sequence[Sample], learned: int, sure: float) -> Checked:
    """Ask a model about samples and count."""
    recall: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    confused: Counter[tuple[str, str]] = Counter()
    right = certain = certain_right = 0
    for sample in asked:
        said = model.classify(sample.words)
        hit = said.kind == sample.kind
        right += hit
        recall[sample.kind][0] += hit
        recall[sample.kind][1] += 1
        certain += said.sure >= sure
        certain_right += hit and said.sure >= sure
        if not hit:
            confused[sample.kind, said.kind] += 1
    return Checked(
        learned,
        len(asked),
        right,
        certain,
        certain_right,
        {kind: (one[0], one[1]) for kind, one in sorted(recall.items())},
        tuple((is_, said, count) for (is_, said), count in confused.most_common(10)),
    )


def learned_from_clerks(session: Session) -> list[Sample]:
    """Return the last word of clerks on every item they corrected."""
    query = (
        select(PostCorrection.id, PostCorrection.kind, PostItem.subject, PostItem.body)
        .join(PostItem, PostItem.id == PostCorrection.item_id)
        .ext(distinct_on(PostCorrection.item_id))
        .order_by(PostCorrection.item_id, PostCorrection.id.desc())
        .limit(_MOST_CORRECTIONS)
    )
    return [
        Sample(Words(subject=row.subject, body=row.body), row.kind, row.id)
        for row in session.execute(query)
    ]


def renew(session: Session, house: House) -> PostModel:
    """Train on all samples and all corrections, file the weights and put them to use."""
    corrections = learned_from_clerks(session)
    samples = [*muster.samples(), *corrections * _WEIGHT]
    sha256 = house.blobs.put(train(samples).stored())
    older = list(session.scalars(select(PostModel.sha256).where(PostModel.sha256 != sha256)))
    row = PostModel(
        sha256=sha256,
        trained_at=house.now(),
        samples=len(samples),
        corrections=len(corrections),
        newest_correction=max((one.template for one in corrections), default=0),
        accuracy=round(check(corrections).accuracy, 4),
    )
    session.add(row)
    session.flush()
    # Only weights of texts that may still be kept: a deleted person's words go with the old model.
    session.query(PostModel).filter(PostModel.id != row.id).delete()
    note_unused(session, older, now=house.now())
    return row


def sweep(session: Session, clock: Clock, _limit: int) -> int:
    """Train when there is no model, or once a day when clerks have corrected; the job
    ``post.textmodell``. Returns 1 when it trained."""
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    newest = newest_model(session)
    if newest is not None:
        last = session.scalar(select(func.max(PostCorrection.id))) or 0
        if last == newest.newest_correction or clock.now() - newest.trained_at < PAUSE:
            return 0
    renew(session, clock)
    # One is all there is to do, however high the limit.
    return 1


def newest_model(session: Session) -> PostModel | None:
    """Return the model in use."""
    return session.scalars(select(PostModel).order_by(PostModel.id.desc()).limit(1)).one_or_none()


def in_use(session: Session, blobs: Blobs) -> Model | None:
    """Return the model in use, None while there is none: then the rules sort alone."""
    newest = newest_model(session)
    if newest is None:
        return None
    try:
        return _read(newest.sha256, cast(Hashable, blobs))
    except (DomainError, ValueError, KeyError):
        # Sorting is a convenience; post is taken in without it.
        return None


@lru_cache(maxsize=2)
def _read(sha256: str, store: Hashable) -> Model:
    return modell.read(cast(Blobs, store).get(sha256))


def _tokens(words: Words) -> Iterable[str]:
    return features(words).elements()
