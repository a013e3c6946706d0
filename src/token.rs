//! `signalbox token`: tokens of programs, from the machine itself.

use std::{process::ExitCode, time::Duration};

use app::domain::Role;
use jiff::Timestamp;
use server::{
    auth::{Accounts, By},
    store::api_tokens::{self, TokenName},
};

use crate::{config::Config, installation, span};

/// Makes, lists and revokes tokens.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Makes a token, and prints it: this once, and alone
    ///
    /// Example: `curl -H "Authorization: Bearer $(signalbox token create ci --role operator)" http://127.0.0.1:3000/api/v1/queues`
    #[command(verbatim_doc_comment)]
    Create(CreateArgs),
    /// Lists tokens: name, role, and whether they are in force
    ///
    /// Example: `signalbox token list`
    List,
    /// Takes a token out of force, and ends what it has open
    ///
    /// Example: `signalbox token revoke ci`
    Revoke {
        /// The token's name
        name: String,
    },
}

/// A token to make.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// What it is for
    name: String,
    /// What its bearer may do: viewer, operator or admin
    #[arg(long)]
    role: Role,
    /// After how long it ends by itself, such as 12h or 90d; without, it doesn't
    #[arg(long, value_parser = span::parse)]
    expires_in: Option<Duration>,
}

/// Does it.
pub(crate) async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let database = installation::open_current(&config).await?;
    let accounts = Accounts::new(database.clone());
    match command {
        Command::Create(CreateArgs { name, role, expires_in }) => {
            let expires_at = expires_in.map(|span| Timestamp::now().checked_add(span)).transpose()?;
            let (_, text) = accounts.make_token(&By::Console, &name, role, expires_at).await?;
            println!("{}", text.reveal());
        }
        Command::List => {
            for token in api_tokens::list(&database).await? {
                let is_over = token.expires_at.is_some_and(|end| end <= Timestamp::now());
                let standing = match token.revoked_at {
                    Some(_) => "revoked",
                    None if is_over => "expired",
                    None => "in force",
                };
                println!("{}\t{}\t{standing}\t{}", token.name, token.role, token.created_at);
            }
        }
        Command::Revoke { name } => {
            accounts.revoke_token(&By::Console, &TokenName::Name(name)).await?;
        }
    }
    database.close().await;
    Ok(ExitCode::SUCCESS)
}
