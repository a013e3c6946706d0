//! How much of the server one user may have, as the environment says it.

use anyhow::bail;
use server::Limits;

use crate::config::parsed;

/// What one user or token may have at the same time, and in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    pub(crate) limits: Limits,
    pub(crate) streams_per_user: u32,
}

/// Reads them; what is not set is as usual.
pub(crate) fn read(set: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Shares> {
    const STREAMS: &str = "SIGNALBOX_MAX_STREAMS_PER_USER";
    const UPLOADS: &str = "SIGNALBOX_MAX_UPLOADS_PER_USER";
    const REQUESTS: &str = "SIGNALBOX_REQUESTS_PER_SECOND";
    let usual = Limits::default();
    let number = |name: &str, usual: u32| parsed(name, set(name)?, usual);
    let (streams_per_user, uploads_per_user) = (number(STREAMS, 8)?, number(UPLOADS, usual.uploads_per_user)?);
    if streams_per_user == 0 {
        bail!("{STREAMS}: with 0 no page would be live; use 1 or more");
    }
    if uploads_per_user == 0 {
        bail!("{UPLOADS}: with 0 nothing could be imported; use 1 or more");
    }
    let requests_per_second = number(REQUESTS, usual.requests_per_second)?;
    Ok(Shares { limits: Limits { uploads_per_user, requests_per_second, ..usual }, streams_per_user })
}
