//! What one can listen to. Nothing else spells a topic.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::domain::{ImportId, JobId, QueueName, WorkerId};

/// Topics that one connection listens to at most.
pub const MOST_TOPICS: usize = 256;

/// A topic of the stream, written as in the addresses: `import:{id}`, `customers`, …
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// One job.
    Job(JobId),
    /// One queue, and the jobs in it.
    Queue(QueueName),
    /// One worker process.
    Worker(WorkerId),
    /// All worker processes.
    Workers,
    /// One service.
    Service(String),
    /// All services.
    Services,
    /// The log of one service.
    ServiceLog(String),
    /// One import.
    Import(ImportId),
    /// All imports.
    Imports,
    /// Customers.
    Customers,
    /// Notices for everyone.
    General,
    /// What programs publish of their own under this name.
    Custom(String),
}

impl Topic {
    /// What dashboards of other programs listen to.
    pub fn dashboard() -> Self {
        Self::Custom("dashboard_updates".to_owned())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(id) => write!(f, "job:{id}"),
            Self::Queue(name) => write!(f, "queue:{name}"),
            Self::Worker(id) => write!(f, "worker:{id}"),
            Self::Workers => f.write_str("workers"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::Services => f.write_str("services"),
            Self::ServiceLog(name) => write!(f, "service-log:{name}"),
            Self::Import(id) => write!(f, "import:{id}"),
            Self::Imports => f.write_str("imports"),
            Self::Customers => f.write_str("customers"),
            Self::General => f.write_str("general"),
            Self::Custom(name) => write!(f, "custom:{name}"),
        }
    }
}

/// The text names no topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown topic '{0}'; use job:{{id}}, queue:{{name}}, worker:{{id}}, workers, service:{{name}}, services, \
     service-log:{{name}}, import:{{id}}, imports, customers, general or custom:{{name}}"
)]
pub struct TopicError(pub String);

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || TopicError(text.chars().take(80).collect());
        let Some((family, name)) = text.split_once(':') else {
            return match text {
                "workers" => Ok(Self::Workers),
                "services" => Ok(Self::Services),
                "imports" => Ok(Self::Imports),
                "customers" => Ok(Self::Customers),
                "general" => Ok(Self::General),
                _ => Err(unknown()),
            };
        };
        let is_name = (1..=200).contains(&name.len()) && !name.chars().any(|c| c.is_control() || c == ',');
        if !is_name {
            return Err(unknown());
        }
        match family {
            "job" => Ok(Self::Job(name.into())),
            "queue" => Ok(Self::Queue(name.into())),
            "worker" => Ok(Self::Worker(name.into())),
            "service" => Ok(Self::Service(name.to_owned())),
            "service-log" => Ok(Self::ServiceLog(name.to_owned())),
            "import" => name.parse().map(Self::Import).map_err(|_| unknown()),
            "custom" => Ok(Self::Custom(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_of_the_contract_is_read_back_as_it_was_written() {
        for text in [
            "job:7",
            "queue:customer.jobs",
            "worker:w-1",
            "workers",
            "service:balance-sync",
            "services",
            "service-log:balance-sync",
            "import:0190d6c8-7c4b-7000-8000-000000000001",
            "imports",
            "customers",
            "general",
            "custom:dashboard_updates",
        ] {
            let topic: Topic = text.parse().expect(text);

            assert_eq!(topic.to_string(), text);
        }
    }

    #[test]
    fn what_names_no_topic_is_refused() {
        for text in ["", "job", "job:", "import:seven", "tea", "custom:a,b", "queue:a\nb"] {
            assert!(text.parse::<Topic>().is_err(), "{text:?}");
        }
    }
}
