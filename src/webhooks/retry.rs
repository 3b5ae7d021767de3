//! When a delivery is tried again, and when it is given up: the rules of MLflow's client
//! (mlflow/webhooks/delivery.py, which has urllib3's `Retry` do it).

use std::time::Duration;

/// Answers after which MLflow tries again.
const RETRIED: &[u16] = &[429, 500, 502, 503, 504];
/// An answer after which it does only if the receiver says when.
const RETRIED_WHEN_TOLD: u16 = 413;
/// Longest pause of our own choice.
pub(super) const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// Longest pause that a receiver may ask for.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(6 * 3600);

/// How often a delivery is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// Requests after the first.
    pub(super) max_retries: u32,
}

/// How one request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The receiver answered.
    Answered { status: u16, retry_after: Option<Duration> },
    /// It could not be reached, or broke off.
    Failed,
    /// It may not be called.
    Refused,
}

impl Policy {
    /// How long to wait before the next request; `None`: there is none. `attempts` have been made,
    /// `jitter` is a random number from 0 to 1.
    pub(super) fn pause(self, attempts: u32, ending: &Ending, jitter: f64) -> Option<Duration> {
        if attempts > self.max_retries {
            return None;
        }
        match *ending {
            Ending::Refused => None,
            Ending::Failed => Some(backoff(attempts, jitter)),
            Ending::Answered { status, retry_after } => {
                let told = status == RETRIED_WHEN_TOLD && retry_after.is_some();
                let again = told || RETRIED.contains(&status);
                let pause = retry_after.map(|pause| pause.min(RETRY_AFTER_MAX));
                again.then(|| pause.unwrap_or_else(|| backoff(attempts, jitter)))
            }
        }
    }
}

/// Nothing after the first attempt, then 2, 4, 8, ... seconds and up to one more.
fn backoff(attempts: u32, jitter: f64) -> Duration {
    if attempts <= 1 {
        return Duration::ZERO;
    }
    let seconds = 1_u64.checked_shl(attempts - 1).unwrap_or(u64::MAX);
    let pause = Duration::from_secs(seconds.min(BACKOFF_MAX.as_secs()));
    (pause + Duration::from_secs(1).mul_f64(jitter)).min(BACKOFF_MAX)
}

/// What a `Retry-After` asks for: seconds, or an HTTP date. What makes no sense asks for nothing.
pub(super) fn retry_after(value: &str, now_ms: i64) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        return Some(value.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let milliseconds = u64::try_from(date.as_millisecond() - now_ms).unwrap_or(0);
    Some(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Ending {
        Ending::Answered { status, retry_after: None }
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let policy = Policy { max_retries: 9 };
        let seconds = |attempts| policy.pause(attempts, &answered(503), 0.0).unwrap().as_secs();
        assert_eq!((1..=8).map(seconds).collect::<Vec<_>>(), [0, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy.pause(2, &Ending::Failed, 0.5), Some(Duration::from_millis(2500)));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let policy = Policy { max_retries: 3 };
        for status in [429, 500, 502, 503, 504] {
            assert!(policy.pause(3, &answered(status), 0.0).is_some(), "{status}");
            assert!(policy.pause(4, &answered(status), 0.0).is_none(), "{status}");
        }
        for status in [200, 204, 302, 400, 404, 408, 410, 413, 501] {
            assert!(policy.pause(1, &answered(status), 0.0).is_none(), "{status}");
        }
        assert!(policy.pause(1, &Ending::Failed, 0.0).is_some());
        assert!(policy.pause(1, &Ending::Refused, 0.0).is_none());
        assert!(Policy { max_retries: 0 }.pause(1, &Ending::Failed, 0.0).is_none());
    }

    #[test]
    fn a_receiver_says_how_long_within_bounds() {
        let policy = Policy { max_retries: 3 };
        let told = |status, seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            policy.pause(1, &Ending::Answered { status, retry_after }, 0.0)
        };
        assert_eq!(told(503, 7), Some(Duration::from_secs(7)));
        assert_eq!(told(413, 7), Some(Duration::from_secs(7)));
        assert_eq!(told(400, 7), None);
        assert_eq!(told(429, 1 << 40), Some(RETRY_AFTER_MAX));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(&"9".repeat(40), now), Some(RETRY_AFTER_MAX));
        let date = "Sun, 06 Nov 1994 08:50:37 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after(date, now + 120_000), Some(Duration::ZERO));
        for nonsense in ["", "-1", "soon", "1.5"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }
}
