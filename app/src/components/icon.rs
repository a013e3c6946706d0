//! Every icon, as one path on a grid of 24. No other file holds an SVG, the semaphore and the progress bar aside.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Two persons.
    Customers,
    /// A tray.
    Imports,
    /// An arrow out of a tray, upwards.
    Upload,
    /// A lens.
    Search,
    /// A screen.
    Screen,
    /// The sun.
    Sun,
    /// The moon.
    Moon,
    /// A keyboard.
    Keyboard,
    /// A cross.
    Close,
    /// An arrow upwards.
    Up,
    /// An arrow downwards.
    Down,
    /// An arrow into a tray, downwards.
    Download,
    /// A sheet of paper.
    File,
    /// An arrow in a circle.
    Again,
    /// A list with a line that beats.
    Events,
    /// Two bars.
    Pause,
    /// Two sheets, one over the other.
    Copy,
    /// A point to the left.
    Back,
    /// A point to the right.
    Forth,
    /// One person.
    Person,
    /// A person, and a tick beside.
    Users,
    /// A key.
    Key,
    /// A sheet with lines.
    Audit,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Customers => {
                "M16 20v-1.5a3.5 3.5 0 0 0-3.5-3.5h-6A3.5 3.5 0 0 0 3 18.5V20\
                 M9.5 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7\
                 M21 20v-1.5a3.5 3.5 0 0 0-2.6-3.4M15.5 4.6a3.5 3.5 0 0 1 0 6.8"
            }
            Self::Imports => "M4 13v5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5l-2.5-8h-11zM4 13h4.5l1.5 3h4l1.5-3H20",
            Self::Upload => "M12 16V4M7 9l5-5 5 5M4 16v2.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5V16",
            Self::Search => "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4",
            Self::Screen => "M4 5h16v11H4zM9 20h6M12 16v4",
            Self::Sun => {
                "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4\
                 M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Self::Moon => "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
            Self::Keyboard => "M3 6.5h18v11H3zM7 10.5h.01M11 10.5h.01M15 10.5h.01M17.5 10.5h.01M7.5 14h9",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Up => "M12 19V5M6 11l6-6 6 6",
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Download => "M12 4v12M7 11l5 5 5-5M4 16v2.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5V16",
            Self::File => "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5",
            Self::Again => "M20 12a8 8 0 1 1-2.4-5.7M20 3.5V8h-4.5",
            Self::Events => "M3 7h5M3 12h3M3 17h5M9 12h2.5l2-6 4 12 2-6H22",
            Self::Pause => "M8.5 5v14M15.5 5v14",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Back => "M15 5l-7 7 7 7",
            Self::Forth => "M9 5l7 7-7 7",
            Self::Users => {
                "M10 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M3.5 20v-1.5A3.5 3.5 0 0 1 7 15h4.5M14.5 17.5l2.5 2.5 4.5-5"
            }
            Self::Key => "M8 20a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M11.2 12.3L20 3.5M16.5 7l3 3M13.8 9.7l2 2",
            Self::Audit => "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3.5",
            Self::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5a7.5 7.5 0 0 1 15 0",
        }
    }
}

/// An icon, hidden from screen readers: the text beside it, or the label of its button, says the same.
#[component]
pub fn Icon(
    /// Which icon.
    #[prop(into)]
    glyph: Signal<Glyph>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=move || glyph.get().path() />
        </svg>
    }
}
