//! The connection's state machine, by examples and by rules that hold whatever happens.

use proptest::prelude::*;

use super::{
    ConnectionState,
    connection::{Connection, Input, Order},
};

fn live_connection() -> Connection {
    let mut connection = Connection::default();
    connection.step(Input::Start, 0.0, 0.5);
    connection.step(Input::Connected { heartbeat_ms: 15_000 }, 10.0, 0.5);
    connection
}

#[test]
fn it_is_live_only_after_the_server_greeted() {
    let mut connection = Connection::default();
    assert_eq!(connection.state(0.0), ConnectionState::Connecting);

    assert_eq!(connection.step(Input::Start, 0.0, 0.5), Some(Order::Open));
    assert_eq!(connection.state(5.0), ConnectionState::Connecting);

    connection.step(Input::Connected { heartbeat_ms: 15_000 }, 10.0, 0.5);
    assert_eq!(connection.state(10.0), ConnectionState::Live);
}

#[test]
fn a_silence_beyond_the_promise_is_stale_and_then_a_new_line() {
    let mut connection = live_connection();

    assert_eq!(connection.state(19_000.0), ConnectionState::Live);
    assert_eq!(connection.state(20_100.0), ConnectionState::Stale);
    assert_eq!(connection.step(Input::Tick, 34_000.0, 0.5), None);
    assert_eq!(connection.step(Input::Tick, 35_100.0, 0.5), Some(Order::Close));
    assert_eq!(connection.state(35_100.0), ConnectionState::Reconnecting);
}

#[test]
fn a_frame_ends_staleness() {
    let mut connection = live_connection();

    connection.step(Input::Frame, 21_000.0, 0.5);

    assert_eq!(connection.state(21_000.0), ConnectionState::Live);
}

#[test]
fn a_lost_line_is_tried_again_within_a_second() {
    for chance in [0.0, 0.999] {
        let mut connection = live_connection();
        connection.step(Input::Lost, 1_000.0, chance);

        assert_eq!(connection.step(Input::Tick, 2_000.0, chance), Some(Order::Open));
    }
}

#[test]
fn without_a_network_nothing_is_tried_until_it_is_back() {
    let mut connection = live_connection();

    assert_eq!(connection.step(Input::WentOffline, 50.0, 0.5), Some(Order::Close));
    assert_eq!(connection.state(1_050.0), ConnectionState::Offline);
    assert_eq!(connection.step(Input::Tick, 99_000.0, 0.5), None);
    assert_eq!(connection.step(Input::WentOnline, 99_001.0, 0.5), Some(Order::Open));
}

#[test]
fn a_page_that_was_stopped_without_a_network_goes_on_once_it_is_told_that_there_is_one() {
    let mut connection = live_connection();
    for input in [Input::WentOffline, Input::Freeze, Input::Woke] {
        connection.step(input, 50.0, 0.5);
    }

    assert_eq!(connection.state(2_000.0), ConnectionState::Offline);
    assert_eq!(connection.step(Input::WentOnline, 2_000.0, 0.5), Some(Order::Open));
}

#[test]
fn waking_up_after_a_long_silence_opens_a_new_line_at_once() {
    let mut connection = live_connection();

    assert_eq!(connection.step(Input::Woke, 3_600_000.0, 0.5), Some(Order::Open));
    assert_eq!(connection.state(3_600_000.0), ConnectionState::Reconnecting);
}

#[test]
fn after_a_wake_up_the_line_is_asked_for_a_frame_and_replaced_when_none_comes() {
    let mut connection = live_connection();
    assert_eq!(connection.step(Input::Woke, 5_000.0, 0.5), Some(Order::Probe));
    assert_eq!(connection.step(Input::Woke, 5_001.0, 0.5), None, "once is enough");
    assert_eq!(connection.state(6_000.0), ConnectionState::Reconnecting);

    let mut answered = connection.clone();
    answered.step(Input::Frame, 6_001.0, 0.5);
    assert_eq!(answered.state(6_001.0), ConnectionState::Live);

    assert_eq!(connection.step(Input::Tick, 9_001.0, 0.5), Some(Order::Open));
}

#[test]
fn a_gap_between_ticks_is_a_sleep_that_nobody_told_of() {
    let mut connection = live_connection();
    connection.step(Input::Tick, 250.0, 0.5);

    assert_eq!(connection.step(Input::Tick, 8_000.0, 0.5), Some(Order::Probe));
    assert_eq!(connection.step(Input::Tick, 60_000.0, 0.5), Some(Order::Open));
}

#[test]
fn an_opening_that_nobody_answers_ends_although_the_clock_of_a_hidden_page_ticks_once_a_minute() {
    let mut connection = live_connection();
    connection.step(Input::Lost, 100.0, 0.5);
    connection.step(Input::Tick, 60_000.0, 0.5);

    assert_eq!(connection.step(Input::Tick, 120_000.0, 0.5), Some(Order::Close));
    assert_eq!(connection.step(Input::Tick, 120_250.0, 0.5), Some(Order::Open));
}

#[test]
fn a_frozen_page_lets_its_line_go_and_is_not_live_until_the_server_greets_again() {
    let mut connection = live_connection();

    assert_eq!(connection.step(Input::Freeze, 20.0, 0.5), Some(Order::Close));
    assert_eq!(connection.step(Input::Tick, 30.0, 0.5), None);
    assert_eq!(connection.step(Input::Woke, 40.0, 0.5), Some(Order::Open));
    assert_eq!(connection.state(40.0), ConnectionState::Reconnecting);

    connection.step(Input::Connected { heartbeat_ms: 15_000 }, 50.0, 0.5);
    assert_eq!(connection.state(50.0), ConnectionState::Live);
}

