"""The traps of open incident data, each with the tests that show that nothing here falls in.

Traps are numbered as in the project's catalogue of feeds. The first four concern the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pytest

from hotspots.loaders import describe_feed, list_feeds, read_incidents

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Absent = Callable[[Iterable[str]], list[str]]

_HERE: Final = "test_traps.py"
_READ: Final = "test_read_incidents.py"
_RAGGED: Final = "test_ragged_files.py"
#: Trap → what it is, and the tests that concern it.
TRAPS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    1: (
        "an error that came with HTTP status 200",
        (
            "test_file_formats.py::test_an_arcgis_error_that_came_with_status_200_is_no_empty_table",
            "../fetch/test_arcgis.py::test_errors_under_status_200",
        ),
    ),
    2: (
        "an answer cut off by the portal",
        (
            "test_file_formats.py::test_arcgis_json_and_its_cut_answers",
            "../fetch/test_arcgis.py::test_a_service_that_cuts_silently_is_asked_for_the_rest",
        ),
    ),
    3: (
        "pages without a stable order",
        ("../fetch/test_fault_schedules.py::test_no_row_is_lost_and_none_comes_twice",),
    ),
    4: (
        "ids that were retired, hosts that moved",
        (
            "../fetch/test_client.py::test_a_refusal_is_final",
            "../fetch/test_client.py::test_a_redirect_on_the_same_host_is_followed",
        ),
    ),
    5: (
        "a file cut short by the publisher",
        (
            "test_quality_evidence.py::test_a_short_last_month_is_named",
            "test_quality_evidence.py::test_a_month_that_is_missing_altogether_is_named",
            (
                "../fetch/test_fetch_incidents.py"
                "::test_a_dataset_that_was_truncated_is_not_put_over_the_file"
            ),
        ),
    ),
    6: (
        "same header, different reference system",
        ("test_feed_us_dc.py::test_same_header_other_crs_metres_are_known_by_where_they_lie",),
    ),
    7: (
        "same column, swapped axes",
        (
            "test_bad_files.py::test_swapped_axes_are_named",
            f"{_HERE}::test_no_feed_mends_swapped_axes_unless_it_says_so",
        ),
    ),
    8: (
        "coordinates that are nearly zero",
        (
            "test_feed_us_denver.py::test_coordinates_that_are_nearly_zero_are_no_place",
            "test_feed_us_denver.py::test_real_file_plots_no_point_near_zero",
            f"{_READ}::test_places_that_are_none_stay_as_rows",
        ),
    ),
    9: (
        "words instead of a place",
        (
            "test_feed_us_seattle.py::test_texts_in_the_coordinates_say_why_there_is_no_place",
            "test_feed_us_seattle.py::test_neither_redacted_nor_a_dash_is_a_location",
            "test_feed_us_nyc.py::test_the_word_null_is_no_borough_no_end_and_no_date",
            "test_feed_ca_vancouver.py::test_offset_to_protect_privacy_is_withheld_and_no_location",
            "test_feed_us_boston.py::test_zero_and_minus_one_are_no_place",
            "test_feed_gb_police.py::test_no_location_is_missing_and_not_a_place",
            f"{_HERE}::test_every_known_word_for_no_coordinate_is_no_place",
        ),
    ),
    10: (
        "+00 that is local, UTC, or local midnight in UTC",
        (
            "test_feed_us_boston.py::test_plus_00_is_local_all_the_same",
            "test_feed_us_dc.py::test_plus_00_is_utc_so_no_hour_of_the_clock_change_is_doubtful",
            "test_feed_us_dc.py::test_real_file_shift_agrees_with_local_time_only",
            "test_feed_ca_toronto.py::test_local_midnight_in_utc_is_joined_with_the_hour",
            "test_feed_us_baltimore.py::test_moments_of_the_nibrs_layer_are_true_utc",
            "test_feed_us_detroit.py::test_moments_are_true_utc_and_the_hour_column_proves_it",
            "test_feed_us_minneapolis.py::test_plus_00_is_local_in_every_file_of_the_city",
        ),
    ),
    11: (
        "hours of the clock changes",
        (
            f"{_READ}::test_clock_gaps_and_overlaps_are_never_lost",
            "test_feed_ca_toronto.py::test_clock_changes_keep_their_rows",
            "test_feed_us_philadelphia.py::test_the_hour_that_comes_twice_in_autumn_is_two_moments",
        ),
    ),
    12: (
        "times that stand for none",
        (
            "test_feed_us_la.py::test_one_minute_past_midnight_is_a_placeholder_as_noon_is",
            "test_feed_ca_vancouver.py::test_midnight_of_withheld_rows_is_no_time",
            "test_quality_evidence.py::test_placeholder_times_are_warned_of",
        ),
    ),
    13: (
        "years that cannot be",
        (
            "test_feed_us_nyc.py::test_a_year_of_1010_is_rejected_with_its_text",
            "test_feed_us_seattle.py::test_the_year_1900_is_rejected",
            "test_feed_us_dallas.py::test_years_that_are_slips_are_rejected_and_old_ones_kept",
            "test_feed_us_detroit.py::test_the_year_1915_is_rejected_and_a_report_of_1999_is_kept",
            "test_feed_us_la.py::test_the_year_1800_is_rejected_and_an_old_offence_reported_late_is_kept",
            f"{_HERE}::test_years_that_cannot_be_are_never_kept_as_if_they_could",
        ),
    ),
    14: (
        "what one row is",
        (
            "test_feed_us_denver.py::test_offence_grain_keeps_the_incident_as_case",
            "test_feed_us_la.py::test_nibrs_rows_are_offences_and_a_case_holds_several",
            "test_feed_us_seattle.py::test_offences_of_one_report_share_its_case",
            "test_feed_us_baltimore.py::test_victims_of_one_incident_share_its_case",
            "test_feed_us_dallas.py::test_persons_of_one_incident_share_its_case",
            "test_feed_us_minneapolis.py::test_rows_that_count_others_again_are_rejected_and_listed",
            "test_quality_evidence.py::test_cases_are_counted",
        ),
    ),
    15: (
        "identical rows that are separate events",
        (
            "test_feed_ca_vancouver.py::test_identical_rows_are_separate_events",
            "test_feed_gb_police.py::test_identical_rows_without_a_crime_id_are_separate_events",
        ),
    ),
    16: (
        "an id twice, rows differ",
        (
            "test_feed_us_dc.py::test_repeated_ids_with_different_rows_are_all_kept",
            f"{_READ}::test_repeated_rows_and_ids_of_keyless_events_stay",
        ),
    ),
    17: (
        "seams where counting changed",
        (
            "test_feed_us_la.py::test_the_seam_of_2024_is_told",
            "test_feed_us_la.py::test_the_older_file_ends_where_the_newer_begins",
            "test_feed_us_sf.py::test_the_historic_file_ends_where_the_present_one_begins",
            "test_feed_us_baltimore.py::test_two_files_for_the_same_years_are_told",
            "test_feed_us_minneapolis.py::test_the_seam_of_2018_is_told",
            "test_feed_us_nyc.py::test_current_year_first_then_historic_rows_that_are_not_in_it",
        ),
    ),
    18: (
        "labels that drift, are cut off or carry a number",
        (
            "test_feed_us_nyc.py::test_labels_that_drift_or_are_cut_off_change_nothing",
            "test_feed_us_sf.py::test_labels_that_drifted_mean_the_same",
            "test_feed_us_boston.py::test_label_drift_does_not_change_the_code",
            "test_feed_us_philadelphia.py::test_a_trailing_space_in_a_category_changes_nothing",
            "test_feed_us_la.py::test_a_code_before_the_words_changes_nothing",
        ),
    ),
    19: (
        "encodings, semicolons and decimal commas",
        (
            f"{_RAGGED}::test_encodings_are_found_and_said",
            f"{_RAGGED}::test_zero_bytes_are_removed_and_counted",
            "test_generic.py::test_semicolons_and_decimal_commas",
        ),
    ),
    20: (
        "leading zeros lost",
        (
            "test_feed_us_la.py::test_lost_leading_zeros_of_the_time_are_minutes_after_midnight",
            "test_feed_us_chicago.py::test_leading_zeros_lost_in_a_spreadsheet_do_not_matter",
            "test_feed_us_boston.py::test_codes_match_with_and_without_leading_zeros",
        ),
    ),
    21: (
        "order of columns, spaces in the header",
        (
            "test_feed_us_la.py::test_a_trailing_space_in_the_header_tells_the_older_file_from_the_newer",
            "test_feeds.py::test_order_of_rows_and_columns_changes_nothing",
            "test_detect.py::test_like_names_are_found_and_exact_ones_come_first",
        ),
    ),
    22: (
        "counts below one",
        (
            "test_bad_input_cases.py::test_case_40_counts_that_are_none_are_refused",
            "test_bad_input_cases.py::test_case_40_a_feed_that_takes_rows_back_may_count_minus_one",
        ),
    ),
    23: (
        "addresses and people in public rows",
        (
            f"{_READ}::test_house_numbers_are_rounded_and_masked_blocks_stay",
            "test_feed_us_denver.py::test_exact_addresses_are_rounded_and_not_called_anonymised",
            "test_feed_us_dallas.py::test_exact_addresses_are_rounded_and_not_called_anonymised",
            "test_feed_us_dallas.py::test_names_and_homes_of_older_files_are_never_read",
            "test_feeds.py::test_nothing_about_a_person_reaches_the_incidents",
        ),
    ),
    24: (
        "whole categories absent or without a place",
        (
            "test_feed_ca_vancouver.py::test_real_file_has_no_place_for_any_offence_against_a_person",
            "test_quality_evidence.py::test_a_category_without_places_is_said",
            "test_feed_us_nyc.py::test_stations_as_places_of_sex_crimes_are_in_the_caveats",
            f"{_HERE}::test_feeds_without_sexual_offences_say_so",
        ),
    ),
    25: (
        "whole areas missing by failure",
        ("test_feed_gb_police.py::test_missing_areas_are_told_for_the_time_they_miss",),
    ),
}


def test_every_trap_of_files_has_its_tests(absent_tests: Absent) -> None:
    # 3 and 4, paging and retired addresses, can only be met when fetching.
    assert list(TRAPS) == [*range(1, 26)]
    assert all(tests for _, tests in TRAPS.values())
    assert absent_tests([f"loaders/{test}" for _, tests in TRAPS.values() for test in tests]) == []


def test_no_feed_mends_swapped_axes_unless_it_says_so() -> None:
    swapped = set()
    for feed in set(list_feeds()) - {"generic-csv"}:
        for variant in describe_feed(feed).variants:
            spec = describe_feed(feed).for_variant(variant.name)
            if any(source.swapped != "no" for source in spec.place.sources):
                swapped.add((feed, variant.name))
    assert swapped == {("us-cincinnati", "before-june-2024")}


@pytest.mark.parametrize("word", ["", "-", "NaN", "null", "(null)", "None", "N/A", "n/a", " "])
def test_every_known_word_for_no_coordinate_is_no_place(
    write: Write, word: str, police_row: Row, as_csv: Text
) -> None:
    rows = [police_row(Latitude=word, Longitude=word), police_row(), police_row()]
    incidents, quality = read_incidents(write(as_csv(rows)))
    assert incidents["location_status"].tolist() == ["missing", "ok", "ok"]
    assert incidents.geometry.isna().tolist() == [True, False, False]
    assert dict(quality.unlocated) == {"missing": 1}


@pytest.mark.parametrize("year", [1010, 1024, 1800, 1900, 2109])
def test_years_that_cannot_be_are_never_kept_as_if_they_could(
    write: Write, year: int, chicago_row: Row, as_csv: Text
) -> None:
    rows = [chicago_row(1), chicago_row(2, Date=f"06/15/{year} 03:30:00 PM"), chicago_row(3)]
    incidents, quality = read_incidents(write(as_csv(rows)))
    assert dict(quality.rejected) == {"date_out_of_range": 1}
    assert incidents["occurred_start"].dt.year.tolist() == [2024, 2024]
    # Every feed says from which day on it is believed, and that day is not one of these.
    for feed in set(list_feeds()) - {"generic-csv"}:
        for variant in describe_feed(feed).variants:
            assert describe_feed(feed).for_variant(variant.name).time.first_day.year > 1900


@pytest.mark.parametrize("feed", ["us-denver", "ca-toronto", "us-boston", "us-dallas"])
def test_feeds_without_sexual_offences_say_so(feed: str) -> None:
    said = [text.lower() for text in describe_feed(feed).caveats]
    assert any("sexual" in text and "not in it" in text for text in said)
