//! Build information for the Worker, and the check of the model file before it is embedded. Writes nothing outside
//! `OUT_DIR`.

use std::path::Path;
use std::process::Command;

// The reader of the file's outer form is the detector's own.
#[allow(dead_code, reason = "building a file is the trainer's part")]
#[path = "src/detector/container.rs"]
mod container;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/detector/container.rs");
    if std::env::var_os("CARGO_FEATURE_EMBEDDED_MODEL").is_some() {
        check_model(Path::new("model/detector.bin"));
    }
    println!("cargo:rustc-env=EDGEKEEP_GIT_SHA={}", git_sha());
    println!("cargo:rustc-env=EDGEKEEP_BUILD_TIME={}", build_time());
}

fn check_model(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
    let verdict = std::fs::read(path)
        .map_err(|cause| cause.to_string())
        .and_then(|bytes| container::verify(&bytes).map_err(|cause| cause.to_string()));
    if let Err(cause) = verdict {
        println!("cargo::error={}: {cause}. `npm run train` makes a new one.", path.display());
    }
}

/// Short hash of the commit, `unknown` outside a repository.
fn git_sha() -> String {
    // HEAD changes on checkout; its reflog also on each commit.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    println!("cargo:rerun-if-env-changed=EDGEKEEP_GIT_SHA");
    std::env::var("EDGEKEEP_GIT_SHA")
        .ok()
        .filter(|sha| !sha.is_empty() && sha.chars().all(|c| c.is_ascii_hexdigit()))
        .or_else(|| git(&["rev-parse", "--short=12", "HEAD"]))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Seconds since 1970: `SOURCE_DATE_EPOCH`, or when the commit was made; empty outside a repository. Never the time of day,
/// which would make every build another.
fn build_time() -> String {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .filter(|seconds| !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit()))
        .or_else(|| git(&["show", "--no-patch", "--format=%ct", "HEAD"]))
        .unwrap_or_default()
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
