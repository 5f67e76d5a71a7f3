"""Dates as the screens write them: to the day, 24-hour clock."""

DATE_FORMAT = "Y 年 n 月 j 日"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y 年 n 月 j 日 H:i"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
MONTH_DAY_FORMAT = "n 月 j 日"
YEAR_MONTH_FORMAT = "Y 年 n 月"
