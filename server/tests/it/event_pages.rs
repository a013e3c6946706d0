//! The page of events as the server renders it: sifted by its address, page by page to the beginning of the log, without a script.

use ::app::{
    domain::Snapshot,
    events::Cursor,
    live::{Film, FilmReel},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::Limits;

use crate::harness::{App, Work, spawn};

async fn told(app: &App, topic: &str, data: Value) -> String {
    let order = json!({"topic": topic, "data": data});
    let answer = app.client.post(format!("{}/api/v1/events", app.base)).json(&order).send().await.expect("answered");
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json::<Value>().await.expect("JSON")["cursor"].as_str().expect("a cursor").to_owned()
}

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

async fn html(app: &App, address: &str) -> String {
    let answer = app.get(address).await;
    assert_eq!(answer.status(), StatusCode::OK, "{address}");
    answer.text().await.expect("text")
}

/// The ids of a page's rows, from top to bottom.
fn rows(html: &str) -> Vec<String> {
    let after = |text: &str| text.split('"').next().expect("a piece").to_owned();
    html.split("data-testid=\"event-row\" data-id=\"").skip(1).map(after).collect()
}

/// Where a link with these words leads.
fn link(html: &str, words: &str) -> Option<String> {
    let before = html.split(words).next().filter(|before| before.len() < html.len())?;
    let address = before.rsplit("href=\"").next()?.split('"').next()?;
    Some(address.replace("&amp;", "&"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_address_says_which_events_are_there_newest_first() {
    let app = idle().await;
    let shop = told(&app, "custom:shop", json!({"buyer": "Ørsted"})).await;
    let bar = told(&app, "custom:bar", json!({"tea": 1})).await;

    for (query, expected) in [
        ("", vec![&bar, &shop]),
        ("?topics=custom:shop", vec![&shop]),
        ("?topics=custom:shop,custom:bar", vec![&bar, &shop]),
        ("?type=custom", vec![&bar, &shop]),
        ("?type=job_update", vec![]),
        ("?q=%C3%B8rsted", vec![&shop]),
        ("?topics=custom:bar&q=%C3%B8rsted", vec![]),
    ] {
        let html = html(&app, &format!("/events{query}")).await;
        assert_eq!(rows(&html).iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_can_not_be_asked_for_is_named_instead_of_shown_as_nothing() {
    let app = idle().await;

    for (query, word) in [("topics=tea", "unknown topic"), ("type=tea", "unknown type"), ("before=tea", "before")] {
        let html = html(&app, &format!("/events?{query}")).await;

        assert!(html.contains("role=\"alert\"") && html.contains(word), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn older_steps_back_to_the_beginning_of_the_log_and_says_so() {
    let app = idle().await;
    let mut cursors = Vec::new();
    for number in 0..230 {
        cursors.push(told(&app, "custom:shop", json!(number)).await);
    }

    let (mut found, mut address) = (Vec::new(), "/events?topics=custom:shop".to_owned());
    let last = loop {
        let html = html(&app, &address).await;
        found.extend(rows(&html));
        match link(&html, "Older") {
            Some(older) => address = older,
            None => break html,
        }
    };

    cursors.reverse();
    assert_eq!(found, cursors);
    assert!(last.contains("The log begins here") && link(&last, "Latest").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_page_says_what_it_listens_to() {
    let app = idle().await;
    told(&app, "custom:shop", json!(1)).await;
    let order = json!({"queueName": "test", "jobName": "echo", "data": 1});
    let add = app.client.post(format!("{}/api/v1/queue/add", app.base)).json(&order);
    assert_eq!(add.send().await.expect("answered").status(), StatusCode::ACCEPTED);

    let all = html(&app, "/events").await;
    let named = html(&app, "/events?topics=custom:bar").await;

    assert!(all.contains("customers, general, imports, services, workers, queue:test, custom:shop"));
    assert!(named.contains("<p>custom:bar") && !named.contains("customers, general"));
}

#[tokio::test]
async fn one_event_is_shown_by_its_cursor() {
    let app = idle().await;
    let first = told(&app, "custom:shop", json!({"orders": 7})).await;
    told(&app, "custom:shop", json!(8)).await;

    let event = app.json(&format!("/api/v1/events/{first}")).await;

    assert_eq!((&event["id"], &event["data"]), (&json!(first), &json!({"orders": 7})));
    for nothing in ["tea", "otherlog-1", "otherlog-1.5"] {
        let answer = app.get(&format!("/api/v1/events/{nothing}")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{nothing}");
    }
}

async fn film(app: &App) -> Snapshot<FilmReel> {
    let answer = app.client.post(format!("{}/api/page/film", app.base)).send().await.expect("answered");
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.expect("a film")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_film_begins_with_what_is_silent_and_shows_each_change_at_its_moment() {
    let app = idle().await;
    let pause = async |action: &str| {
        let address = format!("{}/api/v1/queues/loud/{action}", app.base);
        assert!(app.client.post(address).send().await.expect("answered").status().is_success());
    };
    // A queue that was told of before all that is in the log.
    let quiet = app.client.post(format!("{}/api/v1/queues/quiet/pause", app.base)).send().await.expect("answered");
    assert!(quiet.status().is_success());
    app.alter("delete from pubsub_events").await;
    for action in ["pause", "resume", "pause"] {
        pause(action).await;
    }

    let snapshot = film(&app).await;

    let film = Film::from(&snapshot);
    let paused = |moment_ms: Option<i64>| {
        let panorama = film.at(moment_ms);
        ["quiet", "loud"].map(|name| panorama.queues.get(&name.into()).map(|queue| queue.paused))
    };
    assert_eq!(paused(Some(i64::MIN)), [Some(true), None]);
    assert_eq!(paused(None), [Some(true), Some(true)]);
    assert_eq!(snapshot.data.changes.len(), 3);
    let places: Vec<&Cursor> = snapshot.data.changes.iter().map(|change| &change.cursor).collect();
    assert!(places.windows(2).all(|pair| pair[1].is_after(pair[0])));
    let topics: Vec<String> = snapshot.data.topics.iter().map(ToString::to_string).collect();
    assert_eq!(topics, ["workers", "queue:loud", "queue:quiet"]);
}
