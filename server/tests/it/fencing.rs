//! Attempts at an import that were given up for dead and wake up again: they write nothing more, and what came of the import is what
//! comes of an undisturbed one.

use std::{fmt::Write as _, time::Duration};

use ::app::domain::{ImportId, RowCounts, WorkerId};
use serde_json::Value;
use server::{
    Limits,
    backplane::ClaimRequest,
    import,
    jobs::{BulkImportCustomers, Job, JobContext, JobError, Signals, context::Parts},
};
use tokio::time::timeout;

use crate::harness::{App, DEADLINE, Work, spawn, spawn_app};

/// Several chunks. Every eleventh row is about somebody who came before, and every seventh can't be taken.
fn file() -> String {
    let mut csv = "name,email,visits\n".to_owned();
    for row in 0..30_000 {
        let visits = if row % 7 == 0 { "many".to_owned() } else { row.to_string() };
        let email = if row % 11 == 0 { row / 2 } else { row };
        let _ = writeln!(csv, "Name {row},c{email}@x.org,{visits}");
    }
    csv
}

/// An attempt at an import, run by hand.
struct Attempt {
    import_id: ImportId,
    context: JobContext,
}

impl Attempt {
    /// Claims the import's job as a process that dies or freezes at once: the engine may give it to the next as soon as it looks.
    async fn claim(parts: &Parts, import_id: ImportId) -> Self {
        let worker = WorkerId(format!("worker-{}", uuid::Uuid::new_v4()));
        let queues = vec![BulkImportCustomers::QUEUE.into()];
        let request = ClaimRequest { worker, queues, limit: 1, lease: Duration::ZERO };
        let job = parts.backplane.claim(&request, DEADLINE).await.expect("claimed").pop().expect("a job in time");
        let context = JobContext::new(parts.clone(), job.lease, job.attempt, Signals::default());
        Self { import_id, context }
    }

    async fn run(&self) -> Result<RowCounts, JobError> {
        timeout(DEADLINE, import::run(self.import_id, &self.context)).await.expect("an end in time")
    }

    /// Whether it is the one that may write.
    async fn holds(&self, app: &App) -> bool {
        app.ask("select attempt_token from imports").await.as_deref() == Some(&*self.context.lease.token)
    }
}

/// Lets the engine take the job back from its last attempt.
async fn give_up(app: &App) {
    let waiting = async {
        while app.parts.backplane.maintain().await.expect("kept").rescued == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, waiting).await.expect("rescued in time");
}

/// Waits until a chunk was written.
async fn moved(app: &App, import: &str) {
    let mut commits = app.parts.database.commits();
    loop {
        commits.mark_unchanged();
        if app.json(import).await["rows"]["read"] != 0 {
            return;
        }
        commits.changed().await.expect("the database lives");
    }
}

/// What came of an import: its counts, its refused rows, and the customers.
async fn outcome(app: &App, import: &str) -> (Value, String, Vec<Value>) {
    let counts = app.json(import).await["rows"].clone();
    let errors = app.get(&format!("{import}/errors.csv")).await.text().await.expect("text");
    let mut customers = Vec::new();
    let mut before = String::new();
    loop {
        let page = app.json(&format!("/api/v1/customers?limit=500&sort=email{before}")).await;
        for customer in page["items"].as_array().expect("a list") {
            let fields = ["name", "email", "visits"].map(|field| customer[field].clone());
            customers.push(fields.into_iter().collect());
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return (counts, errors, customers),
        }
    }
}

#[tokio::test]
async fn an_attempt_that_was_frozen_writes_nothing_after_another_took_the_import_over() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let accepted: Value = app.upload(file()).await.json().await.expect("JSON");
    let import = format!("/api/v1/imports/{}", accepted["importId"].as_str().expect("an id"));
    let import_id = accepted["importId"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    // The first attempt checks the file and stops before its first chunk, so that all later ones begin by writing.
    let first = Attempt::claim(&app.parts, import_id).await;
    first.context.signals.stopping.cancel();
    assert!(matches!(first.run().await, Err(JobError::Stopped)));
    give_up(&app).await;

    // One freezes right after its claim, and one, in a process of its own, when it has taken the import over.
    let before_it_began = Attempt::claim(&app.parts, import_id).await;
    give_up(&app).await;
    let process = app.another_process().await;
    let frozen = Attempt::claim(&process, import_id).await;
    let mut frozen_run = Box::pin(frozen.run());
    while !frozen.holds(&app).await {
        assert!(futures::poll!(&mut frozen_run).is_pending());
    }
    give_up(&app).await;
    // The next one gets as far as a chunk or two.
    let next = Attempt::claim(&app.parts, import_id).await;
    let (stopped, ()) = tokio::join!(next.run(), async {
        moved(&app, &import).await;
        next.context.signals.stopping.cancel();
    });
    assert!(matches!(stopped, Err(JobError::Stopped)));
    let half_way = outcome(&app, &import).await;

    let (woken, begun) = (frozen_run.await, before_it_began.run().await);

    assert!(matches!(woken, Err(JobError::LeaseLost)), "{woken:?}");
    assert!(matches!(begun, Err(JobError::LeaseLost)), "{begun:?}");
    assert!(outcome(&app, &import).await == half_way, "the frozen attempts wrote something");
    give_up(&app).await;
    Attempt::claim(&app.parts, import_id).await.run().await.expect("completed");
    let undisturbed = spawn_app().await;
    let same = undisturbed.import(file()).await;
    let same = format!("/api/v1/imports/{}", same["importId"].as_str().expect("an id"));
    assert!(outcome(&app, &import).await == outcome(&undisturbed, &same).await, "the interrupted import differs");
    assert_eq!(app.json(&import).await["status"], "completed");
}
