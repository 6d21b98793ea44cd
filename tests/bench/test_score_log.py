"""The checks of the delivery benchmark see what they are there to see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bench import _score_log

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(
    second: float, status: int = 204, *, user: str = "ada", milliseconds: float = 200, **more: Any
) -> dict[str, Any]:
    """A post of a score that was begun so many seconds after the start."""
    begun = START + timedelta(seconds=second)
    body = {
        "userId": user,
        "scoreGiven": more.pop("score", 5),
        "timestamp": (START + timedelta(seconds=more.pop("stamp", int(second)))).isoformat(),
    }
    return {
        "endpoint": "scores",
        "path": "/lineitems/1/scores",
        "time": begun.isoformat(),
        "milliseconds": milliseconds,
        "status": status,
        "client": "cograde",
        "scope": "score",
        "body": body,
        **more,
    }


def test_an_equal_score_that_was_taken_twice_is_doubled() -> None:
    log = [entry(0), entry(3), entry(0, user="ben")]
    assert _score_log.doubled(log) == {("/lineitems/1/scores", "ada"): 2}


def test_a_corrected_score_is_not_doubled() -> None:
    assert not _score_log.doubled([entry(0, score=5), entry(3, score=6)])


def test_a_score_whose_answer_was_lost_counts_as_taken() -> None:
    lost = entry(0, _score_log.LOST_ANSWER)
    assert _score_log.accepted([lost]) == [lost]
    assert _score_log.doubled([lost, entry(9)])


def test_a_repetition_with_the_same_timestamp_is_taken_once_although_its_answer_was_lost() -> None:
    log = [entry(0, stamp=0), entry(5, _score_log.LOST_ANSWER, stamp=0), entry(9, 409, stamp=0)]
    assert len(_score_log.accepted(log)) == 1
    assert not _score_log.doubled(log)


def test_refused_scores_are_not_taken() -> None:
    assert not _score_log.accepted([entry(0, 500), entry(1, 429), entry(2, 409)])


def test_posts_within_an_asked_pause_are_seen_but_not_those_that_were_under_way() -> None:
    refused = entry(0, 429, milliseconds=5)
    under_way, hasty, patient = entry(0.1), entry(0.6), entry(1.1)
    log = [refused, under_way, hasty, patient]
    assert _score_log.unheeded(log, 1.0) == [hasty]


def test_pauses_that_overlap_are_one() -> None:
    log = [entry(0, 429, milliseconds=0), entry(0.5, 429, milliseconds=0)]
    ((begun, ended),) = _score_log.pauses(log, 1.0)
    assert ended - begun == 1.5


def test_refusals_over_the_rate_are_told_from_the_slow_ones_by_chance() -> None:
    over, chance = entry(0, 429, milliseconds=2), entry(1, 429, milliseconds=201)
    assert _score_log.over_rate([over, chance]) == [over]


def test_a_second_token_within_the_hour_shows_and_one_after_it_does_not() -> None:
    log = [entry(second, 200, endpoint="token") for second in (0, 60, 3700)]
    assert sorted(_score_log.tokens(log).values()) == [1, 2]


def test_the_busiest_second_counts_what_was_taken_within_any_second() -> None:
    moments = [0, 0.8, 0.9, 1.0, 1.1, 1.7, 3]
    log = [entry(moment, user=str(number)) for number, moment in enumerate(moments)]
    assert _score_log.busiest_second(log) == 5
