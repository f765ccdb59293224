//! `cargo xtask browsers`: asks each engine what it has, and writes docs/browsers.md from the answers.

use crate::engines::Engine;
use crate::progress::step;
use crate::{Result, run, wasm, workspace::Workspace};
use serde_json::Value;
use std::fs;
use std::process::ExitCode;

const HEAD: &str = "\
# What each browser engine has

Made by `cargo xtask browsers`, which asks the engines. The tests of `cargo xtask test engines` drive the page and the viewer in all of
them, and fail where an engine has less than this table says, or more.

Firefox ends the scripts of a tab that is closed, most often in `pagehide`. Where there is no `fetchLater`, what waits is therefore handed over,
and copied, in `beforeunload`; that keeps no page out of the back/forward cache. A lock does in Firefox: a page whose copies are still its
own when its user goes elsewhere by the address bar is loaded anew on the way back. WebKit's driver keeps no profile, so that a browser that
is killed is asked of the two others.
";

pub fn write(workspace: &Workspace) -> Result<ExitCode> {
    let engines = [Engine::chromium(workspace)?, Engine::firefox(workspace)?, Engine::webkit(workspace)?];
    wasm::build_pkg(workspace)?;
    let collector = run::build_collector(workspace)?;
    let folder = workspace.target_dir.join("engine-features");
    fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let mut columns = vec![];
    for engine in &engines {
        step(&format!("Asking {}", engine.name()), || {
            let mut command = workspace.cargo();
            command.args(["test", "--package=e2e", "--test=engines", "--", "each_engine_has_what_the_table_says"]);
            engine.name_in(&mut command);
            command.env("PAGE_DIR", &workspace.root).env("COLLECTOR_BIN", &collector);
            // It writes what it found before it judges that: a test that fails is what this table is made anew for.
            command.env("ENGINE_FEATURES_DIR", &folder);
            command.status().map(|_| ()).map_err(|error| format!("cargo could not be started: {error}"))
        })?;
        let path = folder.join(format!("{}.json", engine.name()));
        let text = fs::read_to_string(&path).map_err(|_| format!("{} did not say what it has", engine.name()))?;
        columns.push(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let path = workspace.root.join("docs/browsers.md");
    fs::write(&path, format!("{HEAD}\n{}", table(&engines.each_ref().map(Engine::name), &columns)))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    println!("{}", path.display());
    Ok(ExitCode::SUCCESS)
}

fn table(names: &[&str], columns: &[Value]) -> String {
    let mut table = format!("| feature | {} | what it is for |\n", names.join(" | "));
    table.push_str(&format!("|---|{}---|\n", "---|".repeat(names.len())));
    for (index, row) in columns[0].as_array().into_iter().flatten().enumerate() {
        let found = columns.iter().map(|column| if column[index]["found"] == true { "yes" } else { "no" });
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let found: Vec<_> = found.collect();
        table.push_str(&format!("| {} | {} | {} |\n", text("feature"), found.join(" | "), text("for")));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_has_a_column_for_each_engine() {
        let column = |found: bool| json!([{ "feature": "a", "for": "b", "found": found }]);
        let expected = "| feature | X | Y | what it is for |\n|---|---|---|---|\n| a | yes | no | b |\n";
        assert_eq!(table(&["X", "Y"], &[column(true), column(false)]), expected);
    }
}
