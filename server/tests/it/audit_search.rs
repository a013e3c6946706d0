//! The audit log looked through: sifted, page by page, and as a file.

use ::app::domain::Role;
use futures::StreamExt;
use reqwest::{StatusCode, header};
use serde_json::json;
use server::{Limits, auth::By};

use crate::{
    api::{get, post, tell},
    audit::entries,
    harness::{App, Work, spawn},
};

const EXPORT: &str = "/api/v1/audit/export.csv";

/// More entries than one call looks at, a second apart, the last ones of them after 1970-01-01T03:20:00Z.
const MANY: &str = "
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 12000)
    insert into audit_log (at, actor_kind, actor, action, target, outcome)
    select n * 1000, 'user', case when n <= 3 then 'ada' else 'bob' end, case when n <= 2 then 'old.done' else 'new.done' end,
        'Thing ' || n, case when n <= 4 then 'conflict' else 'done' end
    from numbers";
/// Before all that happens while a test runs.
const LONG_AGO: &str = "until=2000-01-01T00:00:00Z";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

/// The targets of the entries that meet a query.
async fn targets(app: &App, query: &str) -> Vec<String> {
    let entries = entries(app, &format!("{LONG_AGO}&{query}")).await;
    entries.iter().map(|entry| entry["target"].as_str().expect("a target").to_owned()).collect()
}

#[tokio::test]
async fn entries_are_found_by_who_what_how_when_and_words() {
    let app = idle().await;
    app.alter(MANY).await;
    let things = |numbers: &[u32]| numbers.iter().map(|number| format!("Thing {number}")).collect::<Vec<_>>();

    assert_eq!(targets(&app, "limit=2").await, things(&[12_000, 11_999]));
    assert_eq!(targets(&app, "actor=ada").await, things(&[3, 2, 1]));
    assert_eq!(targets(&app, "action=old").await, things(&[2, 1]));
    assert_eq!(targets(&app, "action=old.done").await, things(&[2, 1]));
    assert_eq!(targets(&app, "action=ol").await, things(&[]));
    assert_eq!(targets(&app, "outcome=refused").await, things(&[4, 3, 2, 1]));
    assert_eq!(targets(&app, "outcome=conflict&action=new").await, things(&[4, 3]));
    assert_eq!(targets(&app, "outcome=done&limit=1").await, things(&[12_000]));
    assert_eq!(targets(&app, "outcome=forbidden").await, things(&[]));
    assert_eq!(targets(&app, "actor=ada&action=old&outcome=conflict&q=THING%202").await, things(&[2]));
    assert_eq!(targets(&app, "since=1970-01-01T03:19:59Z").await, things(&[12_000, 11_999]));
    let between = "since=1970-01-01T00:00:02Z&until=1970-01-01T00:00:04Z";
    let found = entries(&app, between).await;
    assert_eq!(
        found.iter().map(|entry| entry["at"].clone()).collect::<Vec<_>>(),
        [json!("1970-01-01T00:00:03Z"), json!("1970-01-01T00:00:02Z")]
    );
}

#[tokio::test]
async fn pages_lead_on_without_gaps_and_a_rare_thing_is_found_in_bounded_steps() {
    let app = idle().await;
    app.alter(MANY).await;
    let page = async |query: &str, next: Option<&str>| {
        let before = next.map(|next| format!("&before={next}")).unwrap_or_default();
        app.json(&format!("/api/v1/audit?{LONG_AGO}&{query}{before}")).await
    };

    let (mut met, mut next) = (Vec::new(), None);
    loop {
        let found = page("limit=997", next.as_deref()).await;
        met.extend(found["items"].as_array().expect("entries").iter().map(|entry| entry["target"].clone()));
        assert_eq!(found["complete"], found["next"].is_null());
        let Some(place) = found["next"].as_str() else { break };
        next = Some(place.to_owned());
    }
    assert_eq!(met, (1..=12_000).rev().map(|number| json!(format!("Thing {number}"))).collect::<Vec<_>>());

    let first = page("q=thing%201234", None).await;
    assert_eq!((&first["scanned"], &first["complete"]), (&json!(10_000), &json!(false)));
    let second = page("q=thing%201234", first["next"].as_str()).await;
    assert_eq!((&second["scanned"], &second["complete"]), (&json!(2_000), &json!(true)));
    assert_eq!(second["items"][0]["target"], "Thing 1234");
    // An index leads to what is asked for.
    let led = page("actor=ada&q=thing%201", None).await;
    assert_eq!((&led["scanned"], led["items"].as_array().map(Vec::len)), (&json!(3), Some(1)));
}

