//! Faults on command, in the runtime.

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;

use super::objects::{self, Objects};
use crate::ports::{Abort, Drill, PortError};

/// The real thing: an object that panics, an instance that ends.
pub struct RuntimeDrill(Objects);

impl RuntimeDrill {
    /// A drill that may use an object of this class.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, deadline_ms: u64) -> Self {
        Self(Objects::new(namespace, deadline_ms))
    }
}

#[async_trait]
impl Drill for RuntimeDrill {
    async fn panic_in_object(&self) -> Result<(), PortError> {
        SendFuture::new(self.0.tell("drill", objects::PANIC, &())).await
    }

    fn abort(&self, how: Abort) {
        match how {
            Abort::Trap => std::process::abort(),
            Abort::Stack => {
                std::hint::black_box(deeper(std::hint::black_box(0)));
            }
            Abort::Memory => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(std::hint::black_box(vec![1_u8; BITE]));
                }
            }
        }
    }
}

/// Never ends, but the stack does.
fn deeper(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    let below = if frame.first() == Some(&u64::MAX) { 0 } else { deeper(depth + 1) };
    below ^ std::hint::black_box(frame).iter().sum::<u64>()
}

const BITE: usize = 16 * 1024 * 1024;
