//! Prints the median milliseconds of one Argon2id hash with the parameters of the Worker, compiled for this machine.
#![expect(clippy::print_stdout, reason = "the result goes to the program that runs this one")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::time::Instant;

use argon2::{Algorithm, Argon2, Block, Params, Version};

fn main() -> Result<(), argon2::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(TAG_LENGTH))?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut tag = [0; TAG_LENGTH];
    let mut milliseconds = Vec::new();
    for round in 0..WARM_UP + ROUNDS {
        let started = Instant::now();
        argon2.hash_password_into_with_memory(b"correct horse battery staple", &[7; 16], &mut tag, &mut memory)?;
        if round >= WARM_UP {
            milliseconds.push(started.elapsed().as_secs_f64() * 1000.0);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    println!("{:.3}", milliseconds.get(ROUNDS / 2).copied().unwrap_or(f64::NAN));
    Ok(())
}

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const TAG_LENGTH: usize = 32;
const WARM_UP: usize = 5;
const ROUNDS: usize = 41;
