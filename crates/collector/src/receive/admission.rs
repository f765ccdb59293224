//! Who may send, and how fast: keys and a rate, asked before anything of a request is read.
//!
//! Preflights do not come here: the guard answers them, and lets pages send these headers.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Request, header},
    middleware::Next,
    response::Response,
};
use subtle::{Choice, ConstantTimeEq};

use super::{
    body::discard,
    grpc,
    http::{self, Failure},
};
use crate::{
    connections::Peer,
    ingest::MAX_BODY,
    terminal::{Kind, Terminal},
};

/// How many senders are told apart; all others share one allowance.
const SENDERS: usize = 16_384;

/// The keys, of which a request must have one; if there are any.
#[derive(Clone, Default)]
pub struct Keys(Vec<String>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Keys {
    /// Errors show no key.
    pub fn new(keys: Vec<String>) -> Result<Self, String> {
        // A list in a variable may have blanks behind its commas.
        let keys: Vec<String> = keys.iter().map(|key| key.trim().to_owned()).collect();
        let is_wrong = |key: &String| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic());
        match keys.iter().position(is_wrong) {
            None => Ok(Self(keys)),
            Some(index) => Err(format!("--api-key, number {}: a key is printable ASCII without blanks", index + 1)),
        }
    }

    fn admit(&self, headers: &HeaderMap) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let bearer = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
            let (scheme, key) = value.as_bytes().split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii())
        });
        let plain = headers.get_all("x-api-key").iter().map(|value| value.as_bytes().trim_ascii());
        let given: Vec<&[u8]> = bearer.chain(plain).collect();
        // All are compared, so that the time tells nothing of which one it is.
        let any = given.iter().flat_map(|given| self.0.iter().map(|key| given.ct_eq(key.as_bytes())));
        any.fold(Choice::from(0), |any, one| any | one).into()
    }
}

/// How many requests a sender may send: so many a second, and as many at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    per_second: f64,
}

impl Rate {
    /// Reads the flag: `100`, `100/s` or `600/m`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            _ => f64::NAN,
        };
        let number = number.trim().parse::<u32>().ok().filter(|number| *number > 0).map(f64::from);
        match number {
            Some(number) if !seconds.is_nan() => Ok(Self { per_second: number / seconds }),
            _ => Err("it must be a number of requests a second, or by a unit, like 100/s or 600/m".into()),
        }
    }
}

/// The allowances of all senders. Of each it is known when it will have its whole allowance again (the generic cell rate algorithm):
/// a token bucket in one number.
#[derive(Debug)]
struct Allowances {
    interval: Duration,
    burst: Duration,
    whole_at: Mutex<HashMap<Option<(u64, IpAddr)>, Instant>>,
    hasher: RandomState,
}

impl Allowances {
    fn new(Rate { per_second }: Rate) -> Self {
        let interval = Duration::from_secs_f64(1.0 / per_second);
        let burst = interval * (per_second as u32).max(1);
        Self { interval, burst, whole_at: Mutex::default(), hasher: RandomState::new() }
    }

    /// After what time it may come again, if it comes too soon.
    fn take(&self, origin: &[u8], address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sender = Some((self.hasher.hash_one(origin), network(address)));
        if whole_at.len() >= SENDERS && !whole_at.contains_key(&sender) {
            whole_at.retain(|_, at| *at > now);
            if whole_at.len() >= SENDERS {
                sender = None;
            }
        }
        let at = whole_at.entry(sender).or_insert(now);
        let next = (*at).max(now) + self.interval;
        match next.saturating_duration_since(now).checked_sub(self.burst) {
            Some(wait) if wait > Duration::ZERO => Err(wait),
            _ => {
                *at = next;
                Ok(())
            }
        }
    }
}

/// Whoever has an address of IPv6 has the 64 bits below it, too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

/// What stands in front of the receivers.
#[derive(Debug)]
pub struct Admission {
    keys: Keys,
    allowances: Option<Allowances>,
    idle: Duration,
    terminal: Arc<Terminal>,
}

impl Admission {
    pub fn new(keys: Keys, rate: Option<Rate>, idle: Duration, terminal: Arc<Terminal>) -> Self {
        Self { keys, allowances: rate.map(Allowances::new), idle, terminal }
    }

