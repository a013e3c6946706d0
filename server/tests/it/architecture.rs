//! The invariants of `ARCHITECTURE.md`, held against the sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the workspace lies.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

/// All Rust files below a folder, with their text; paths from the workspace on.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).expect("below the workspace").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("readable")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Lines with a word, in files that no allowed path begins.
fn strays(folder: &str, word: &str, allowed: &[&str]) -> Vec<String> {
    let is_allowed = |name: &str| allowed.iter().any(|path| name.starts_with(path));
    let files = sources(folder).into_iter().filter(|(name, _)| !is_allowed(name));
    let code = |line: &&str| !line.trim_start().starts_with("//");
    files
        .flat_map(|(name, text)| {
            let lines = text.lines().filter(code).filter(|line| line.contains(word));
            lines.map(|line| format!("{name}: {line}")).collect::<Vec<_>>()
        })
        .collect()
}

fn assert_only_in(folder: &str, word: &str, allowed: &[&str]) {
    let strays = strays(folder, word, allowed);
    assert!(strays.is_empty(), "{word} outside {allowed:?}:\n{}", strays.join("\n"));
}

#[test]
fn events_and_domain_know_no_framework() {
    for folder in ["app/src/events", "app/src/domain"] {
        for word in ["leptos", "axum", "sqlx", "redis"] {
            assert_only_in(folder, word, &[]);
        }
    }
}

#[test]
fn sql_is_spoken_in_the_store_and_the_sql_backplane_only() {
    assert_only_in("server/src", "sqlx", &["server/src/store", "server/src/backplane/sql"]);
    assert_only_in("src", "sqlx", &[]);
}

#[test]
fn redis_is_spoken_in_its_backplane_only() {
    assert_only_in("server/src", "redis::cmd", &["server/src/backplane/redis"]);
    for folder in ["app/src", "server/src", "src"] {
        assert_only_in(folder, "use redis", &["server/src/backplane/redis"]);
    }
}

#[test]
fn redis_keys_are_spelled_in_one_place() {
    let places = ["server/src/backplane/redis/keys.rs", "server/src/backplane/redis/tests"];
    assert_only_in("server/src", "\"signalbox:", &places);
}

#[test]
fn csv_that_leaves_is_written_in_one_place() {
    // The one is for what is written, the other for files that the program carries.
    let senders = ["server/src/http/attachment.rs", "server/src/http/assets.rs"];
    assert_only_in("server/src", "text/csv; charset", &senders);
    for word in ["WriterBuilder", "csv::Writer"] {
        assert_only_in("server/src", word, &["server/src/import/round_trip.rs"]);
    }
}

#[test]
fn pages_are_rendered_in_one_place() {
    assert_only_in("server/src", "leptos_axum", &["server/src/http/pages.rs"]);
}

#[test]
fn who_may_do_what_is_known_without_http() {
    for folder in ["server/src/auth", "server/src/store", "server/src/jobs", "server/src/import", "server/src/hub"] {
        assert_only_in(folder, "http::", &[]);
    }
}

#[test]
fn the_app_splits_into_server_and_browser_in_three_places() {
    let places = ["app/src/lib.rs", "app/src/api/backend.rs", "app/src/live/"];
    assert_only_in("app/src", "cfg(feature", &places);
}

#[test]
fn the_environment_is_read_in_one_place() {
    for folder in ["app/src", "server/src", "src"] {
        for word in ["env::var", "env::vars", "VarError"] {
            assert_only_in(folder, word, &["src/config.rs"]);
        }
    }
}

#[test]
fn every_file_stays_below_three_hundred_lines() {
    for folder in ["app/src", "server/src", "server/tests", "src", "frontend/src", "tools/bundle/src"] {
        for (name, text) in sources(folder) {
            assert!(text.lines().count() <= 300, "{name} has {} lines: which noun can leave?", text.lines().count());
        }
    }
}
