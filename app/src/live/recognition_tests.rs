//! What becomes of pages whose reader is signed out, in all tabs of a browser.

use super::{
    ConnectionState,
    browser_model::Browser,
    news::{Act, News},
    recognition::Recognition,
};

/// Three tabs, all live by one line.
fn three_tabs() -> Browser {
    let mut browser = Browser::default();
    for _ in 0..3 {
        browser.open_tab();
    }
    browser.settle();
    browser
}

/// The server ends the line, and takes the reader for this one from now on.
fn end_session(browser: &mut Browser, recognized: Recognition) {
    browser.recognized = Some(recognized);
    browser.server.sign_out(browser.holder.expect("there is one"));
    browser.go_on_for(5_000.0);
}

fn are_live(browser: &Browser) -> bool {
    browser.tabs.values().all(|tab| tab.state(browser.now_ms) == ConnectionState::Live)
}

#[test]
fn whoever_is_signed_out_is_led_to_the_sign_in_in_every_tab_and_no_line_is_opened_any_more() {
    let mut browser = three_tabs();
    let lines = browser.server.lines_counted;

    end_session(&mut browser, Recognition::Nobody);
    browser.go_on_for(60_000.0);

    assert!(browser.left.len() == 3 && browser.left.values().all(|act| *act == Act::SignIn));
    assert!(browser.server.holders().is_empty());
    assert_eq!(browser.server.lines_counted, lines);
}

#[test]
fn whoever_signed_in_again_meanwhile_stays_where_he_is_and_is_live_by_another_line() {
    let mut browser = three_tabs();

    end_session(&mut browser, Recognition::Same);

    assert!(browser.left.is_empty() && are_live(&browser));
    assert_eq!(browser.server.holders().len(), 1);
}

#[test]
fn a_page_that_was_drawn_for_somebody_else_is_drawn_again() {
    let mut browser = three_tabs();

    end_session(&mut browser, Recognition::Another);

    assert!(browser.left.len() == 3 && browser.left.values().all(|act| *act == Act::DrawAgain));
}

#[test]
fn a_line_that_is_answered_with_something_else_is_doubted_and_tried_again_later() {
    let mut browser = three_tabs();
    let holder = browser.holder.expect("there is one");

    browser.server.cut(holder);
    browser.tell(holder, News::Unserved);
    browser.go_on_for(5_000.0);

    assert!(browser.left.is_empty() && are_live(&browser));

    browser.recognized = Some(Recognition::Nobody);
    browser.server.cut(holder);
    browser.tell(holder, News::Unserved);
    browser.go_on_for(250.0);

    assert_eq!(browser.left.get(&holder), Some(&Act::SignIn));
}

#[test]
fn a_tab_that_shares_nothing_leaves_as_well() {
    let mut browser = Browser::default();
    browser.open_tab_alone();
    browser.settle();

    browser.recognized = Some(Recognition::Nobody);
    browser.tell(1, News::Doubted);
    browser.go_on_for(60_000.0);

    assert_eq!(browser.left.get(&1), Some(&Act::SignIn));
    assert!(browser.server.holders().is_empty());
}
