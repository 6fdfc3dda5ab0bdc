//! Objects by key, in memory, with the manners of R2, but that parts may be as small as 64 KiB.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use edgekeep::ports::{Objects, Pieces, PortError};

use super::faults::Faults;

/// R2 in memory.
pub struct MemoryObjects {
    store: Mutex<Store>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

#[derive(Default)]
struct Store {
    objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, (String, BTreeMap<u16, Vec<u8>>)>,
    begun: u64,
    locked: BTreeSet<String>,
}

impl MemoryObjects {
    /// An empty store.
    pub fn empty() -> Self {
        Self { store: Mutex::default(), faults: Faults::none() }
    }

    /// What lies at a key; no fault, no count.
    pub fn look(&self, key: &str) -> Option<Vec<u8>> {
        self.store().objects.get(key).cloned()
    }

    /// Puts an object; no fault, no count.
    pub fn plant(&self, key: &str, bytes: Vec<u8>) {
        self.store().objects.insert(key.to_owned(), bytes);
    }

    /// Every key.
    pub fn keys(&self) -> Vec<String> {
        self.store().objects.keys().cloned().collect()
    }

    /// A lock on the bucket holds these, and no others, from now on: they are neither deleted nor replaced.
    pub fn lock<'a>(&self, keys: impl IntoIterator<Item = &'a str>) {
        self.store().locked = keys.into_iter().map(str::to_owned).collect();
    }

    /// Uploads that were begun and neither completed nor aborted.
    pub fn open_uploads(&self) -> usize {
        self.store().uploads.len()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn unlocked(&mut self, key: &str) -> Result<&mut BTreeMap<String, Vec<u8>>, PortError> {
        if self.locked.contains(key) && self.objects.contains_key(key) {
            return Err(failed("10069: the bucket's lock holds it"));
        }
        Ok(&mut self.objects)
    }
}

fn failed(text: &str) -> PortError {
    PortError::Failed(format!("r2: {text}"))
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn size(&self, key: &str) -> Result<Option<u64>, PortError> {
        self.faults.pass(|| Ok(self.store().objects.get(key).map(|bytes| bytes.len() as u64))).await
    }

    async fn read(&self, key: &str, range: Option<(u64, u64)>) -> Result<Option<Vec<u8>>, PortError> {
        let work = || {
            let Some(bytes) = self.store().objects.get(key).cloned() else { return Ok(None) };
            let Some((from, length)) = range else { return Ok(Some(bytes)) };
            let from = usize::try_from(from).expect("an offset");
            if from >= bytes.len() {
                return Err(failed("range not satisfiable"));
            }
            let to = bytes.len().min(from + usize::try_from(length).expect("a length"));
            Ok(Some(bytes[from..to].to_vec()))
        };
        self.faults.pass(work).await
    }

    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<bool, PortError> {
        let work = || {
            let mut store = self.store();
            if store.unlocked(key)?.contains_key(key) {
                return Ok(false);
            }
            store.objects.insert(key.to_owned(), bytes);
            Ok(true)
        };
        self.faults.pass(work).await
    }

    async fn replace(&self, key: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        let work = || {
            self.store().unlocked(key)?.insert(key.to_owned(), bytes);
            Ok(())
        };
        self.faults.pass(work).await
    }

    async fn begin(&self, key: &str) -> Result<String, PortError> {
        let work = || {
            let mut store = self.store();
            store.begun += 1;
            let id = format!("upload-{}", store.begun);
            store.uploads.insert(id.clone(), (key.to_owned(), BTreeMap::new()));
            Ok(id)
        };
        self.faults.pass(work).await
    }

    async fn part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        size: u64,
        pieces: &mut dyn Pieces,
    ) -> Result<String, PortError> {
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await? {
            assert!(!piece.is_empty(), "an empty piece");
            bytes.extend_from_slice(&piece);
        }
        assert_eq!(bytes.len() as u64, size, "the length that was told");
        let work = || {
            let mut store = self.store();
            let (own, parts) = store.uploads.get_mut(upload).ok_or_else(|| failed("no such upload"))?;
            assert_eq!(own, key);
            let tag = format!("{number}-{}", edgekeep::backup::digest::Digest::of(&bytes));
            parts.insert(number, bytes);
            Ok(tag)
        };
        self.faults.pass(work).await
    }

    async fn complete(&self, key: &str, upload: &str, parts: &[(u16, String)]) -> Result<(), PortError> {
        let work = || {
            let mut store = self.store();
            let (own, held) = store.uploads.get(upload).ok_or_else(|| failed("no such upload"))?;
            assert_eq!(own, key);
            let mut whole = Vec::new();
            let first = parts.first().and_then(|(number, _)| held.get(number)).map_or(0, Vec::len);
            for (at, (number, tag)) in parts.iter().enumerate() {
                let bytes = held.get(number).ok_or_else(|| failed("no such part"))?;
                assert_eq!(*tag, format!("{number}-{}", edgekeep::backup::digest::Digest::of(bytes)));
                let last = at + 1 == parts.len();
                assert!(last || bytes.len() >= 64 << 10, "10011: a part is too small");
                assert!(if last { bytes.len() <= first } else { bytes.len() == first }, "10048: parts differ in size");
                whole.extend_from_slice(bytes);
            }
            store.uploads.remove(upload);
            store.objects.insert(key.to_owned(), whole);
            Ok(())
        };
        self.faults.pass(work).await
    }

    async fn abort(&self, _: &str, upload: &str) -> Result<(), PortError> {
        let work = || {
            self.store().uploads.remove(upload);
            Ok(())
        };
        self.faults.pass(work).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, PortError> {
        let work = || {
            let store = self.store();
            let own = store.objects.iter().filter(|(key, _)| key.starts_with(prefix));
            Ok(own.map(|(key, bytes)| (key.clone(), bytes.len() as u64)).collect())
        };
        self.faults.pass(work).await
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        let work = || {
            self.store().unlocked(key)?.remove(key);
            Ok(())
        };
        self.faults.pass(work).await
    }
}
