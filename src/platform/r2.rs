//! Objects in R2.

use async_trait::async_trait;
use js_sys::{Promise, Uint8Array};
use serde_json::json;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Bucket;
use worker::send::SendFuture;

use super::deadline::within;
use super::edge;
use crate::ports::{Objects, Pieces, PortError};

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

    fn bucket(&self) -> &JsValue {
        self.bucket.as_ref()
    }

    async fn within(&self, promise: Promise) -> Result<JsValue, PortError> {
        match within(self.deadline_ms, JsFuture::from(promise)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(PortError::Timeout),
        }
    }

    async fn text(&self, promise: Promise) -> Result<String, PortError> {
        let value = self.within(promise).await?;
        value.as_string().ok_or_else(|| PortError::Failed("r2: no text".into()))
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

    async fn read(&self, key: &str, range: Option<(u64, u64)>) -> Result<Option<Vec<u8>>, PortError> {
        #[expect(clippy::cast_precision_loss, reason = "no object is as large as 2^53 bytes")]
        let (offset, length) = range.map_or((0.0, -1.0), |(offset, length)| (offset as f64, length as f64));
        SendFuture::new(async {
            let value = self.within(edge::read_object(self.bucket(), key, offset, length)).await?;
            Ok(value.dyn_ref::<Uint8Array>().map(edge::bytes))
        })
        .await
    }

    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<bool, PortError> {
        SendFuture::new(async {
            let put = self.within(edge::put_object(self.bucket(), key, &bytes, true)).await?;
            Ok(put.is_truthy())
        })
        .await
    }

    async fn replace(&self, key: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        SendFuture::new(async { self.within(edge::put_object(self.bucket(), key, &bytes, false)).await.map(drop) })
            .await
    }

    async fn begin(&self, key: &str) -> Result<String, PortError> {
        SendFuture::new(async { self.text(edge::begin_upload(self.bucket(), key)).await }).await
    }

    async fn part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        size: u64,
        pieces: &mut dyn Pieces,
    ) -> Result<String, PortError> {
        #[expect(clippy::cast_precision_loss, reason = "no part is as large as 2^53 bytes")]
        SendFuture::new(async {
            let part = edge::open_part(self.bucket(), key, upload, number, size as f64).map_err(failed)?;
            let sent = within(self.deadline_ms, send(&part, pieces)).await.unwrap_or(Err(PortError::Timeout));
            if sent.is_err() {
                // Or the upload would wait for the rest of it.
                edge::abort_part(&part);
            }
            sent
        })
        .await
    }

    async fn complete(&self, key: &str, upload: &str, parts: &[(u16, String)]) -> Result<(), PortError> {
        let parts: Vec<_> = parts.iter().map(|(number, tag)| json!({"partNumber": number, "etag": tag})).collect();
        let parts = serde_json::Value::from(parts).to_string();
        SendFuture::new(async {
            self.within(edge::complete_upload(self.bucket(), key, upload, &parts)).await.map(drop)
        })
        .await
    }

    async fn abort(&self, key: &str, upload: &str) -> Result<(), PortError> {
        SendFuture::new(async { self.within(edge::abort_upload(self.bucket(), key, upload)).await.map(drop) }).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, PortError> {
        SendFuture::new(async {
            let text = self.text(edge::list_objects(self.bucket(), prefix)).await?;
            serde_json::from_str(&text).map_err(|error| PortError::Failed(format!("r2: {error}")))
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        SendFuture::new(async { self.within(edge::delete_object(self.bucket(), key)).await.map(drop) }).await
    }
}

/// Writes a part that has been opened, and gives its tag.
async fn send(part: &JsValue, pieces: &mut dyn Pieces) -> Result<String, PortError> {
    while let Some(piece) = pieces.next().await? {
        JsFuture::from(edge::write_part(part, &piece)).await.map_err(failed)?;
    }
    let tag = JsFuture::from(edge::close_part(part)).await.map_err(failed)?;
    tag.as_string().ok_or_else(|| PortError::Failed("r2: no text".into()))
}

fn failed(error: JsValue) -> PortError {
    PortError::Failed(format!("r2: {}", edge::message(&error)))
}
