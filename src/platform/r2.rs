//! Objects in R2.

use async_trait::async_trait;
use worker::Bucket;
use worker::send::SendFuture;

use super::deadline::within;
use crate::ports::{Objects, PortError};

/// A bucket, asked under a deadline.
pub struct R2 {
    bucket: Bucket,
    deadline_ms: u64,
}

impl R2 {
    /// A bucket that must answer within so many milliseconds.
    #[must_use]
    pub fn new(bucket: Bucket, deadline_ms: u64) -> Self {
        Self { bucket, deadline_ms }
    }
}

#[async_trait]
impl Objects for R2 {
    async fn size(&self, key: &str) -> Result<Option<u64>, PortError> {
        SendFuture::new(async {
            match within(self.deadline_ms, self.bucket.head(key)).await {
                Ok(Ok(object)) => Ok(object.map(|object| object.size())),
                Ok(Err(error)) => Err(PortError::Failed(format!("r2: {error}"))),
                Err(_) => Err(PortError::Timeout),
            }
        })
        .await
    }
}