    fn check(&self, request: &Request<Body>) -> Result<(), Failure> {
        if !self.keys.admit(request.headers()) {
            let words = "it has no key that is known here: send the header 'Authorization: Bearer KEY' or 'x-api-key: KEY' \
                         (OTEL_EXPORTER_OTLP_HEADERS=x-api-key=KEY)";
            self.terminal.refused(Kind::Key, || format!("a request: {words}"));
            return Err(Failure::Unauthorized(words.into()));
        }
        let Some(allowances) = &self.allowances else { return Ok(()) };
        let peer = request.extensions().get::<Peer>().map_or(Ipv6Addr::LOCALHOST.into(), |Peer(peer)| peer.ip());
        let origin = request.headers().get(header::ORIGIN).map_or(&b""[..], |origin| origin.as_bytes());
        allowances.take(origin, peer, Instant::now()).map_err(|wait| {
            let words =
                format!("requests of {peer} come faster than --rate allows; send larger batches, or less often");
            self.terminal.refused(Kind::Rate, || words.clone());
            Failure::TooFast(words, wait)
        })
    }
}

pub async fn layer(State(admission): State<Arc<Admission>>, request: Request<Body>, next: Next) -> Response {
    let Err(failure) = admission.check(&request) else { return next.run(request).await };
    let (parts, mut body) = request.into_parts();
    // A sender that is cut off in its body does not see the answer; who asks first is told before it sends anything.
    if !parts.headers.contains_key(header::EXPECT) {
        discard(&mut body, MAX_BODY, admission.idle).await;
    }
    if grpc::is_call(&parts.headers) { grpc::refused(failure) } else { http::refused(&parts.headers, failure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn a_key_is_asked_for_if_there_is_one() {
        assert!(Keys::default().admit(&HeaderMap::new()));
        let keys = Keys::new(vec!["first".into(), "second=".into()]).unwrap();
        for (name, value) in
            [("authorization", "Bearer first"), ("authorization", "bearer second="), ("x-api-key", "second=")]
        {
            assert!(keys.admit(&headers(name, value)), "{value}");
        }
        for (name, value) in [
            ("authorization", "first"),
            ("authorization", "Basic first"),
            ("authorization", "Bearer firs"),
            ("x-api-key", ""),
            ("x-api-key", "first second="),
            ("x-key", "first"),
        ] {
            assert!(!keys.admit(&headers(name, value)), "{value}");
        }
        assert!(!format!("{keys:?}").contains("first"));
        assert!(Keys::new(vec!["a secret".into()]).is_err_and(|why| !why.contains("secret")));
    }

    #[test]
    fn each_sender_has_its_own_allowance() {
        let allowances = Allowances::new(Rate::parse("10").unwrap());
        let now = Instant::now();
        let [one, other]: [IpAddr; 2] = [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()];
        let taken =
            |origin: &[u8], address, now| (0..50).take_while(|_| allowances.take(origin, address, now).is_ok()).count();
        assert_eq!(taken(b"", one, now), 10);
        assert_eq!((taken(b"http://a", one, now), taken(b"", other, now)), (10, 10));
        assert_eq!(taken(b"", one, now + Duration::from_millis(300)), 3);
        let wait = allowances.take(b"", one, now + Duration::from_millis(300)).unwrap_err();
        assert!(wait <= Duration::from_millis(100));
        assert_eq!(taken(b"", one, now + Duration::from_secs(60)), 10, "no more than the allowance");
    }

    #[test]
    fn senders_without_end_share_one_allowance() {
        let allowances = Allowances::new(Rate::parse("1/h").unwrap());
        let now = Instant::now();
        let taken = (0..2 * SENDERS as u32)
            .filter(|number| allowances.take(b"", IpAddr::from(number.to_be_bytes()), now).is_ok());
        assert_eq!(taken.count(), SENDERS + 1);
        assert!(allowances.whole_at.lock().unwrap().len() <= SENDERS + 1);
        let [one, other] = ["2001:db8::1", "2001:db8::2"].map(|address| network(address.parse().unwrap()));
        assert_eq!(one, other);
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), IpAddr::from([10, 0, 0, 1]));
    }

    #[test]
    fn rates_have_units() {
        assert_eq!(Rate::parse("600/m"), Rate::parse("10"));
        assert_eq!(Rate::parse("10/s"), Rate::parse("10"));
        for wrong in ["", "0", "-1", "ten", "10/x", "1.5"] {
            assert!(Rate::parse(wrong).unwrap_err().contains("100/s"), "{wrong}");
        }
    }
}
