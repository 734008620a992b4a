"""Portals of the feeds: what their interfaces give is recognised, and their days add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from hotspots.errors import ParameterError
from hotspots.loaders.detect import match_feed
from hotspots.loaders.fetch.choosing import choose
from hotspots.loaders.fetch.contract import Span
from hotspots.loaders.fetch.windows import time_windows
from hotspots.loaders.registry import describe_feed, list_feeds
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from hotspots.loaders.portals import Portal

#: What each portal calls its columns, and the variant they are.
FIELDS: Final = {
    ("us-chicago", "2001 to present"): (
        "export",
        """
        :id id case_number date block iucr primary_type description location_description arrest
        domestic beat district ward community_area fbi_code x_coordinate y_coordinate year
        updated_on latitude longitude location
        """,
    ),
    ("us-nyc", "2006 to 2025"): (
        "historic",
        """
        :id cmplnt_num cmplnt_fr_dt cmplnt_fr_tm cmplnt_to_dt cmplnt_to_tm addr_pct_cd rpt_dt
        ky_cd ofns_desc pd_cd pd_desc crm_atpt_cptd_cd law_cat_cd boro_nm loc_of_occur_desc
        prem_typ_desc juris_desc jurisdiction_code parks_nm hadevelopt housing_psa x_coord_cd
        y_coord_cd susp_age_group susp_race susp_sex transit_district latitude longitude lat_lon
        patrol_boro station_name vic_age_group vic_race vic_sex
        """,
    ),
    ("us-la", "NIBRS, March 2024 to present"): (
        "nibrs",
        """
        :id caseno uniquenibrno date_rptd date_occ time_occ area_name rpt_dist_no nibr_code
        nibr_description crime_against premis_desc status_desc hndrdth_loc_chk hndrdth_lat
        hndrdth_lon victim_shot domestic_violence_crime hate_crime gang_related_crime
        """,
    ),
    ("us-la", "2020 to March 2024"): (
        "legacy",
        """
        :id dr_no date_rptd date_occ time_occ area area_name rpt_dist_no part_1_2 crm_cd
        crm_cd_desc mocodes vict_age vict_sex vict_descent premis_cd premis_desc weapon_used_cd
        weapon_desc status status_desc crm_cd_1 crm_cd_2 crm_cd_3 crm_cd_4 location cross_street
        lat lon
        """,
    ),
    ("us-sf", "2018 to present"): (
        "export",
        """
        :id incident_datetime incident_date incident_time incident_year incident_day_of_week
        report_datetime row_id incident_id incident_number cad_number report_type_code
        report_type_description filed_online incident_code incident_category
        incident_subcategory incident_description resolution intersection cnn police_district
        analysis_neighborhood supervisor_district latitude longitude point
        """,
    ),
    ("us-sf", "2003 to 2017"): (
        "historic",
        """
        :id pdid incidntnum incident_code category descript dayofweek date time pddistrict
        resolution address x y location
        """,
    ),
    ("us-seattle", "2008 to present"): (
        "interface",
        """
        :id report_number report_date_time offense_id offense_date nibrs_group_a_b
        nibrs_crime_against_category offense_sub_category shooting_type_group block_address
        latitude longitude beat precinct sector neighborhood reporting_area offense_category
        nibrs_offense_code_description nibrs_offense_code
        """,
    ),
    ("us-philadelphia", "2006 to present"): (
        "interface",
        """
        cartodb_id objectid dc_dist psa dispatch_date_time dispatch_date dispatch_time hour
        dc_key location_block ucr_general text_general_code point_x point_y
        """,
    ),
    ("us-boston", "2023 to present"): (
        "portal",
        """
        _id INCIDENT_NUMBER OFFENSE_CODE OFFENSE_CODE_GROUP OFFENSE_DESCRIPTION DISTRICT
        REPORTING_AREA SHOOTING OCCURRED_ON_DATE YEAR MONTH DAY_OF_WEEK HOUR UCR_PART STREET Lat
        Long Location
        """,
    ),
    ("us-dc", "2008 to present"): (
        "service",
        """
        CCN REPORT_DAT SHIFT METHOD OFFENSE BLOCK XBLOCK YBLOCK WARD ANC DISTRICT PSA
        NEIGHBORHOOD_CLUSTER BLOCK_GROUP CENSUS_TRACT VOTING_PRECINCT LATITUDE LONGITUDE BID
        START_DATE END_DATE OBJECTID OCTO_RECORD_ID geometry.x geometry.y
        """,
    ),
    ("us-denver", "the last five years"): (
        "service",
        """
        OBJECTID INCIDENT_ID OFFENSE_ID OFFENSE_CODE OFFENSE_CODE_EXTENSION OFFENSE_TYPE_ID
        OFFENSE_CATEGORY_ID FIRST_OCCURRENCE_DATE LAST_OCCURRENCE_DATE REPORTED_DATE
        INCIDENT_ADDRESS GEO_X GEO_Y GEO_LON GEO_LAT DISTRICT_ID PRECINCT_ID NEIGHBORHOOD_ID
        IS_CRIME IS_TRAFFIC VICTIM_COUNT geometry.x geometry.y
        """,
    ),
    ("ca-toronto", "2014 to present"): (
        "mci",
        """
        OBJECTID EVENT_UNIQUE_ID REPORT_DATE OCC_DATE REPORT_YEAR REPORT_MONTH REPORT_DAY
        REPORT_DOY REPORT_DOW REPORT_HOUR OCC_YEAR OCC_MONTH OCC_DAY OCC_DOY OCC_DOW OCC_HOUR
        DIVISION LOCATION_TYPE PREMISES_TYPE UCR_CODE UCR_EXT OFFENCE MCI_CATEGORY HOOD_158
        NEIGHBOURHOOD_158 HOOD_140 NEIGHBOURHOOD_140 LONG_WGS84 LAT_WGS84 x y geometry.x
        geometry.y
        """,
    ),
}
#: Protocols whose datasets are cut by their dates.
CUT: Final = ("socrata", "arcgis", "ckan", "carto")
PORTALS: Final = [
    (feed, portal)
    for feed in list_feeds()
    for portal in describe_feed(feed).portals
    if portal.protocol in CUT
]


@pytest.mark.parametrize("known", FIELDS, ids="/".join)
def test_what_an_interface_gives_is_recognised(known: tuple[str, str]) -> None:
    feed, name = known
    spec = describe_feed(feed)
    (portal,) = [p for p in spec.portals if p.name == name]
    variant, fields = FIELDS[known]
    names = fields.split()
    assert match_feed(names, feed, name).variant == variant
    assert portal.date_column in names
    # No column that a rule of the variant reads is in nobody's list but by another name.
    (chosen,) = [v for v in spec.variants if v.name == variant]
    assert {normalised(c) for c in chosen.required} <= {normalised(n) for n in names}


@pytest.mark.parametrize(("feed", "portal"), PORTALS, ids=lambda x: getattr(x, "name", x))
def test_a_portal_can_be_cut(feed: str, portal: Portal) -> None:
    zone = describe_feed(feed).time.zone
    windows = time_windows(Span(since=None, until=None, zone=zone), portal)
    # Months of the time that the dataset covers, and three for what is dated otherwise.
    assert 4 <= len(windows) <= 12 * 30
    assert windows[0].until == portal.first_day.replace(day=1)


def test_the_nine_files_of_boston_join_without_a_gap() -> None:
    portals = sorted(describe_feed("us-boston").portals, key=lambda p: p.first_day)
    assert len({p.dataset for p in portals}) == 9
    for before, after in pairwise(portals):
        assert after.first_day == before.last_day + timedelta(days=1)


#: Which variant the dataset behind each portal is, where a feed has several.
DATASETS: Final = {
    "us-la": ("nibrs", "legacy", "legacy-2010"),
    "us-sf": ("export", "historic"),
    "us-cincinnati": ("current", "before-june-2024", "until-2026"),
    "us-nyc": ("historic", "historic"),
    "us-boston": ("portal",) * 9,
    "us-baltimore": ("service", "part-1-beta"),
    "us-minneapolis": ("service", "yearly-2010", "yearly"),
    "us-dc": ("service",),
}


@dataclass(frozen=True, slots=True)
class _Offers:
    """A dialect that knows its columns, and is asked for nothing else."""

    names: tuple[str, ...]

    def fields(self) -> tuple[str, ...]:
        return self.names

    def always(self) -> tuple[str, ...]:
        return ()


def _chosen(feed: str, since: date | None, until: date | None) -> list[str]:
    spec = describe_feed(feed)
    variants = {v.name: v for v in spec.variants}
    offers = {
        portal.name: _Offers((*variants[name].required, *variants[name].optional))
        for portal, name in zip(spec.portals, DATASETS[feed], strict=True)
    }
    span = Span(since=since, until=until, zone=spec.time.zone)
    return [c.portal.name for c in choose(spec, None, span, lambda p: offers[p.name])]  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("feed", "since", "until", "names"),
    [
        ("us-la", date(2021, 1, 1), date(2024, 1, 1), ["2020 to March 2024"]),
        ("us-la", date(2024, 3, 7), None, ["NIBRS, March 2024 to present"]),
        ("us-sf", date(2017, 1, 1), date(2018, 1, 1), ["2003 to 2017"]),
        ("us-cincinnati", date(2024, 6, 3), None, ["June 2024 to present"]),
        ("us-cincinnati", date(2021, 1, 1), date(2022, 1, 1), ["2020 to June 2024"]),
        ("us-nyc", date(2025, 1, 1), None, ["2006 to 2025", "current year"]),
        ("us-boston", date(2016, 1, 1), date(2019, 1, 1), ["2018", "2017", "2016"]),
        ("us-dc", date(2019, 1, 1), date(2022, 1, 1), ["2008 to present"]),
        ("us-baltimore", date(2023, 1, 1), date(2024, 1, 1), ["NIBRS, 2022 to present"]),
        ("us-minneapolis", date(2018, 7, 1), date(2018, 8, 1), ["2018, new system"]),
    ],
)
def test_a_span_finds_the_datasets_that_hold_it(
    feed: str, since: date, until: date | None, names: list[str]
) -> None:
    assert _chosen(feed, since, until) == names


@pytest.mark.parametrize(
    ("feed", "since", "until"),
    [
        # The old file of Los Angeles runs out in the spring of 2024: it alone would show a fall.
        ("us-la", date(2021, 1, 1), None),
        ("us-la", date(2024, 1, 1), date(2024, 7, 1)),
        ("us-sf", date(2017, 1, 1), date(2020, 1, 1)),
        ("us-cincinnati", date(2024, 1, 1), date(2025, 1, 1)),
        ("us-minneapolis", date(2018, 1, 1), date(2019, 1, 1)),
        ("us-baltimore", date(2021, 1, 1), None),
    ],
)
def test_a_span_of_two_ways_of_counting_is_refused_and_both_are_named(
    feed: str, since: date, until: date | None
) -> None:
    with pytest.raises(ParameterError, match="One file cannot hold the days") as refused:
        _chosen(feed, since, until)
    assert str(refused.value).count(" from 20") >= 2
    assert "Name one with portal=" in str(refused.value)


@pytest.mark.parametrize(
    ("feed", "since", "until", "named"),
    [
        ("us-boston", date(2014, 1, 1), date(2016, 1, 1), "'2015' from 2015-06-15 to 2015-12-31"),
        ("us-nyc", date(2005, 1, 1), date(2007, 1, 1), "'2006 to 2025' from 2006-01-01"),
        ("us-sf", None, date(2000, 1, 1), "'2003 to 2017' from 2003-01-01 to 2017-12-31"),
    ],
)
def test_days_that_nobody_holds_are_not_called_too_many_for_a_file(
    feed: str, since: date | None, until: date, named: str
) -> None:
    with pytest.raises(ParameterError, match="Not all the days that are asked for") as refused:
        _chosen(feed, since, until)
    assert named in str(refused.value)
