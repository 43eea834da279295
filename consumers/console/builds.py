"""Dataset builds: one at a time in a thread of the console, their progress in rows that every console shows.

A console that was stopped or killed builds no further: its builds fail and say so, and asking again is cheap, as images
that were kept already are there.
"""

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from consumers.console.events import note_change
from consumers.console.services import Services
from consumers.console.tables.builds import BuildRow
from consumers.datasets.build import PHASES, BuildProgress, build_dataset, missing_images, plan_dataset
from consumers.datasets.errors import CancelledError, DatasetsError, ImagesMissingError
from consumers.datasets.manifest import Header, Manifest
from consumers.datasets.selection import Selection
from infra.errors import InfraError
from schemas.errors import SchemasError

SHOWN_MISSING: Final = 100
GONE_US: Final = 30_000_000
"""A console that wrote nothing for so long is gone, and its builds with it."""
_BEAT_S: Final = 2.0
_NOTED_EVERY_US: Final = 500_000
_OPEN: Final = ("queued", "running")
RESTARTED: Final = "console restarted while the dataset was built: build it again"
_LOG: Final = logging.getLogger(__name__)

Build = Callable[..., Manifest]
"""(selection, asked_by, role, preview, on_progress, stop) -> the manifest of what was built or would be."""


class Builds:
    """The builds of one console. Safe to share between threads; `start` it, and `close` it at the end."""

    def __init__(self, services: Services, build: Build | None = None) -> None:
        self._services, self._database = services, services.database
        self._build = build or self._really_build
        self._runner = uuid.uuid4().hex
        self._roles: dict[str, str] = {}
        self._stops: dict[str, threading.Event] = {}  # of the build at hand
        self._ending, self._woken = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name="dataset-builds", daemon=True),
            threading.Thread(target=self._beat, name="dataset-builds-alive", daemon=True),
        ]

    def start(self) -> None:
        """Begin to build what is asked for."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop; what was not built yet has failed."""
        self._ending.set()
        for stop in list(self._stops.values()):
            stop.set()
        self._woken.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._fail(BuildRow.runner == self._runner)

    def ask(self, selection: Selection, wanted: dict[str, Any], *, by: str, role: str, preview: bool) -> BuildRow:
        """Queue a build; returns its row."""
        now = self._services.clock()
        row = BuildRow(
            build_id=f"build-{uuid.uuid4().hex}",
            asked_at_us=now,
            asked_by=by,
            wanted={**wanted, "allow_missing": selection.allow_missing},
            preview=preview,
            state="queued",
            phase="waiting",
            done=0,
            total=0,
            missing=[],
            digest=None,
            detail=None,
            result=None,
            runner=self._runner,
            alive_at_us=now,
            cancel_asked=False,
            ended_at_us=None,
        )
        self._roles[row.build_id] = role
        with self._database.write() as session:
            session.add(row)
            session.flush()
            self._note(session, row.build_id)
        self._woken.set()
        return row

    def cancel(self, build_id: str) -> None:
        """Ask whoever builds it to stop; one that is over stays as it is."""
        with self._database.write() as session:
            session.execute(
                update(BuildRow)
                .where(BuildRow.build_id == build_id, BuildRow.state.in_(_OPEN))
                .values(cancel_asked=True)
            )
        self._look_for_cancels()

    def _work(self) -> None:
        while not self._ending.is_set():
            self._woken.clear()
            try:
                row = self._next()
                if row is not None:
                    self._run(row)
                    continue
            except Exception:  # noqa: BLE001 - the database is away: tried again in a moment, and logged
                _LOG.exception("builds of datasets can't go on now")
            self._woken.wait(_BEAT_S)

    def _next(self) -> BuildRow | None:
        mine = (BuildRow.runner == self._runner, BuildRow.state == "queued")
        with self._database.read() as session:
            if session.scalar(select(BuildRow.build_id).where(*mine).limit(1)) is None:
                return None
        with self._database.write() as session:
            row = session.scalar(select(BuildRow).where(*mine).order_by(BuildRow.asked_at_us).limit(1))
            if row is not None:
                row.state, row.alive_at_us = "running", self._services.clock()
                self._note(session, row.build_id)
            return row

    def _run(self, row: BuildRow) -> None:
        stop = self._stops[row.build_id] = threading.Event()
        if self._ending.is_set():
            return
        self._look_for_cancels()
        noting = _Progress(self, row.build_id)
        try:
            manifest = self._build(
                selection_from(row.wanted),
                row.asked_by,
                self._roles.pop(row.build_id, "console"),
                row.preview,
                noting.progress,
                stop,
            )
        except ImagesMissingError as error:
            self._end(row, state="failed", detail=str(error), missing=list(error.missing[:SHOWN_MISSING]))
        except CancelledError as error:
            if not self._ending.is_set():
                self._end(row, state="cancelled", detail=str(error))
        except (DatasetsError, InfraError, SchemasError) as error:
            self._end(row, state="failed", detail=str(error))
        except Exception as error:  # noqa: BLE001 - one build's bug must not stop the next; it is logged
            _LOG.exception("build %s failed in a way nobody foresaw", row.build_id)
            self._end(row, state="failed", detail=f"a bug in linewatch ({type(error).__name__}): see the console's log")
        else:
            self._end(row, state="done", **_built(manifest))
        finally:
            del self._stops[row.build_id]

    def _really_build(
        self,
        selection: Selection,
        asked_by: str,
        role: str,
        preview: bool,
        on_progress: Callable[[BuildProgress], None],
        stop: threading.Event,
    ) -> Manifest:
        settings, blobs = self._services.settings, self._services.blobs
        if not preview:
            return build_dataset(
                settings, blobs, selection, built_by=asked_by, role=role, on_progress=on_progress, stop=stop
            ).manifest
        planned = plan_dataset(
            settings, blobs, selection, codec=self._services.codec, on_progress=on_progress, stop=stop
        )
        if planned.missing and not selection.allow_missing:
            raise missing_images(planned.missing)
        return planned.manifest

    def write(self, build_id: str, **values: Any) -> None:
        """Write how a build goes, and tell those who watch."""
        with self._database.write() as session:
            values["alive_at_us"] = self._services.clock()
            session.execute(
                update(BuildRow).where(BuildRow.build_id == build_id, BuildRow.state.in_(_OPEN)).values(**values)
            )
            self._note(session, build_id)

    @property
    def now_us(self) -> int:
        return self._services.clock()

    def _end(self, row: BuildRow, **values: Any) -> None:
        self.write(row.build_id, ended_at_us=self._services.clock(), **values)

    def _note(self, session: Session, build_id: str) -> None:
        note_change(session, self._database, "build", edge_id=None, keys=[[build_id]], at_us=self._services.clock())

    def _beat(self) -> None:
        """Say that this console lives, hear of cancels, and bury the builds of consoles that don't."""
        while not self._ending.wait(_BEAT_S):
            try:
                self._live_on()
                self._look_for_cancels()
                self._fail(BuildRow.alive_at_us < self._services.clock() - GONE_US)
            except Exception:  # noqa: BLE001 - the database is away: tried again in a moment, and logged
                _LOG.exception("builds of datasets can't be looked after now")

    def _live_on(self) -> None:
        mine = (BuildRow.runner == self._runner, BuildRow.state.in_(_OPEN))
        with self._database.read() as session:
            idle = session.scalar(select(BuildRow.build_id).where(*mine).limit(1)) is None
        if not idle:
            with self._database.write() as session:
                session.execute(update(BuildRow).where(*mine).values(alive_at_us=self._services.clock()))

    def _look_for_cancels(self) -> None:
        mine = (BuildRow.runner == self._runner, BuildRow.cancel_asked)
        with self._database.read() as session:
            asked = session.execute(select(BuildRow.build_id, BuildRow.state).where(*mine, BuildRow.state.in_(_OPEN)))
            for build_id, state in asked.all():
                if (stop := self._stops.get(build_id)) is not None:
                    stop.set()
                elif state == "queued":
                    self.write(build_id, state="cancelled", detail="cancelled before it began", ended_at_us=self.now_us)

    def _fail(self, which: ColumnElement[bool]) -> None:
        """Fail builds that nobody goes on with."""
        with self._database.read() as session:
            gone = list(session.scalars(select(BuildRow.build_id).where(which, BuildRow.state.in_(_OPEN))))
        for build_id in gone:
            self.write(build_id, state="failed", detail=RESTARTED, ended_at_us=self.now_us)


