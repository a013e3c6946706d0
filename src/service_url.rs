//! Addresses of servers. They may hold passwords, so what is shown of one never does.

use std::{fmt, path::Path};

use anyhow::{Context, anyhow, bail};
use server::store::url::masked;
use url::Url;

/// The address of a database or of a Redis. Written out, its password is stars.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServiceUrl(String);

impl ServiceUrl {
    /// Reads an address whose scheme is one of `schemes`.
    pub(crate) fn parse(text: &str, schemes: &[&str]) -> anyhow::Result<Self> {
        // The text itself may hold a password, so the problem is told without it.
        let url = Url::parse(text).map_err(|problem| anyhow!("not an address: {problem}"))?;
        if !schemes.contains(&url.scheme()) {
            bail!("the scheme '{}' is not one of {}", url.scheme(), schemes.join(", "));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address of a database in a file.
    pub(crate) fn of_file(path: &Path) -> Self {
        Self(format!("sqlite://{}", path.display()))
    }

    /// Whether it is a file's.
    pub(crate) fn is_file(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// With its password, for who connects.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The parts of a Redis' address, as the environment gives them one by one.
#[derive(Default)]
pub(crate) struct RedisParts {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) database: u16,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) tls: bool,
}

impl RedisParts {
    /// Puts them together.
    pub(crate) fn url(&self) -> anyhow::Result<ServiceUrl> {
        let scheme = if self.tls { "rediss" } else { "redis" };
        // Brackets keep the colons of an IPv6 address from being taken for a port.
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let mut url = Url::parse(&format!("{scheme}://{host}/{}", self.database)).context("REDIS_HOST is no host")?;
        let is_set =
            url.set_port(self.port).and_then(|()| url.set_username(self.username.as_deref().unwrap_or_default()));
        is_set
            .and_then(|()| url.set_password(self.password.as_deref()))
            .map_err(|()| anyhow!("REDIS_HOST is no host that can have a port, a user and a password"))?;
        Ok(ServiceUrl(url.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMES: &[&str] = &["redis", "postgres"];

    #[test]
    fn a_password_is_never_shown() {
        let url = ServiceUrl::parse("postgres://ann:s3cret@db:5432/crm?sslmode=require", SCHEMES).expect("an address");

        assert_eq!(url.to_string(), "postgres://ann:***@db:5432/crm?sslmode=require");
        assert!(!format!("{url:?}").contains("s3cret"));
        assert!(url.expose().contains("s3cret"));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_address() {
        for text in ["mysql://ann:s3cret@db/crm", "postgres://ann:s3cret@db:port/crm", "s3cret"] {
            let problem = ServiceUrl::parse(text, SCHEMES).expect_err(text);

            assert!(!format!("{problem:#}").contains("s3cret"), "{problem:#}");
        }
    }

    #[test]
    fn the_parts_of_a_redis_make_its_address() {
        let plain = RedisParts { host: "cache".to_owned(), ..RedisParts::default() };
        assert_eq!(plain.url().expect("an address").expose(), "redis://cache/0");

        let full = RedisParts {
            host: "::1".to_owned(),
            port: Some(6_380),
            database: 3,
            username: Some("ann".to_owned()),
            password: Some("a/b@c".to_owned()),
            tls: true,
        };
        assert_eq!(full.url().expect("an address").expose(), "rediss://ann:a%2Fb%40c@[::1]:6380/3");
    }
}
