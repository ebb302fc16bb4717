//! The Wilson score interval: the range in which the true ratio lies, which is wide when there are few events.

/// The quantile of the normal distribution for 95 %, two-sided.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % interval (lower, upper) of `part` out of `whole`. A part above the whole counts as the whole; with a whole of 0
/// the interval is everything from 0 to 1.
pub fn interval(part: f64, whole: f64) -> (f64, f64) {
    if whole <= 0.0 {
        return (0.0, 1.0);
    }
    let ratio = (part / whole).clamp(0.0, 1.0);
    let spread = Z * Z / whole;
    let center = ratio + spread / 2.0;
    let margin = (spread * (ratio * (1.0 - ratio) + spread / 4.0)).sqrt();
    (((center - margin) / (1.0 + spread)).max(0.0), ((center + margin) / (1.0 + spread)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn agrees_with_published_values() {
        let (lower, upper) = interval(81.0, 263.0); // Newcombe 1998, table I
        assert!((lower - 0.2553).abs() < 5e-5 && (upper - 0.3662).abs() < 5e-5, "{lower} {upper}");
        let (lower, upper) = interval(0.0, 20.0);
        assert!(lower == 0.0 && (upper - 0.1611).abs() < 5e-5, "{lower} {upper}");
    }

    #[test]
    fn few_answers_never_look_like_certainty() {
        assert!(interval(3.0, 3.0).0 < 0.5);
        assert_eq!(interval(0.0, 0.0), (0.0, 1.0));
        assert!(interval(5.0, 4.0).0 <= 1.0, "a ratio above 1 is taken as 1");
    }
}
