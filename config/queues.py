"""The worker: it serves jobs in its own process, and is only ever woken by them.

A job carries an id; what is due stands in PostgreSQL under a lease. So a worker that is killed
loses nothing, and no work-horse is forked per job: learners' code never runs in this process
but in the sandbox, and a fork would cost more than most jobs.
"""

from __future__ import annotations

from rq.worker import SimpleWorker


class Worker(SimpleWorker):
    # An idle worker looks after abandoned jobs every few seconds rather than every minutes.
    maintenance_interval = 5
    job_monitoring_interval = 3
