//! `signalbox user`: people who may sign in, from the machine itself.

use std::{io::Read, process::ExitCode};

use anyhow::{Context, bail};
use app::domain::Role;
use server::{
    auth::{Accounts, By},
    store::users,
};

use crate::{config::Config, installation};

/// Adds, lists and disables users.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Adds a user
    ///
    /// Example: `echo 'correct horse battery staple' | signalbox user add ada@example.com --role admin --password-stdin`
    #[command(verbatim_doc_comment)]
    Add(AddArgs),
    /// Lists users: e-mail, role, since when, and whether they may sign in
    ///
    /// Example: `signalbox user list`
    List,
    /// Takes sign-in from a user, and ends what he has open
    ///
    /// Example: `signalbox user disable ada@example.com`
    Disable {
        /// The user's e-mail
        email: String,
    },
}

/// A user to add.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// By which he signs in
    email: String,
    /// What he may do: viewer, operator or admin
    #[arg(long)]
    role: Role,
    /// Reads the password from standard input, to its end; a line break at the end is not part of it
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// The longest text that is taken for a password.
const MOST_BYTES: u64 = 4_096;

/// Does it.
pub(crate) async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let database = installation::open_current(&config).await?;
    let accounts = Accounts::new(database.clone());
    match command {
        Command::Add(AddArgs { email, role, .. }) => {
            let user = accounts.add_user(&By::Console, &email, role, password()?).await?;
            println!("{}", user.user_id);
        }
        Command::List => {
            for user in users::list(&database).await? {
                let standing = if user.disabled_at.is_some() { "disabled" } else { "enabled" };
                println!("{}\t{}\t{standing}\t{}", user.email, user.role, user.created_at);
            }
        }
        Command::Disable { email } => {
            let found = users::find_by_email(&database, &email).await?;
            let Some(found) = found else { bail!("there is no user with the e-mail {email}") };
            accounts.set_disabled(&By::Console, found.user.user_id, true).await?;
        }
    }
    database.close().await;
    Ok(ExitCode::SUCCESS)
}

fn password() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(MOST_BYTES).read_to_string(&mut text).context("the password can't be read")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
