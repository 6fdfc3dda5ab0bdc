//! Faults on command that a native test can stand.

use async_trait::async_trait;
use edgekeep::ports::{Abort, Drill, PortError};

/// Objects panic; instances do not end, there is none.
#[derive(Default)]
pub struct TestDrill;

#[async_trait]
impl Drill for TestDrill {
    async fn panic_in_object(&self) -> Result<(), PortError> {
        tokio::task::yield_now().await;
        Err(PortError::Defect("object: it has panicked".into()))
    }

    fn abort(&self, _: Abort) {}
}
