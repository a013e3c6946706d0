//! The suite that every backplane passes. What is not in it is not a feature.
//!
//! A rule is a function over any `Backplane`; an engine is a function that makes a fresh one. `engines_pass` crosses the two.

/// What rules do.
mod acts;
/// Handing jobs to workers.
mod claim;
/// What operators do.
mod control;
/// Thousands at once.
mod crowd;
/// The engines that the suite is run on.
mod engine;
/// Taking jobs in.
mod enqueue;
/// Ending attempts.
mod finish;
/// What can be seen.
mod inspect;
/// How many at the same time.
mod limits;
/// The event log.
mod log;
/// What is told of queues.
mod news;
/// What only Postgres has to show.
mod postgres_only;
/// A Postgres server for tests.
#[path = "../../tests/support/postgres.rs"]
pub(crate) mod postgres_server;
/// Jobs of dead workers.
mod rescue;
/// What only SQLite has to show.
mod sqlite_only;
/// The live stream.
mod stream;
/// Schedules.
mod timetable;
/// Workers, as they present themselves.
mod workers;

pub(crate) use self::acts::{
    LEASE, PATIENCE, QUEUE, claim_all, claim_one, ending, events_after, finish, heartbeat, new_job, profile, request,
    state, worker,
};
pub(crate) use self::engine::{Engine, RETENTION, in_database, migrate};
use self::{
    acts::stall,
    engine::{postgres, redis, sqlite},
};
/// One test of its own for each engine and rule.
macro_rules! engines_pass {
    ([$($engine:ident),+] $rules:tt) => {
        $(engine_passes! { $engine $rules })+
    };
}

macro_rules! engine_passes {
    ($engine:ident { $($subject:ident::{$($rule:ident),+ $(,)?}),+ $(,)? }) => {
        mod $engine {
            $(mod $subject {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    crate::conformance::$subject::$rule(crate::conformance::$engine().await).await;
                })+
            })+
        }
    };
}

