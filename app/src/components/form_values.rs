//! What stands in a form that is sent. Browser only.

use leptos::ev;
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement};

/// The form, and the values of its fields by their names; an absent field is empty.
pub fn sent<const COUNT: usize>(
    event: &ev::SubmitEvent,
    names: [&str; COUNT],
) -> Option<(HtmlFormElement, [String; COUNT])> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    let data = FormData::new_with_form(&form).ok()?;
    let values = names.map(|name| data.get(name).as_string().unwrap_or_default());
    Some((form, values))
}
