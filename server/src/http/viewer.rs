//! Who asks, and from where.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

use crate::{
    auth::{Actor, By},
    hub::{Credential, UserKey},
};

/// Who asks, as it was found out at the door.
pub(super) struct Viewer {
    /// Whose streams he has.
    pub(super) user: UserKey,
    pub(super) actor: Actor,
    /// The address that he comes from.
    pub(super) address: String,
}

impl Viewer {
    /// By what he was let in.
    pub(super) fn credential(&self) -> Option<Credential> {
        self.actor.credential()
    }

    /// As he stands in the audit log.
    pub(super) fn by(&self) -> By {
        By::Request { actor: self.actor.clone(), address: self.address.clone(), reason: None }
    }
}

/// Proxies whose `X-Forwarded-For` is believed: addresses and networks, separated by commas. None when there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// The text is no list of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither an address nor a network such as 10.0.0.0/8")]
pub struct TrustedProxiesError(String);

impl FromStr for TrustedProxies {
    type Err = TrustedProxiesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let networks = names.map(|name| {
            let address = || name.parse::<IpAddr>().map(IpNet::from);
            name.parse::<IpNet>().or_else(|_| address()).map_err(|_| TrustedProxiesError(name.to_owned()))
        });
        networks.collect::<Result<Vec<_>, _>>().map(|networks| Self(networks.into()))
    }
}

const FORWARDED: &str = "x-forwarded-for";

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address that a request comes from: its peer's, or, when that is a proxy of ours, the last one that it was forwarded for that
    /// is none. What stands further left was written by whoever wanted to. A list that can't be read names its proxy.
    fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut origin = peer.to_canonical();
        let lines = headers.get_all(FORWARDED).iter().rev();
        for line in lines {
            for hop in line.to_str().unwrap_or("?").rsplit(',') {
                if !self.trusts(origin) {
                    return origin;
                }
                let Ok(address) = hop.trim().parse::<IpAddr>() else { return origin };
                origin = address.to_canonical();
            }
        }
        origin
    }
}

/// Says, once, that somebody forwards requests whom nobody has named: behind an unnamed proxy all its clients are one address, with the
/// attempts and the requests of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnnamedProxy(Arc<AtomicBool>);

impl UnnamedProxy {
    /// Looks at a request; whether this was the one of which it was told. Anybody may send the header, so it is said as a question.
    pub(super) fn look(&self, parts: &Parts, proxies: &TrustedProxies) -> bool {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else { return false };
        let is_forwarded = parts.headers.contains_key(FORWARDED);
        let is_told = is_forwarded && !proxies.trusts(peer.ip().to_canonical()) && !self.0.swap(true, Relaxed);
        if is_told {
            tracing::warn!(
                peer = %peer.ip(),
                "a request came with X-Forwarded-For from an address that SIGNALBOX_TRUSTED_PROXIES does not name: is it your proxy? Then \
                 name it there, or all its clients count as one address. This is said once"
            );
        }
        is_told
    }
}

/// The address that a request comes from; `unknown` when there is nobody who could vouch for one.
pub(super) fn address(parts: &Parts, proxies: &TrustedProxies) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or_else(|| "unknown".to_owned(), |peer| proxies.origin(peer.0.ip(), &parts.headers).to_string())
}

impl<S> FromRequestParts<S> for Viewer
where
    S: Send + Sync,
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let actor = parts.extensions.get::<Actor>().cloned().unwrap_or(Actor::Anonymous);
        let address = address(parts, &TrustedProxies::from_ref(state));
        Ok(Self { user: actor.user_key(), actor, address })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn origin(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let trusted: TrustedProxies = trusted.parse().expect("networks");
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED, HeaderValue::from_str(line).expect("a header"));
        }
        trusted.origin(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn without_trusted_proxies_the_peer_is_who_asks_whatever_it_says() {
        assert_eq!(origin("", "10.0.0.1", &["1.2.3.4"]), "10.0.0.1");
        assert_eq!(origin("10.0.0.2", "10.0.0.1", &["1.2.3.4"]), "10.0.0.1");
    }

    #[test]
    fn behind_proxies_it_is_the_last_address_that_is_no_proxy() {
        let trusted = "10.0.0.0/8, ::1";

        assert_eq!(origin(trusted, "10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.9"]), "1.2.3.4");
        assert_eq!(origin(trusted, "10.0.0.1", &["6.6.6.6", "1.2.3.4", "10.0.0.9"]), "1.2.3.4");
        assert_eq!(origin(trusted, "::ffff:10.0.0.1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(origin(trusted, "::1", &[]), "::1");
    }

    #[test]
    fn a_list_that_cannot_be_read_names_the_proxy() {
        assert_eq!(origin("10.0.0.1", "10.0.0.1", &["1.2.3.4, somebody"]), "10.0.0.1");
        assert_eq!(origin("10.0.0.0/8", "10.0.0.1", &["1.2.3.4, , 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn a_proxy_that_nobody_named_is_told_of_once() {
        let proxies: TrustedProxies = "10.0.0.1".parse().expect("an address");
        let told = UnnamedProxy::default();
        let looks = |peer: &str, is_forwarded: bool| {
            let mut request = axum::http::Request::new(());
            let peer: IpAddr = peer.parse().expect("an address");
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 7))));
            if is_forwarded {
                request.headers_mut().insert(FORWARDED, HeaderValue::from_static("1.2.3.4"));
            }
            told.look(&request.into_parts().0, &proxies)
        };

        assert!(!looks("10.0.0.1", true));
        assert!(!looks("::ffff:10.0.0.1", true));
        assert!(!looks("127.0.0.1", false));
        assert!(looks("127.0.0.1", true));
        assert!(!looks("127.0.0.1", true));
    }

    #[test]
    fn what_is_no_network_is_refused_by_its_name() {
        let problem = "10.0.0.0/8,tea".parse::<TrustedProxies>().expect_err("no network");

        assert!(problem.to_string().contains("'tea'"), "{problem}");
    }
}
