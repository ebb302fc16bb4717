//! The rules that teams use today, minute by minute: a ratio over a window, that ratio divided by its mean of a week, its
//! z-score, the binomial z-score, and the pairs of windows of the SRE workbook. Each computes a number and has a threshold
//! for it. The thresholds are tuned in hindsight, on the same normal behavior on which the rules are judged.

/// Minutes.
const WINDOWS: [usize; 4] = [5, 30, 60, 360];
const WINDOW_NAMES: [&str; 4] = ["5m", "30m", "1h", "6h"];
const WEEK: usize = 10_080;
/// Ratio, relative ratio, z-score and binomial z-score over each window, and the pairs.
pub const RULES: usize = 17;
/// The pairs of windows come last, and are reported separately.
pub const PAIRS: usize = RULES - 1;

pub fn rule_name(rule: usize) -> String {
    if rule == PAIRS {
        return "SRE pairs".to_owned();
    }
    let kind = ["ratio", "relative", "z", "binomial z"][rule / 4];
    format!("{kind} {}", WINDOW_NAMES[rule % 4])
}

/// The numbers of all rules for one system.
#[derive(Clone)]
pub struct Rules {
    minute: usize,
    /// Tasks and escalations so far, for each minute of the last week.
    tasks: Vec<f64>,
    count: Vec<f64>,
    spread: [Spread; 4],
}

impl Default for Rules {
    fn default() -> Rules {
        let spread = [(); 4].map(|()| Spread::default());
        Rules { minute: 0, tasks: vec![0.0; WEEK + 1], count: vec![0.0; WEEK + 1], spread }
    }
}

impl Rules {
    pub fn minute(&mut self, tasks: f64, count: f64) -> [f32; RULES] {
        let length = self.tasks.len();
        let at = self.minute % length;
        let before = (self.minute + length - 1) % length;
        self.tasks[at] = self.tasks[before] + tasks;
        self.count[at] = self.count[before] + count;
        let seen = WINDOWS.map(|minutes| self.over(minutes));
        let (week_tasks, week_count) = self.over(WEEK - 1);
        let usual = week_count / week_tasks.max(1.0);
        let ratio = seen.map(|(tasks, count)| if tasks > 0.0 { count / tasks } else { 0.0 });
        let mut numbers = [0.0; RULES];
        for window in 0..4 {
            let (tasks, count) = seen[window];
            numbers[window] = ratio[window] as f32;
            numbers[4 + window] = (ratio[window] / usual.max(1e-9)) as f32;
            numbers[8 + window] = self.spread[window].z(self.minute, ratio[window]) as f32;
            let expected = tasks * usual;
            numbers[12 + window] = ((count - expected) / expected.max(1e-9).sqrt()) as f32;
        }
        numbers[PAIRS] = (ratio[0].min(ratio[2]) / 14.4).max(ratio[1].min(ratio[3]) / 6.0) as f32;
        self.minute += 1;
        numbers
    }

    /// Tasks and escalations of the last `minutes`.
    fn over(&self, minutes: usize) -> (f64, f64) {
        let length = self.tasks.len();
        let at = self.minute % length;
        if self.minute < minutes {
            return (self.tasks[at], self.count[at]);
        }
        let then = (self.minute - minutes) % length;
        (self.tasks[at] - self.tasks[then], self.count[at] - self.count[then])
    }
}

/// Mean and standard deviation of a number over a week.
#[derive(Clone)]
pub struct Spread {
    last: Vec<f32>,
    sum: f64,
    squares: f64,
}

impl Default for Spread {
    fn default() -> Spread {
        Spread { last: vec![0.0; WEEK], sum: 0.0, squares: 0.0 }
    }
}

impl Spread {
    /// Adds the number of this minute and returns its z-score.
    pub fn z(&mut self, minute: usize, number: f64) -> f64 {
        let at = minute % WEEK;
        let old = f64::from(self.last[at]);
        self.sum += number - old;
        self.squares += number * number - old * old;
        self.last[at] = number as f32;
        let minutes = (minute + 1).min(WEEK) as f64;
        let mean = self.sum / minutes;
        (number - mean) / (self.squares / minutes - mean * mean).max(1e-12).sqrt()
    }
}

/// The highest numbers of each ten days, of one rule.
#[derive(Clone, Default)]
pub struct Maxima(Vec<f32>);

impl Maxima {
    pub const DAYS: f64 = 10.0;

    pub fn add(&mut self, maximum: f32) {
        self.0.push(maximum);
    }

    /// The threshold that is exceeded once in 30 days: ten days stay below it with a probability of exp(−10/30).
    pub fn threshold(mut self) -> f32 {
        self.0.sort_by(f32::total_cmp);
        let kept = (-Maxima::DAYS / 30.0).exp();
        let at = (self.0.len() as f64 * kept).ceil() as usize;
        self.0[at.min(self.0.len() - 1)]
    }
}
