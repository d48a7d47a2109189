"""`sanwang report`: ask, lay out, write."""

from __future__ import annotations

from datetime import date

from streams.config import Settings
from streams.errors import SanwangError
from streams.report.figures import make_report
from streams.report.period import PeriodKind, period_of
from streams.report.render import render
from streams.report.tables import sheets_of, title_of
from streams.report.words import Format, Language
from streams.warehouse.asking import Asking


def report_bytes(
    settings: Settings, kind: PeriodKind, day: date, area: str = "", form: Format = "table", language: Language = "zh"
) -> bytes:
    """The report of the period that holds `day`, for an area code or ("") the whole city.

    Raises SanwangError for a code that is no area of the city, and as the warehouse does.
    """
    warehouse = Asking(settings.clickhouse)
    place = ""
    if area:
        named = warehouse.query("SELECT name FROM sanwang.areas FINAL WHERE code = {area:String}", {"area": area})
        if not named:
            raise SanwangError(f"{area!r} is no area of the city: give its code of 12 digits, 15 for a grid")
        place = named[0][0]
    report = make_report(warehouse, period_of(kind, day), area)
    return render(title_of(report, language, place), sheets_of(report, language), form)
