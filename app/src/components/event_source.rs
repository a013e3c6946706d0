//! An event as programs see it: its JSON in lines, and the command that gets it or tells it again.

use serde_json::Value;

/// JSON with a line for each field, as it was written: in its order, and with its figures to the last digit.
pub fn pretty(json: &str) -> String {
    let mut lines = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut letters = json.chars().filter(|letter| !letter.is_control()).peekable();
    while let Some(letter) = letters.next() {
        if is_text {
            lines.push(letter);
            is_text = is_escaped || letter != '"';
            is_escaped = !is_escaped && letter == '\\';
            continue;
        }
        match letter {
            '"' => {
                is_text = true;
                lines.push(letter);
            }
            '{' | '[' => {
                lines.push(letter);
                while letters.next_if_eq(&' ').is_some() {}
                if letters.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    lines.extend(letters.next());
                } else {
                    depth += 1;
                    begin_line(&mut lines, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                begin_line(&mut lines, depth);
                lines.push(letter);
            }
            ',' => {
                lines.push(letter);
                begin_line(&mut lines, depth);
            }
            ':' => lines.push_str(": "),
            ' ' => {}
            other => lines.push(other),
        }
    }
    lines
}

fn begin_line(lines: &mut String, depth: usize) {
    lines.push('\n');
    lines.extend(std::iter::repeat_n("  ", depth));
}

/// The header by which the command is let in. The token is the reader's own, and stays with him.
const TOKEN: &str = r#"-H "Authorization: Bearer $TOKEN""#;

/// A command for a shell: it tells a program's own event once more, and gets any other.
pub fn curl(origin: &str, cursor: &str, event: &Value) -> String {
    if event["type"] != "custom" {
        return format!("curl {TOKEN} {}", quoted(&format!("{origin}/api/v1/events/{cursor}")));
    }
    let body = format!(r#"{{"topic":{},"data":{}}}"#, event["topic"], event["data"]);
    let address = quoted(&format!("{origin}/api/v1/events"));
    format!("curl -X POST {TOKEN} {address} -H 'content-type: application/json' -d {}", quoted(&body))
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_broken_into_lines_and_nothing_else_of_it_changes() {
        let json = r#"{"b":1.50,"a":[1,{"x":"a, {b}: \"c\\"}],"e":{},"f": [ ],"n":123456789012345678901}"#;

        let lines = pretty(json);

        assert_eq!(
            lines,
            "{\n  \"b\": 1.50,\n  \"a\": [\n    1,\n    {\n      \"x\": \"a, {b}: \\\"c\\\\\"\n    }\n  ],\n  \"e\": {},\n  \
             \"f\": [],\n  \"n\": 123456789012345678901\n}"
        );
    }

    #[test]
    fn what_a_program_told_is_told_again_and_all_else_is_asked_for() {
        let custom = json!({"type": "custom", "topic": "custom:shop", "data": {"note": "it's \"here\""}});
        let job = json!({"type": "job_update"});

        assert_eq!(
            curl("http://here", "e-1", &custom),
            r#"curl -X POST -H "Authorization: Bearer $TOKEN" 'http://here/api/v1/events' -H 'content-type: application/json' -d '{"topic":"custom:shop","data":{"note":"it'\''s \"here\""}}'"#
        );
        assert_eq!(
            curl("http://here", "e-1.2", &job),
            r#"curl -H "Authorization: Bearer $TOKEN" 'http://here/api/v1/events/e-1.2'"#
        );
    }
}
