//! Golden JSON: each event as it stands on the wire. What is written here once is never changed.

use serde_json::{Value, json};

use super::*;
use crate::domain::{ByteCounts, ImportStatus, LogLevel, QueueCounts, RowCounts, WorkerStatus};

fn wire(event: Event) -> Value {
    let stamped = Stamped { timestamp: 1_700_000_000_000, event };
    serde_json::to_value(stamped).expect("events serialise")
}

fn assert_round_trip(golden: Value, event: Event) {
    assert_eq!(wire(event.clone()), golden);
    assert!(Event::TYPE_NAMES.contains(&event.type_name()), "{} is not listed", event.type_name());

    let read: Stamped = serde_json::from_value(golden).expect("golden JSON is readable");

    assert_eq!(read.event, event);
}

#[test]
fn a_job_update_has_its_contract_shape() {
    let mut update = JobUpdate::new("j1".into(), "customer.jobs".into(), "BULK_IMPORT_CUSTOMERS", JobStatus::Started);
    update.attempt = 1;
    update.max_attempts = 25;
    update.public.insert("importId".into(), json!("i1"));

    assert_round_trip(
        json!({
            "type": "job_update", "timestamp": 1_700_000_000_000_i64, "jobId": "j1", "queueName": "customer.jobs",
            "jobName": "BULK_IMPORT_CUSTOMERS", "status": "started", "progress": 0, "attempt": 1, "maxAttempts": 25,
            "importId": "i1"
        }),
        Event::JobUpdate(update),
    );
}

#[test]
fn a_queue_update_has_its_contract_shape() {
    let counts = QueueCounts { waiting: 1, active: 2, completed: 3, failed: 4, delayed: 5, cancelled: 6 };
    assert_round_trip(
        json!({
            "type": "queue_update", "timestamp": 1_700_000_000_000_i64, "queueName": "test", "waiting": 1, "active": 2,
            "completed": 3, "failed": 4, "delayed": 5, "cancelled": 6, "paused": true
        }),
        Event::QueueUpdate(QueueUpdate { queue_name: "test".into(), counts, paused: true }),
    );
}

#[test]
fn a_worker_status_has_its_contract_shape() {
    let event = Event::WorkerStatus(WorkerStatusUpdate {
        worker_id: "night-1".into(),
        status: WorkerStatus::Active,
        current_jobs: 2,
        concurrency: 4,
        host: "hall".into(),
    });
    assert_eq!(event.topics().iter().map(ToString::to_string).collect::<Vec<_>>(), ["worker:night-1", "workers"]);
    assert_round_trip(
        json!({
            "type": "worker_status", "timestamp": 1_700_000_000_000_i64, "workerId": "night-1", "status": "active",
            "currentJobs": 2, "concurrency": 4, "host": "hall"
        }),
        event,
    );
}

#[test]
fn what_services_tell_has_its_contract_shape() {
    let status = Event::ServiceStatus(ServiceStatusUpdate {
        service: "balance-sync".into(),
        status: ServiceStatus::Backoff,
        desired: ServiceDesired::Running,
        last_run_at: Some(1_699_999_999_000),
        last_duration_ms: Some(12),
        processed: 7,
        errors: 1,
        queue: Some(ServiceQueue { waiting: 1, active: 2, failed: 3 }),
        message: None,
    });
    assert_eq!(
        status.topics().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["service:balance-sync", "services"]
    );
    assert_round_trip(
        json!({
            "type": "service_status", "timestamp": 1_700_000_000_000_i64, "service": "balance-sync", "status": "backoff",
            "desired": "running", "lastRunAt": 1_699_999_999_000_i64, "lastDurationMs": 12, "processed": 7, "errors": 1,
            "queue": {"waiting": 1, "active": 2, "failed": 3}, "message": null
        }),
        status,
    );
    let said = Event::ServiceLog(ServiceLogLine {
        service: "balance-sync".into(),
        level: LogLevel::Warn,
        line: "slow".into(),
        seq: 9,
    });
    assert_eq!(said.topics().iter().map(ToString::to_string).collect::<Vec<_>>(), ["service-log:balance-sync"]);
    assert_round_trip(
        json!({
            "type": "service_log", "timestamp": 1_700_000_000_000_i64, "service": "balance-sync", "level": "warn",
            "line": "slow", "seq": 9
        }),
        said,
    );
}

#[test]
fn an_import_update_has_its_contract_shape() {
    assert_round_trip(
        json!({
            "type": "import_update", "timestamp": 1_700_000_000_000_i64,
            "importId": "0190d6c8-7c4b-7000-8000-000000000001", "status": "running",
            "rows": {"read": 3, "inserted": 1, "updated": 1, "unchanged": 0, "skipped": 0, "failed": 1, "total": 9},
            "bytes": {"read": 10, "total": 30}, "rowsPerSecond": 5, "etaSeconds": 2, "error": null
        }),
        Event::ImportUpdate(ImportUpdate {
            import_id: "0190d6c8-7c4b-7000-8000-000000000001".parse().expect("a UUID"),
            status: ImportStatus::Running,
            rows: RowCounts { read: 3, inserted: 1, updated: 1, failed: 1, total: Some(9), ..RowCounts::default() },
            bytes: ByteCounts { read: 10, total: 30 },
            rows_per_second: Some(5),
            eta_seconds: Some(2),
            error: None,
        }),
    );
}

#[test]
fn customer_events_tell_the_import_and_the_number() {
    let changed =
        CustomersChanged { import_id: "0190d6c8-7c4b-7000-8000-000000000001".parse().expect("a UUID"), count: 7 };
    for (event, name) in [
        (Event::CustomersCreated(changed.clone()), "customer.created"),
        (Event::CustomersUpdated(changed.clone()), "customer.updated"),
        (Event::CustomersRefused(changed.clone()), "customer.validation.failed"),
    ] {
        assert_round_trip(
            json!({"type": name, "timestamp": 1_700_000_000_000_i64, "importId": "0190d6c8-7c4b-7000-8000-000000000001", "count": 7}),
            event,
        );
    }
}

#[test]
fn notices_and_custom_events_have_their_contract_shape() {
    assert_round_trip(
        json!({"type": "system_notification", "timestamp": 1_700_000_000_000_i64, "level": "warning", "message": "disk"}),
        Event::SystemNotification(SystemNotification { level: NoticeLevel::Warning, message: "disk".into() }),
    );
    assert_round_trip(
        json!({"type": "custom", "timestamp": 1_700_000_000_000_i64, "topic": "custom:dashboard_updates", "data": {"a": [1, 2]}}),
        Event::Custom(Custom { topic: Topic::Custom("dashboard_updates".into()), data: json!({"a": [1, 2]}) }),
    );
}

#[test]
fn a_type_from_a_newer_server_is_unknown_and_not_an_error() {
    let read: Stamped =
        serde_json::from_value(json!({"type": "tea_ready", "timestamp": 1, "cups": 2})).expect("readable");

    assert_eq!(read.event, Event::Unknown);
}
