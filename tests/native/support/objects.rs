//! Objects by key, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use edgekeep::ports::{Objects, PortError};

use super::faults::Faults;

/// R2 in memory.
pub struct MemoryObjects {
    sizes: Mutex<HashMap<String, u64>>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl MemoryObjects {
    /// An empty store.
    pub fn empty() -> Self {
        Self { sizes: Mutex::default(), faults: Faults::none() }
    }
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn size(&self, key: &str) -> Result<Option<u64>, PortError> {
        let look = || Ok(self.sizes.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied());
        self.faults.pass(look).await
    }
}
