//! The settings of requests that a reload may change.

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::guards::Guards;
use crate::config::{self, Config, Model};

/// 8 MiB, what RFC 9659 allows senders of the `zstd` encoding. A power of two, as [`BodyLimits::zstd_window_log`] is.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// 2 MiB, what senders use at their default level.
const ZSTD_WINDOW_LOG_MIN: u32 = 21;

/// What a reload may change.
#[derive(Clone, Debug, Default)]
pub struct RequestSettings {
    pub limits: BodyLimits,
    /// The system of events that name none.
    pub default_system: Option<String>,
    /// The operating model; parsing asks it for rating scales.
    pub model: Arc<Model>,
    pub guards: Arc<Guards>,
    /// How `/metrics` answers.
    pub metrics: config::Metrics,
}

impl RequestSettings {
    pub fn new(config: &Config, guards: Guards) -> RequestSettings {
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        RequestSettings {
            limits: BodyLimits {
                body_bytes: bytes(config.limits.body_bytes),
                decompressed_bytes: bytes(config.limits.decompressed_bytes),
                decompression_ratio: bytes(config.limits.decompression_ratio),
                zstd_window_log: config.budget().inflating.ilog2().clamp(ZSTD_WINDOW_LOG_MIN, ZSTD_WINDOW_LOG_MAX),
            },
            default_system: config.default_system.clone(),
            model: config.model.clone(),
            guards: Arc::new(guards),
            metrics: config.metrics,
        }
    }
}

/// How large the body of one request may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyLimits {
    /// Bytes on the wire: `limits.body_bytes`.
    pub body_bytes: usize,
    /// Bytes after decompression: `limits.decompressed_bytes`.
    pub decompressed_bytes: usize,
    /// Decompressed bytes for each byte on the wire: `limits.decompression_ratio`.
    pub decompression_ratio: usize,
    /// The largest zstd window, as a power of two.
    pub zstd_window_log: u32,
}

impl Default for BodyLimits {
    fn default() -> BodyLimits {
        BodyLimits {
            body_bytes: 8 << 20,
            decompressed_bytes: 32 << 20,
            decompression_ratio: 100,
            zstd_window_log: ZSTD_WINDOW_LOG_MAX,
        }
    }
}

/// The [`RequestSettings`] in force; clones see each other's changes.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<RwLock<Arc<RequestSettings>>>);

impl Live {
    pub fn new(settings: RequestSettings) -> Live {
        Live(Arc::new(RwLock::new(Arc::new(settings))))
    }
    pub fn get(&self) -> Arc<RequestSettings> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Requests that begin after this see the new settings.
    pub fn set(&self, settings: RequestSettings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}
