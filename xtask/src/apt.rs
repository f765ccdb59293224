//! Debian's package manager, for programs that only tests need: where it is there and this user may install.

use crate::{Result, progress::step, workspace::on_path};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Installs packages, or says why not, with `advice` on how to get them elsewhere.
pub fn install(packages: &[&str], advice: &str) -> Result<()> {
    let names = packages.join(" and ");
    let Some(apt) = privileged() else {
        return Err(format!("no {names} here, and no apt-get that may be used without asking: {advice}"));
    };
    step(&format!("Installing {names} (apt-get)"), || {
        let run = |args: &[&str]| {
            let mut command = Command::new(&apt[0]);
            command.args(&apt[1..]).args(args).env("DEBIAN_FRONTEND", "noninteractive");
            // A run level at which a package starts no server of its own.
            command.env("RUNLEVEL", "1").stdin(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        // Old package lists name files that are gone; one broken source must not hide a working one.
        run(&["update"]);
        if run(&[&["install", "-y", "--no-install-recommends"], packages].concat()) {
            return Ok(());
        }
        Err(format!("apt-get could not install {names}, for the reason above: {advice}"))
    })
}

/// The words before apt-get's own arguments, when it is there and needs no password.
fn privileged() -> Option<Vec<PathBuf>> {
    let apt = on_path(&["apt-get"])?;
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if is_root {
        return Some(vec![apt]);
    }
    let sudo = on_path(&["sudo"])?;
    let passwordless = Command::new(&sudo).args(["-n", "true"]).stderr(Stdio::null()).status();
    passwordless.is_ok_and(|status| status.success()).then(|| vec![sudo, "-n".into(), apt])
}
