//! Queues and workers at a moment, as two tables.

use leptos::prelude::*;

use super::{Aspect, StatusPill, figures};
use crate::{
    domain::{QueueName, WorkerId, WorkerStatus},
    live::{Panorama, QueueThen, WorkerThen},
};

/// The tables.
#[component]
pub fn PanoramaTables(
    /// What to show.
    panorama: Memo<Panorama>,
) -> impl IntoView {
    let queues = move || {
        let queues = panorama.with(|panorama| panorama.queues.clone());
        queues.into_iter().map(|(name, queue)| view! { <QueueRow name queue /> }).collect_view()
    };
    let workers = move || {
        let workers = panorama.with(|panorama| panorama.workers.clone());
        workers.into_iter().map(|(id, worker)| view! { <WorkerRow id worker /> }).collect_view()
    };
    let has_no_queue = Memo::new(move |_| panorama.with(|panorama| panorama.queues.is_empty()));
    let has_no_worker = Memo::new(move |_| panorama.with(|panorama| panorama.workers.is_empty()));

    view! {
        <table class="table table-queues-then">
            <caption>"Queues"</caption>
            <thead>
                <tr>
                    <th scope="col">"Queue"</th>
                    <th scope="col">"State"</th>
                    {["Waiting", "Active", "Delayed", "Failed", "Completed", "Cancelled"]
                        .map(|name| {
                            view! {
                                <th scope="col" class="is-figure">
                                    {name}
                                </th>
                            }
                        })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{queues}</tbody>
        </table>
        <Show when=move || has_no_queue.get()>
            <p class="muted">"No queue is known of at this moment."</p>
        </Show>
        <table class="table table-workers-then">
            <caption>"Workers"</caption>
            <thead>
                <tr>
                    <th scope="col">"Worker"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="is-figure">
                        "Jobs"
                    </th>
                    <th scope="col">"Machine"</th>
                </tr>
            </thead>
            <tbody>{workers}</tbody>
        </table>
        <Show when=move || has_no_worker.get()>
            <p class="muted">"No worker is known of at this moment."</p>
        </Show>
    }
}

/// A queue.
#[component]
fn QueueRow(
    /// Its name.
    name: QueueName,
    /// How it was.
    queue: QueueThen,
) -> impl IntoView {
    let QueueThen { counts, paused } = queue;
    let (state, aspect, word) =
        if paused { ("paused", Aspect::OutOfUse, "Paused") } else { ("running", Aspect::Clear, "Running") };
    let figures = [
        ("Waiting", counts.waiting),
        ("Active", counts.active),
        ("Delayed", counts.delayed),
        ("Failed", counts.failed),
        ("Completed", counts.completed),
        ("Cancelled", counts.cancelled),
    ];
    let cells = figures.map(|(label, count)| {
        let is_trouble = label == "Failed" && count > 0;
        view! {
            <td
                data-label=label
                class="is-figure"
                class:is-trouble=is_trouble
                class:is-nothing=count == 0
            >
                {figures::thousands(count)}
            </td>
        }
    });

    view! {
        <tr data-testid="queue-row" data-id=name.to_string()>
            <td data-label="Queue" class="is-name" title=name.to_string()>
                {name.to_string()}
            </td>
            <td data-label="State">
                <StatusPill state aspect word />
            </td>
            {cells.collect_view()}
        </tr>
    }
}

/// A worker.
#[component]
fn WorkerRow(
    /// Its id.
    id: WorkerId,
    /// How it was.
    worker: WorkerThen,
) -> impl IntoView {
    let WorkerThen { status, current_jobs, concurrency, host } = worker;
    let (aspect, word) = match status {
        WorkerStatus::Active => (Aspect::Clear, "Active"),
        WorkerStatus::Idle => (Aspect::Idle, "Idle"),
        WorkerStatus::Paused => (Aspect::OutOfUse, "Paused"),
        WorkerStatus::Stopping => (Aspect::Caution, "Stopping"),
        WorkerStatus::Gone => (Aspect::Danger, "Gone"),
    };

    view! {
        <tr data-testid="worker-row" data-id=id.to_string()>
            <td data-label="Worker" class="is-name" title=id.to_string()>
                {id.to_string()}
            </td>
            <td data-label="State">
                <StatusPill state=status.as_str() aspect word />
            </td>
            <td data-label="Jobs" class="is-figure">
                {format!("{current_jobs} of {concurrency}")}
            </td>
            <td data-label="Machine" title=host.clone()>
                {host.clone()}
            </td>
        </tr>
    }
}
