"""Writes business_hours.txt: deadlines of business hours as Python's zoneinfo has them, minute by minute.

python3 business_hours.py > business_hours.txt

A line: zone | hours | holidays | from | minutes | due. Times are UTC. A shift begins at the first minute at which the
clock of the zone shows its begin, or has jumped over it, and ends likewise; a holiday has no shift that begins on it.
"""
import random
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
# Zone, and days on which its clocks change or nothing happens.
ZONES = {
    "UTC": ["2026-06-10", "2026-12-31"],
    "Europe/Berlin": ["2026-03-29", "2026-10-25", "2026-12-25", "2028-02-28"],
    "America/New_York": ["2026-03-08", "2026-11-01", "2027-01-01"],
    "America/St_Johns": ["2026-03-08", "2026-11-01"],
    "America/Santiago": ["2026-04-05", "2026-09-06"],
    "Asia/Kolkata": ["2026-05-01"],
    "Asia/Beirut": ["2026-03-29", "2026-10-25"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Pacific/Auckland": ["2026-04-05", "2026-09-27"],
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
}


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def hours(rng):
    """Text, and (weekday, begin, end) for each shift, in minutes of a day; past 1440 is the next day."""
    parts, shifts = [], []
    for _ in range(rng.randint(1, 3)):
        first, length = rng.randrange(7), rng.choice([0, 0, 1, 4, 6])
        days = [(first + more) % 7 for more in range(length + 1)]
        kind = rng.randrange(4)
        if kind == 0:
            begin, end = rng.randrange(17 * 60, 24 * 60), rng.randrange(0, 9 * 60)
        elif kind == 1:
            begin, end = rng.randrange(0, 180), rng.randrange(181, 24 * 60)
        elif kind == 2:
            begin, end = 0, 24 * 60
        else:
            begin, end = rng.randrange(6 * 60, 12 * 60), rng.randrange(12 * 60 + 1, 20 * 60)
        name = DAYS[first] if length == 0 else f"{DAYS[first]}-{DAYS[days[-1]]}"
        parts.append(f"{name} {clock(begin)}-{clock(end)}")
        shifts += [(day, begin, end if end > begin else end + 1440) for day in days]
    return ", ".join(parts), shifts


def due(zone, shifts, holidays, start, minutes):
    zone = ZoneInfo(zone)
    at = start - timedelta(days=3)
    opened, closed = {}, {}
    while True:
        local = at.astimezone(zone).replace(tzinfo=None, fold=0)
        today = local.date()
        for back in range(4):
            day = today - timedelta(days=back)
            if day in holidays:
                continue
            midnight = datetime(day.year, day.month, day.day)
            for number, (weekday, begin, end) in enumerate(shifts):
                if weekday == day.weekday():
                    key = (day, number)
                    if local >= midnight + timedelta(minutes=begin):
                        opened.setdefault(key, at)
                    if local >= midnight + timedelta(minutes=end):
                        closed.setdefault(key, at)
        if at >= start:
            if minutes == 0:
                return at
            if any(key not in closed for key in opened):
                minutes -= 1
        at += timedelta(minutes=1)


def main():
    rng = random.Random(90)
    for zone, days in ZONES.items():
        for day in days:
            for _ in range(18):
                text, shifts = hours(rng)
                around = date.fromisoformat(day)
                holidays = sorted({around + timedelta(days=rng.randrange(-2, 9)) for _ in range(rng.randrange(3))})
                start = datetime(around.year, around.month, around.day, tzinfo=timezone.utc)
                start += timedelta(minutes=rng.randrange(-3 * 1440, 2 * 1440))
                minutes = rng.choice([1, 15, 60, 240, 480, 1200])
                end = due(zone, shifts, holidays, start, minutes)
                shown = " ".join(holiday.isoformat() for holiday in holidays)
                times = f"{start:%Y-%m-%dT%H:%M:%SZ} | {minutes} | {end:%Y-%m-%dT%H:%M:%SZ}"
                print(f"{zone} | {text} | {shown} | {times}")


main()