#[test]
fn trouble_is_shown_after_a_second_and_a_blink_never() {
    let mut connection = live_connection();
    connection.step(Input::Lost, 1_000.0, 0.5);
    assert_eq!(connection.state(1_999.0), ConnectionState::Live);
    assert_eq!(connection.state(2_000.0), ConnectionState::Reconnecting);

    connection.step(Input::Tick, 1_700.0, 0.5);
    connection.step(Input::Connected { heartbeat_ms: 15_000 }, 1_900.0, 0.5);
    assert_eq!(connection.state(2_500.0), ConnectionState::Live);

    connection.step(Input::Lost, 3_000.0, 0.5);
    assert_eq!(connection.state(3_999.0), ConnectionState::Live, "each trouble has a second of its own");
}

#[test]
fn a_reader_who_has_too_many_lines_stays_away_for_half_a_minute_however_often_he_looks_at_the_page() {
    let mut connection = live_connection();

    assert_eq!(connection.step(Input::Refused, 100.0, 0.5), Some(Order::Close));
    let mut now_ms = 100.0;
    while connection.step(Input::Tick, now_ms, 0.5).is_none() {
        for input in [Input::Hidden, Input::Freeze, Input::Woke] {
            assert_eq!(connection.step(input, now_ms, 0.5), None, "{input:?} at {now_ms}");
        }
        now_ms += 250.0;
    }

    assert!(now_ms >= 30_100.0);
}

#[test]
fn a_reader_who_does_not_want_to_wait_need_not_even_where_there_are_too_many_lines_or_no_network() {
    for trouble in [Input::Refused, Input::Lost, Input::WentOffline] {
        let mut connection = live_connection();
        connection.step(trouble, 100.0, 0.5);

        assert_eq!(connection.step(Input::Impatient, 200.0, 0.5), Some(Order::Open), "{trouble:?}");
    }
}

#[test]
fn a_line_that_another_tab_takes_over_is_opened_there_at_once() {
    let mut connection = live_connection();

    assert_eq!(connection.step(Input::Moved, 100.0, 0.5), Some(Order::Open));
    assert_eq!(connection.state(100.0), ConnectionState::Live);
}

proptest! {
    #[test]
    fn while_the_server_refuses_or_never_answers_tries_are_at_most_five_seconds_apart(
        tries in prop::collection::vec((0.0..1.0, any::<bool>()), 1..60)
    ) {
        let mut connection = live_connection();
        let mut now_ms = 20.0;
        let mut last_try_ms = now_ms;
        connection.step(Input::Lost, now_ms, 0.5);

        for (chance, refuses) in tries {
            while connection.step(Input::Tick, now_ms, chance) != Some(Order::Open) {
                now_ms += 250.0;
            }
            prop_assert!(now_ms - last_try_ms <= 5_000.0);
            last_try_ms = now_ms;
            if refuses {
                connection.step(Input::Lost, now_ms, chance);
            }
        }
    }

    #[test]
    fn it_is_never_live_without_a_frame_within_the_promise_and_for_a_second_at_most_after_a_wake_up(
        steps in prop::collection::vec((0..12_u8, 0.0..30_000.0), 1..100)
    ) {
        let mut connection = Connection::default();
        let (mut now_ms, mut last_frame_ms, mut last_woke_ms) = (0.0, f64::NEG_INFINITY, f64::NEG_INFINITY);

        for (kind, pause_ms) in steps {
            now_ms += if pause_ms < 10_000.0 { pause_ms / 100.0 } else { pause_ms };
            let input = match kind {
                0 => Input::Start,
                1 => Input::Connected { heartbeat_ms: 15_000 },
                2 => Input::Frame,
                3 => Input::Lost,
                4 => Input::WentOffline,
                5 => Input::WentOnline,
                6 => Input::Woke,
                7 => Input::Freeze,
                8 => Input::Moved,
                9 => Input::Refused,
                10 => Input::Impatient,
                _ => Input::Tick,
            };
            connection.step(input, now_ms, 0.5);
            match input {
                Input::Connected { .. } | Input::Frame => last_frame_ms = now_ms,
                Input::Woke | Input::Freeze => last_woke_ms = now_ms,
                _ => {}
            }

            if connection.state(now_ms) == ConnectionState::Live {
                prop_assert!(now_ms - last_frame_ms <= 20_000.0);
                prop_assert!(last_frame_ms >= last_woke_ms || now_ms - last_woke_ms < 1_000.0);
            }
        }
    }

    #[test]
    fn whatever_is_over_within_a_second_was_never_shown(outage_ms in 0.0..999.0, at_ms in 20.0..14_000.0) {
        let mut connection = live_connection();

        connection.step(Input::Lost, at_ms, 0.0);
        let mut now_ms = at_ms;
        while now_ms < at_ms + outage_ms {
            connection.step(Input::Tick, now_ms, 0.0);
            prop_assert_eq!(connection.state(now_ms), ConnectionState::Live);
            now_ms += 250.0;
        }
        connection.step(Input::Connected { heartbeat_ms: 15_000 }, at_ms + outage_ms, 0.0);

        prop_assert_eq!(connection.state(at_ms + outage_ms), ConnectionState::Live);
    }
}