class _Progress:
    """Writes a build's progress down, twice a second."""

    def __init__(self, builds: Builds, build_id: str) -> None:
        self._builds, self._build_id = builds, build_id
        self._phase, self._next_us = "", 0

    def progress(self, now: BuildProgress) -> None:
        """One more step."""
        at_us = self._builds.now_us
        if now.phase == self._phase and at_us < self._next_us and now.done < now.total:
            return
        self._phase, self._next_us = now.phase, at_us + _NOTED_EVERY_US
        self._builds.write(self._build_id, phase=PHASES[now.phase], done=now.done, total=now.total)


def selection_from(wanted: dict[str, Any]) -> Selection:
    """The selection of a build, as its row keeps it."""
    return Selection(
        name=wanted["name"],
        edge_ids=tuple(wanted["edge_ids"]),
        from_us=wanted["from_us"],
        to_us=wanted["to_us"],
        classes=tuple(wanted["classes"]),
        include_imported=wanted["include_imported"],
        allow_missing=wanted["allow_missing"],
    )


def _built(manifest: Manifest) -> dict[str, Any]:
    header: Header = manifest.header
    result = {"images": header.images, "classes": header.classes, "splits": header.splits, "size": header.size}
    missing = [str(one) for one in manifest.missing[:SHOWN_MISSING]]
    return {"digest": header.digest, "missing": missing, "result": {**result, "missing": header.missing}}
