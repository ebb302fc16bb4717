//! Random numbers that are the same everywhere: xoshiro256++ seeded by splitmix64, and exact Poisson counts.

use std::f64::consts::TAU;

#[derive(Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    pub fn new(seed: u64) -> Random {
        let mut state = [0; 4];
        let mut sum = seed;
        for word in &mut state {
            sum = sum.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = sum;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *word = mixed ^ (mixed >> 31);
        }
        Random { state }
    }

    fn word(&mut self) -> u64 {
        let s = &mut self.state;
        let word = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        word
    }

    /// Between 0 and 1, and neither.
    pub fn uniform(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    pub fn normal(&mut self) -> f64 {
        let (first, second) = (self.uniform(), self.uniform());
        (-2.0 * first.ln()).sqrt() * (TAU * second).cos()
    }

    /// With mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// With mean `shape`, which is at least 1: Marsaglia and Tsang.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            0.0
        } else if mean < 10.0 {
            self.poisson_by_inversion(mean)
        } else {
            self.poisson_by_rejection(mean)
        }
    }

    fn poisson_by_inversion(&mut self, mean: f64) -> f64 {
        let mut part = (-mean).exp();
        let (mut count, mut below) = (0.0, part);
        let uniform = self.uniform();
        while uniform > below && count < 200.0 {
            count += 1.0;
            part *= mean / count;
            below += part;
        }
        count
    }

    /// Hörmann's transformed rejection with squeeze (PTRS).
    fn poisson_by_rejection(&mut self, mean: f64) -> f64 {
        let (root, log) = (mean.sqrt(), mean.ln());
        let b = 0.931 + 2.53 * root;
        let a = -0.059 + 0.02483 * b;
        let inverse = 1.1239 + 1.1328 / (b - 3.4);
        let squeeze = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let count = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= squeeze {
                return count;
            }
            if count < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let density = -mean + count * log - ln_gamma(count + 1.0);
            if v.ln() + inverse.ln() - (a / (us * us) + b).ln() <= density {
                return count;
            }
        }
    }
}

fn ln_gamma(x: f64) -> f64 {
    if x < 12.0 {
        let (mut product, mut y) = (1.0, x);
        while y < 12.0 {
            product *= y;
            y += 1.0;
        }
        return ln_gamma(y) - f64::ln(product);
    }
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    let i = 1.0 / x;
    let i2 = i * i;
    (x - 0.5) * x.ln() - x + HALF_LN_TAU + i * (1.0 / 12.0 - i2 * (1.0 / 360.0 - i2 * (1.0 / 1260.0 - i2 / 1680.0)))
}
