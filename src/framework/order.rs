//! The order of JavaScript's `localeCompare`, in which runners written in it take their folders.

/// A key that sorts as `localeCompare` does for the names that occur: punctuation, digits, letters; lower before upper.
pub(super) fn locale_compare(name: &str) -> (Vec<(u8, char)>, String) {
    const PUNCTUATION: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
    let keys = name.chars().map(|c| match PUNCTUATION.find(c) {
        Some(at) => (0, char::from(at as u8)),
        None if c.is_ascii_digit() => (1, c),
        None => (2, c.to_lowercase().next().unwrap_or(c)),
    });
    let tie: String =
        name.chars().map(|c| if c.is_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }).collect();
    (keys.collect(), tie)
}

#[cfg(test)]
mod tests {
    use super::locale_compare;

    #[test]
    fn folders_run_in_the_order_of_the_stock_command() {
        let mut names = [
            "20261120105114_combo_many_more",
            "20261120105114_combo_many_12_s",
            "20261120105114_combo_many",
            "20261120105114_combo_many_01_s",
            "20261120105114_combo",
            "20261120105114_combo_manyx",
        ];
        names.sort_by_key(|n| locale_compare(n));
        assert_eq!(
            names,
            [
                "20261120105114_combo",
                "20261120105114_combo_many",
                "20261120105114_combo_many_01_s",
                "20261120105114_combo_many_12_s",
                "20261120105114_combo_many_more",
                "20261120105114_combo_manyx"
            ]
        );
    }
}
