//! `YYYYMMDDHHMMSS`, the time in a name: seconds before it, whatever minute, day or year that is.

/// Seconds since 1970; `None` when it is no time.
pub(super) fn of(digits: &str) -> Option<i64> {
    if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    (text(seconds) == digits).then_some(seconds)
}

/// The same time, `seconds` earlier.
pub(super) fn earlier(digits: &str, seconds: usize) -> Option<String> {
    Some(text(of(digits)? - i64::try_from(seconds).ok()?))
}

/// Days since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A time as it stands in a name.
pub(super) fn text(seconds: i64) -> String {
    let (date, time) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let of_era = date.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + date.div_euclid(146_097) * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", time / 3600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::{earlier, of};

    #[test]
    fn seconds_cross_every_border() {
        assert_eq!(of("19700101000000"), Some(0));
        assert_eq!(earlier("20261121194749", 9).as_deref(), Some("20261121194740"));
        assert_eq!(earlier("20260101000000", 1).as_deref(), Some("20251231235959"));
        assert_eq!(earlier("20240301000005", 10).as_deref(), Some("20240229235955"));
        assert_eq!(earlier("20250301000005", 10).as_deref(), Some("20250228235955"));
    }

    #[test]
    fn what_is_no_time_has_no_second_before() {
        for digits in ["20261321000000", "20260230000000", "20260101250000", "2026", "2026010100000x"] {
            assert_eq!(earlier(digits, 1), None, "{digits}");
        }
    }
}
