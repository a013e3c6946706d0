//! Schedules.

use async_trait::async_trait;
use jiff::Timestamp;

use super::SqlBackplane;
use crate::backplane::{BackplaneError, DueSchedules, Firing, Plan, StoredSchedule, Timetable};

#[async_trait]
impl Timetable for SqlBackplane {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, BackplaneError> {
        unimplemented!()
    }

    async fn schedule(&self, name: &str) -> Result<Option<StoredSchedule>, BackplaneError> {
        unimplemented!()
    }

    async fn add_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError> {
        unimplemented!()
    }

    async fn change_schedule(&self, plan: &Plan, next: Option<Timestamp>) -> Result<bool, BackplaneError> {
        unimplemented!()
    }

    async fn remove_schedule(&self, name: &str) -> Result<bool, BackplaneError> {
        unimplemented!()
    }

    async fn due_schedules(&self) -> Result<DueSchedules, BackplaneError> {
        unimplemented!()
    }

    async fn fire(&self, firing: &Firing) -> Result<bool, BackplaneError> {
        unimplemented!()
    }
}
