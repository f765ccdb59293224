//! The shells that the lines to be pasted are tried in: bash, and zsh, which macOS has.

use crate::{Result, apt, workspace::on_path};

/// Makes sure that there are both.
pub fn ensure() -> Result<()> {
    for shell in ["bash", "zsh"] {
        if on_path(&[shell]).is_none() {
            apt::install(
                &[shell],
                "the tests paste the advice that is given into bash and zsh, which must be on PATH",
            )?;
        }
    }
    Ok(())
}
