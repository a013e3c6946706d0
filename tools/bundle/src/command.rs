//! Runs the tools that come as npm packages.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A command of `tools/package.json`. It is started by its own first line rather than through `node`, because
/// some packages put a native program in the place of their script.
pub(crate) fn npm_tool(name: &str) -> Command {
    Command::new(Path::new("tools/node_modules/.bin").join(name))
}

/// Runs a command to its end; its messages go to the terminal.
///
/// # Errors
/// When it cannot be started, or ends with another status than 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {name}: `make setup` installs it"))?;
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = run(&mut Command::new("false")).unwrap_err();

        assert!(error.to_string().starts_with("false failed"));
    }

    #[test]
    fn a_missing_command_says_what_installs_it() {
        let error = run(&mut npm_tool("no-such-tool")).unwrap_err();

        assert!(error.to_string().contains("make setup"));
    }
}
