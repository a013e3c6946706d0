//! Ending attempts and taking the next jobs, in one step.

use super::{claim, ending, limits::Limits, step::Step};
use crate::{
    backplane::{BackplaneError, ClaimRequest, Ending, Exchange, Finished},
    store::Database,
};

/// Ends attempts, and claims what they made room for.
pub(super) async fn exchange(
    database: &Database,
    limits: &Limits,
    endings: Vec<Ending>,
    request: Option<&ClaimRequest>,
) -> Result<Exchange, BackplaneError> {
    let mut step = Step::begin(database).await?;
    let finished = ending::end(&mut step, endings).await?;
    let claimed = match request {
        Some(request) => {
            // The keys first: their next jobs may be claimed at once.
            step.settle().await?;
            claim::take(&mut step, limits, request).await?
        }
        None => Vec::new(),
    };
    if finished.contains(&Finished::Accepted) {
        step.commit().await?;
    } else if claimed.is_empty() {
        step.roll_back().await?;
    } else {
        step.commit_lazily().await?;
    }
    Ok(Exchange { finished, claimed })
}
