"""The worker: it serves jobs in its own process, and is only ever woken by them.

A job carries an id; what is due stands in PostgreSQL under a lease. So a worker that is killed
loses nothing, and no work-horse is forked per job: learners' code never runs in this process
but in the sandbox, and a fork would cost more than most jobs.
"""

from __future__ import annotations

from django.db import close_old_connections
from rq.job import Job
from rq.queue import Queue
from rq.worker import SimpleWorker


class Worker(SimpleWorker):
    # An idle worker looks after abandoned jobs every few seconds rather than every minutes.
    maintenance_interval = 5
    job_monitoring_interval = 3

    def execute_job(self, job: Job, queue: Queue) -> None:
        """As a web request does: a connection that the database has closed is not used again."""
        close_old_connections()
        try:
            super().execute_job(job, queue)
        finally:
            close_old_connections()