engines_pass! {
    [sqlite, postgres, redis]
    {
    enqueue::{
        a_job_that_was_taken_in_is_waiting,
        a_unique_key_that_is_alive_makes_no_second_job,
        a_unique_key_is_free_again_when_its_job_has_ended,
        the_id_of_an_ended_job_makes_no_second_one,
        a_delayed_job_is_not_claimed_before_its_time,
    },
    claim::{
        jobs_come_by_priority_and_then_by_age,
        a_job_is_claimed_by_one_worker_only,
        a_waiting_worker_is_woken_by_a_new_job,
        a_waiting_worker_is_woken_by_a_job_of_another_process,
    },
    finish::{
        a_result_ends_the_job,
        a_retry_comes_back_with_the_next_attempt,
        a_job_that_is_handed_back_keeps_its_attempt,
        a_late_finish_is_refused_after_the_lease_moved_on,
        a_late_report_is_refused_after_the_lease_moved_on,
    },
    rescue::{
        an_expired_lease_returns_the_job,
        a_renewed_lease_is_left_alone,
        the_holder_of_a_lost_lease_is_told,
        a_third_stall_without_progress_dead_letters_the_job,
        progress_forgives_earlier_stalls,
    },
    log::{
        what_happens_to_a_job_is_told_in_order,
        reading_goes_on_exactly_after_the_cursor,
        reading_back_gives_what_is_nearest_to_the_place_in_order,
        reading_back_ends_where_the_log_was_cut_and_knows_no_place_before,
        a_page_by_topic_leads_on_until_the_end_in_either_direction,
        an_event_is_found_by_its_cursor_until_it_is_cut,
        a_tail_wakes_up_with_what_another_process_appended,
        a_cursor_of_another_log_is_gone,
        a_cursor_beyond_the_end_is_gone,
        a_cursor_from_before_the_trimming_is_gone,
    },
    stream::{
        whatever_happens_each_client_gets_its_events_in_order_once_or_one_reset,
    },
    crowd::{
        nine_thousand_jobs_come_in_at_once_are_claimed_at_once_and_end_at_once,
        of_ten_thousand_jobs_with_one_that_is_there_already_the_others_are_new,
        nine_thousand_due_jobs_are_made_ready,
        nine_thousand_jobs_of_a_worker_that_lost_its_leases_are_taken_back,
        nine_thousand_leases_are_renewed_in_one_call,
    },
    control::{
        a_job_that_has_not_begun_is_called_off_at_once,
        a_running_job_that_is_called_off_is_told_so_by_every_heartbeat,
        a_worker_is_summoned_when_its_job_is_called_off_by_another_process,
        a_job_that_was_called_off_is_cancelled_however_its_attempt_ends_without_a_result,
        a_job_that_was_called_off_is_cancelled_when_its_worker_dies,
        a_dead_letter_is_taken_up_again_with_all_its_attempts,
        a_delayed_job_can_be_started_now,
        a_dead_letter_stays_while_another_job_has_its_unique_key,
        dead_letters_are_replayed_the_oldest_first_and_no_more_than_asked_for,
        dead_letters_are_chosen_by_the_fingerprint_of_their_error,
        a_job_that_no_worker_has_can_be_removed,
        a_paused_queue_gives_no_jobs_until_it_goes_on,
        a_handed_back_job_of_a_paused_queue_waits_with_the_others,
        too_many_deaths_leave_a_fingerprint_and_a_past,
    },
    limits::{
        a_queue_runs_no_more_jobs_than_its_limit_over_all_processes,
        a_waiting_worker_is_woken_when_the_limit_has_room_again,
        of_the_jobs_with_one_key_one_runs_at_a_time,
        a_key_is_passed_on_however_its_job_leaves,
        a_key_comes_back_with_its_job,
        a_waiting_worker_is_woken_when_a_key_is_passed_on,
        many_processes_never_run_two_jobs_of_one_key,
        a_unique_key_may_outlive_its_job_for_a_time,
        a_unique_key_is_not_free_before_its_job_has_ended_although_its_time_is_over,
        of_the_ended_jobs_the_youngest_are_kept,
    },
    inspect::{
        a_job_can_be_seen_with_all_that_is_known_of_it,
        a_running_job_that_was_called_off_is_seen_as_such,
        a_job_may_say_what_it_does_and_its_last_words_are_kept,
        waiting_jobs_are_listed_as_they_will_be_claimed,
        each_state_is_listed_in_its_own_order,
        a_queue_counts_its_jobs_by_state,
        counters_hold_through_rescue_promotion_replay_and_removal,
        a_queue_that_was_only_set_up_is_listed,
        endings_and_the_next_claim_are_one_exchange,
    },
    workers::{
        a_worker_is_listed_with_what_it_takes_and_holds,
        a_worker_tells_what_it_is_at,
        a_worker_that_left_is_not_listed,
        a_heartbeat_of_a_worker_that_is_not_known_does_no_harm,
        a_worker_is_told_of_when_it_joins_stops_and_leaves,
        how_busy_a_worker_is_is_told_once_a_second_and_the_last_of_it_always,
        a_worker_that_is_silent_is_told_of_as_gone_once_and_as_back_when_it_speaks,
        a_worker_whose_process_is_gone_is_seen_as_gone,
    },
    news::{
        a_busy_queue_is_told_of_twice_a_second_over_all_processes_and_in_the_end_as_it_is,
        how_a_queue_stands_is_told_though_the_process_died_that_had_to,
        a_pause_is_told_at_once_and_once,
    },
    timetable::{
        a_schedule_is_kept_as_it_was_written,
        a_schedule_can_be_written_anew_and_removed,
        a_schedule_is_due_when_its_moment_has_come,
        of_many_processes_one_fires,
        a_firing_for_another_moment_changes_nothing,
        a_run_whose_job_is_there_already_moves_the_schedule_on,
        two_schedulers_make_one_job_of_a_night_in_which_clocks_change,
    },
    }
}

/// Where somebody notices at once that a process is gone: the operating system, or the server that it was connected to. On Postgres
/// its jobs come back with their leases.
mod told_of_deaths {
    engines_pass! {
        [sqlite, redis]
        {
            rescue::{
                a_process_that_is_gone_gives_all_its_jobs_back_before_their_leases_run_out,
            },
        }
    }
}