#[tokio::test]
async fn a_question_that_means_nothing_is_refused_by_its_parameter() {
    let app = idle().await;
    for path in ["/api/v1/audit", EXPORT] {
        for (query, field) in [("since=yesterday", "since"), ("until=2026-11-28", "until")] {
            let answer = get(&app, &format!("{path}?{query}")).await;
            assert_eq!((answer.refusal(), &answer.json["field"]), ((422, "invalid"), &json!(field)), "{path}?{query}");
        }
    }
    assert_eq!(get(&app, "/api/v1/audit?before=7").await.refusal(), (400, "bad_request"));
    assert_eq!(get(&app, "/api/v1/audit?limit=1001").await.refusal(), (422, "invalid"));
}

#[tokio::test]
async fn the_file_has_what_was_asked_for_runs_nothing_and_is_an_entry_itself() {
    let app = idle().await;
    app.accounts.make_token(&By::Console, "=1+1", Role::Viewer, None).await.expect("made");
    post(&app, "/api/v1/queues/test/pause", json!({"reason": "@a \"b\", c"})).await;
    tell(&app, "/api/v1/queues/test/resume").await;

    let answer = app.get(&format!("{EXPORT}?action=queue.paused")).await;

    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = answer.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII").to_owned();
    assert!(name.starts_with("attachment; filename=\"audit-20") && name.contains(".csv\""), "{name}");
    let entry = entries(&app, "action=queue.paused").await.remove(0);
    let (id, at) = (&entry["entryId"], entry["at"].as_str().expect("a moment"));
    let row =
        format!("{id},{at},token,the tests,queue.paused,test,running,paused,\"'@a \"\"b\"\", c\",done,127.0.0.1,");
    let titles = "entryId,at,actorKind,actor,action,target,stateBefore,stateAfter,reason,outcome,address,_escaped";
    assert_eq!(answer.text().await.expect("text"), format!("{titles}\n{row}\n"));
    let whole = app.get(EXPORT).await.text().await.expect("text");
    assert!(whole.contains(",token.created,'=1+1,"), "{whole}");
    assert_eq!(whole.matches("audit.exported").count(), 1, "the first file, and not the one that is written");
    assert_eq!(entries(&app, "action=audit.exported").await.len(), 2);
}

#[tokio::test]
async fn a_long_log_leaves_in_pages_and_breaks_off_where_it_can_not_go_on() {
    let app = idle().await;
    app.alter(MANY).await;

    let whole = app.get(EXPORT).await.text().await.expect("text");
    assert_eq!(whole.lines().filter(|line| line.contains(",Thing ")).count(), 12_000);
    let rare = app.get(&format!("{EXPORT}?q=thing%201234")).await.text().await.expect("text");
    assert_eq!(rare.lines().count(), 2, "{rare}");

    // No moment is so early.
    app.alter(
        "insert into audit_log (at, actor_kind, actor, action, outcome) values (-9000000000000000000, 'user', '', '', '')",
    )
    .await;
    let answer = app.get(EXPORT).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let (mut body, mut broke) = (answer.bytes_stream(), false);
    while let Some(part) = body.next().await {
        broke |= part.is_err();
    }
    assert!(broke, "a part looked like the whole");
}
