"""One worker's hold on one LMS: a lease in the database, kept alive while the worker waits.

What a worker asks of an LMS may take minutes to be answered: a token, a gradebook column, a long
list of results. Meanwhile a thread of its own renews the lease, so that nobody else makes the same
column or sends the same grade; and when the worker dies, so does the thread, and the lease ends.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from lti_tool.models import Registration

LEASE = timedelta(seconds=90)
RENEW_SECONDS = 30.0
logger = logging.getLogger(__name__)


class DeliveryLease:
    """``lost`` says that somebody else has the LMS in hand by now: write nothing any more."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self.lost = False
        self._until = registration.delivering_until
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._keeper.start()

    @classmethod
    def take(cls, registration_pk: int) -> DeliveryLease | None:
        """None while another worker has this LMS in hand, or it is switched off."""
        now = timezone.now()
        free = Q(delivering_until=None) | Q(delivering_until__lt=now)
        mine = Registration.objects.filter(free, pk=registration_pk, active=True).update(
            delivering_until=now + LEASE
        )
        return cls(Registration.objects.get(pk=registration_pk)) if mine else None

    def give_back(self) -> None:
        self._over.set()
        self._keeper.join()
        self._renewed(None)

    def _keep(self) -> None:
        try:
            while not self._over.wait(RENEW_SECONDS):
                try:
                    self.lost = not self._renewed(timezone.now() + LEASE)
                except DatabaseError:
                    # The worker will meet it too; until then, the lease may outlive the fault.
                    logger.warning("lease of LMS %s not renewed", self.registration.pk)
                    connection.close()
                if self.lost:
                    return
        finally:
            connection.close()

    def _renewed(self, until: datetime | None) -> bool:
        mine = Registration.objects.filter(pk=self.registration.pk, delivering_until=self._until)
        if not mine.update(delivering_until=until):
            return False
        self._until = until
        return True
