"""What was fetched so far, on the disk: whole parts of windows, so that any end is a pause."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import numpy as np
import polars as pl
import pyarrow as pa

from hotspots.errors import FetchError
from hotspots.files import make_folder, replace_file
from hotspots.loaders.fetch.contract import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from hotspots.loaders.fetch.contract import Page, Window

_ZSTD, _GZIP = ".csv.zst", ".csv.gz"
#: Fast: a page is packed while the next one is on its way.
_GZIP_LEVEL: Final = 1
#: Two that stand in no key of any portal.
_BETWEEN_KEYS, _IN_NO_KEY = "\0", "\1"
#: Rows of a portal that says nothing about changes are believed to be as they were for so long.
_RUN_SECONDS: Final = 24 * 3600
_RUN: Final = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One page on the disk.

    Attributes
    ----------
    file : str
        Name in the folder of parts; its keys are beside it.
    rows, size_bytes : int
        Rows, and bytes of CSV.
    sha256 : str
        Digest of the file.
    after : str
        Where the next page begins; empty: there is none.
    keyed : bool
        Whether its rows have keys.
    """

    file: str
    rows: int
    size_bytes: int
    sha256: str
    after: str
    keyed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held of one window.

    Attributes
    ----------
    window, run, columns : str
        The window's name, the run that fetched it, and the columns it was fetched with.
    tally : Tally
        What the portal said of it before.
    parts : tuple of Part
        Its pages, in order.
    done : bool
        Whether these are all.
    left_out : tuple of str
        Fields that the portal gave and that are in no part.
    """

    window: str
    run: str
    columns: str
    tally: Tally
    parts: tuple[Part, ...] = ()
    done: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def rows(self) -> int:  # numpydoc ignore=RT01
        """Sum the rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def after(self) -> str:  # numpydoc ignore=RT01
        """Say where the next page begins."""
        return self.parts[-1].after if self.parts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A folder of parts.

    Attributes
    ----------
    folder : pathlib.Path
        Where.
    run : str
        The run that is under way; one that was cut off less than a day ago goes on.
    columns : str
        Digest of the columns that every part has.
    gzipped : bool
        Whether each part is a whole gzip member, so that they make a gzip file as they are.
    """

    folder: Path
    run: str
    columns: str
    gzipped: bool

    @classmethod
    def open(cls, folder: Path, columns: Sequence[str], *, gzipped: bool) -> Parts:
        """Open a folder of parts, and take up the run that was cut off there.

        Parameters
        ----------
        folder : pathlib.Path
            Where; it is made if it is not there.
        columns : sequence of str
            Columns of every part.
        gzipped : bool
            Whether each part is to be a gzip member.

        Returns
        -------
        Parts
            The folder.
        """
        make_folder(folder)
        found = _read(folder / _RUN)
        run, begun = str(found.get("run") or ""), found.get("begun")
        begun = begun if isinstance(begun, int | float) else 0
        if not (run and 0 <= time.time() - begun < _RUN_SECONDS):
            run = uuid4().hex
            replace_file(folder / _RUN, json.dumps({"run": run, "begun": time.time()}).encode())
        digest = hashlib.sha256("\n".join(columns).encode()).hexdigest()
        return cls(folder=folder, run=run, columns=digest, gzipped=gzipped)

    def finish(self, windows: Sequence[Window]) -> None:
        """End the run, and drop what belongs to no window any more.

        Parameters
        ----------
        windows : sequence of Window
            Those that were fetched.
        """
        (self.folder / _RUN).unlink(missing_ok=True)
        names = {window.name for window in windows}
        for path in self.folder.glob("*.json"):
            if path.stem not in names:
                self.drop(path.stem)

    def held(self, window: Window) -> Held | None:
        """Look up what is held of a window.

        Parameters
        ----------
        window : Window
            The window.

        Returns
        -------
        Held or None
            None where nothing is.
        """
        found = _read(self._state(window.name))
        if not found:
            return None
        try:
            return Held(
                **{
                    **found,
                    "tally": Tally(**found["tally"]),
                    "parts": tuple(Part(**part) for part in found["parts"]),
                    "left_out": tuple(found["left_out"]),
                }
            )
        except (KeyError, TypeError):
            return None  # written by another version: as if nothing were there

    def current(self, window: Window, tally: Tally) -> Held | None:
        """Look up what is held of a window, if it is still what the portal has.

        Parameters
        ----------
        window : Window
            The window.
        tally : Tally
            What the portal says of it now.

        Returns
        -------
        Held or None
            None where the window changed, or may have.
        """
        if tally.rows == 0:
            # Nothing to keep: most months of a long span are such.
            return Held(
                window=window.name, run=self.run, columns=self.columns, tally=tally, done=True
            )
        held = self.held(window)
        if held is None or held.columns != self.columns or held.tally != tally:
            return None
        if any(part.file.endswith(_GZIP) != self.gzipped for part in held.parts):
            return None
        return held if tally.mark or held.run == self.run else None

    def begin(self, window: Window, tally: Tally) -> Held:
        """Begin a window anew.

        Parameters
        ----------
        window : Window
            The window.
        tally : Tally
            What the portal says of it.

        Returns
        -------
        Held
            Nothing yet.
        """
        self.drop(window.name)
        held = Held(window=window.name, run=self.run, columns=self.columns, tally=tally)
        self._write(held)
        return held

    def add(self, held: Held, page: Page) -> Held:
        """Put a page on the disk, and only then say that it is there.

        Parameters
        ----------
        held : Held
            What is held of the window.
        page : Page
            The next page.

        Returns
        -------
        Held
            What is held now.
        """
        name = f"{held.window}.{len(held.parts):05d}"
        if self.gzipped:
            file, content = f"{name}{_GZIP}", gzip.compress(page.body, _GZIP_LEVEL, mtime=0)
        else:
            file, content = f"{name}{_ZSTD}", pa.compress(page.body, codec="zstd", asbytes=True)
        replace_file(self.folder / file, content)
        if page.keys:
            keys = _BETWEEN_KEYS.join(page.keys).encode()
            replace_file(self.folder / f"{name}.keys", keys)
        part = Part(
            file=file,
            rows=page.rows,
            size_bytes=len(page.body),
            sha256=hashlib.sha256(content).hexdigest(),
            after=page.after,
            keyed=bool(page.keys),
        )
        left_out = tuple(dict.fromkeys((*held.left_out, *page.left_out)))
        more = replace(held, parts=(*held.parts, part), done=not page.after, left_out=left_out)
        self._write(more)
        return more

    def drop(self, window: str) -> None:
        """Forget a window; its state first, so that no state ever speaks of parts that are gone.

        Parameters
        ----------
        window : str
            Its name.
        """
        self._state(window).unlink(missing_ok=True)
        for path in self.folder.glob(f"{window}.*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def contents(self, held: Held) -> Iterator[bytes]:
        """Give the rows of a window, as they were taken, in the form of the file they are for.

        Parameters
        ----------
        held : Held
            What is held of it.

        Yields
        ------
        bytes
            A page as CSV without a header; a gzip member of that, where parts are gzipped.

        Raises
        ------
        FetchError
            If a part was damaged on the disk; it is dropped.
        """
        for part in held.parts:
            path = self.folder / part.file
            content = path.read_bytes() if path.exists() else b""
            if hashlib.sha256(content).hexdigest() != part.sha256:
                raise self._damaged(held, path)
            yield (
                content
                if self.gzipped
                else pa.decompress(content, part.size_bytes, codec="zstd", asbytes=True)
            )

    def key_digests(self, held: Held) -> npt.NDArray[np.uint64]:
        """Give digests of the keys of a window's rows, equal where the keys are.

        Parameters
        ----------
        held : Held
            What is held of it.

        Returns
        -------
        numpy.ndarray of uint64, shape (rows,)
            Eight bytes a row: among ten million rows two different keys have the same one with a
            chance of three in a million. Empty where the portal has no keys.

        Raises
        ------
        FetchError
            If keys were damaged on the disk; the window is dropped.
        """
        found = [np.empty(0, dtype=np.uint64)]
        for part in held.parts:
            path = self.folder / f"{part.file.removesuffix(_GZIP).removesuffix(_ZSTD)}.keys"
            if not part.keyed:
                continue
            try:
                keys = pl.read_csv(
                    path, has_header=False, quote_char=None, infer_schema=False,
                    separator=_IN_NO_KEY, eol_char=_BETWEEN_KEYS, new_columns=["key"],
                )  # fmt: skip
            except (OSError, pl.exceptions.PolarsError) as fault:
                raise self._damaged(held, path) from fault
            if len(keys) != part.rows:
                raise self._damaged(held, path)
            found.append(keys["key"].hash().to_numpy())
        return np.concatenate(found)

    def _damaged(self, held: Held, path: Path) -> FetchError:
        """Drop a window of which a file is not what was written."""
        self.drop(held.window)
        return FetchError(
            f"{path} was damaged since it was fetched. Run the same again to mend it."
        )

    def _state(self, window: str) -> Path:
        return self.folder / f"{window}.json"

    def _write(self, held: Held) -> None:
        replace_file(self._state(held.window), json.dumps(asdict(held)).encode())


def check_window_name(name: str) -> None:
    """Refuse a name that could not be a file's.

    Parameters
    ----------
    name : str
        A window's name.

    Raises
    ------
    FetchError
        If there is anything but letters, digits, ``-`` and ``_`` in it.
    """
    if not re.fullmatch(r"[\w-]{1,100}", name, flags=re.ASCII):
        msg = f"{name!r} cannot be the name of a window. This is a fault of the library."
        raise FetchError(msg)


def _read(path: Path) -> dict[str, Any]:
    """Read a small file of facts; one that is missing or broken says nothing."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
