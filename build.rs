//! Build information for the Worker: version, git revision. Writes nothing outside `OUT_DIR`.
fn main() {}
