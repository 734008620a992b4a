"""The samples that travel with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from hotspots.errors import ParameterError
from hotspots.loaders.read import Reading, read_incidents

_SUFFIXES: Final = (".csv.gz", ".geojson.gz")


def _folder() -> Path:
    """Find the samples: inside the installed package, or beside src in a checkout."""
    package = Path(str(files("hotspots")))
    folders = (package / "samples", package.parents[1] / "data" / "samples")
    return next((f for f in folders if f.is_dir()), folders[0])


def list_samples() -> tuple[str, ...]:
    """Name the samples.

    Returns
    -------
    tuple of str
        Names, sorted; those that begin with ``synthetic`` hold no real incident.

    Examples
    --------
    >>> from hotspots.loaders import list_samples
    >>> list_samples()
    ('synthetic-chicago', 'west-yorkshire-2016-07', 'west-yorkshire-2017-07',
     'west-yorkshire-2018-07', 'west-yorkshire-lsoa')
    """
    names = (p.name for p in _folder().glob("*.gz"))
    return tuple(sorted(n.removesuffix(s) for n in names for s in _SUFFIXES if n.endswith(s)))


def sample_path(name: str) -> Path:
    """Say where a sample's file is.

    Parameters
    ----------
    name : str
        One of ``list_samples()``.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ParameterError
        If there is no such sample.

    Examples
    --------
    >>> from hotspots.loaders import sample_path
    >>> sample_path("west-yorkshire-lsoa").name
    'west-yorkshire-lsoa.geojson.gz'
    """
    for suffix in _SUFFIXES:
        path = _folder() / f"{name}{suffix}"
        if name in list_samples() and path.is_file():
            return path
    msg = f"There is no sample {name!r}. Choose one of: {', '.join(list_samples())}."
    raise ParameterError(msg)


def load_sample(name: str) -> Reading:
    """Read the incidents of a sample.

    Parameters
    ----------
    name : str
        One of ``list_samples()`` that holds incidents.

    Returns
    -------
    Reading
        Incidents and their quality report.

    Raises
    ------
    ParameterError
        If there is no such sample, or it holds areas and not incidents.

    Examples
    --------
    >>> from hotspots.loaders import load_sample
    >>> incidents, quality = load_sample("west-yorkshire-2018-07")
    >>> quality.kept, quality.located
    (31635, 30752)
    """
    path = sample_path(name)
    if not path.name.endswith(".csv.gz"):
        msg = f"The sample {name!r} holds areas. Read it with read_areas(sample_path({name!r}))."
        raise ParameterError(msg)
    return read_incidents(path)
