// Every tool that is not a Cargo or npm dependency, with its exact version. Dependencies are pinned by the lock files.

/** The oldest Node that can start the scripts; they go on in the Node of `node_modules`. */
export const OLDEST_NODE = 20;

/** The oldest Node that wrangler runs on. */
export const WRANGLER_NODE = 22;

/** Must be the series of the `worker` crate in Cargo.toml. */
export const WORKER_BUILD = "0.8.7";

/** Must equal the `wasm-bindgen` crate in Cargo.toml: the tool refuses any other. */
export const WASM_BINDGEN = "0.2.129";

export const CARGO_DENY = "0.20.2";
