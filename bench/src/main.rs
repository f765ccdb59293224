//! The measuring half of `cargo xtask size` and `cargo xtask bench`, which build what is measured here.

mod cold;
mod collector;
mod compare;
mod document;
mod instrumented;
mod machine;
mod markdown;
mod size;
mod stats;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use collector::Programs;
use compare::Options;
use size::{Budget, Sizes};

const USAGE: &str =
    "this program is started by `cargo xtask size` and `cargo xtask bench`, which build what it measures";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let outcome = match args.next().as_deref() {
        Some("size") => weigh(args.collect()),
        Some("kits") => kits(args.collect()),
        Some("compare") => compare(args.collect()),
        Some("cold") => cold(args.collect()),
        Some("instrumentations") => instrumentations(args.collect()),
        Some("collector") => collector(args.collect()),
        _ => Err(USAGE.to_owned()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// `size BUDGET NAME=FOLDER... [--accept DOCS] [--functions NAMED]`
fn weigh(args: Vec<String>) -> Result<ExitCode, String> {
    let (mut docs, mut named, mut budget, mut builds) = (None, None, None, Vec::new());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match (arg.as_str(), arg.split_once('=')) {
            ("--accept", _) => docs = args.next().map(PathBuf::from),
            ("--functions", _) => named = args.next().map(PathBuf::from),
            (_, Some((name, folder))) => builds.push((name.to_owned(), PathBuf::from(folder))),
            _ => budget = Some(PathBuf::from(arg)),
        }
    }
    let budget = budget.ok_or_else(|| USAGE.to_owned())?;
    let sizes = Sizes::of(&builds)?;
    print!("{}", sizes.table());
    if let Some(named) = named {
        print!("\n{}", size::largest_functions(&named)?);
    }
    if let Some(docs) = docs {
        sizes.figures().write(&budget)?;
        document::rewrite(&docs.join("benchmarks.md"), "sizes", &sizes.table())?;
        println!("\n{} and {}/benchmarks.md have these figures now", budget.display(), docs.display());
        return Ok(ExitCode::SUCCESS);
    }
    let exceeded = Budget::read(&budget)?.exceeded_by(&sizes.figures());
    for line in &exceeded {
        eprintln!("error: {line}");
    }
    if !exceeded.is_empty() {
        eprintln!("If that is worth it, `cargo xtask size --accept` writes the new figures into {}.", budget.display());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// `kits [--write DOCS] (NAME WITH WITHOUT)...`
fn kits(args: Vec<String>) -> Result<ExitCode, String> {
    let (docs, kits) = match args.as_slice() {
        [flag, docs, kits @ ..] if flag == "--write" => (Some(Path::new(docs)), kits),
        kits => (None, kits),
    };
    document::publish(docs, "kits", &size::kits(kits)?)?;
    Ok(ExitCode::SUCCESS)
}

/// `compare MODULES [--quick] [--only ID,ID] [--write DOCS]`
fn compare(args: Vec<String>) -> Result<ExitCode, String> {
    let (mut modules, mut options) = (None, Options::default());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => options.quick = true,
            "--only" => options.only = args.next().unwrap_or_default().split(',').map(str::to_owned).collect(),
            "--write" => options.docs = args.next().map(PathBuf::from),
            _ => modules = Some(PathBuf::from(arg)),
        }
    }
    let modules = modules.ok_or_else(|| USAGE.to_owned())?;
    runtime()?.block_on(compare::compare(&modules, &options))?;
    Ok(ExitCode::SUCCESS)
}

/// `cold MODULES [--quick] [--write DOCS]`
fn cold(args: Vec<String>) -> Result<ExitCode, String> {
    let (modules, quick, docs) = of_modules(args)?;
    runtime()?.block_on(cold::measure(&modules, quick, docs))?;
    Ok(ExitCode::SUCCESS)
}

/// `instrumentations MODULES [--quick] [--write DOCS]`
fn instrumentations(args: Vec<String>) -> Result<ExitCode, String> {
    let (modules, quick, docs) = of_modules(args)?;
    runtime()?.block_on(instrumented::measure(&modules, quick, docs))?;
    Ok(ExitCode::SUCCESS)
}

/// The folder of what is measured, whether little is, and where that is written down.
fn of_modules(args: Vec<String>) -> Result<(PathBuf, bool, Option<PathBuf>), String> {
    let (mut quick, mut docs, mut modules) = (false, None, None);
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--write" => docs = args.next().map(PathBuf::from),
            _ => modules = Some(PathBuf::from(arg)),
        }
    }
    Ok((modules.ok_or_else(|| USAGE.to_owned())?, quick, docs))
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Runtime::new().map_err(|error| format!("no runtime: {error}"))
}

/// `collector COLLECTOR JAEGER [--before COLLECTOR] [--quick] [--write DOCS]`
fn collector(args: Vec<String>) -> Result<ExitCode, String> {
    let (mut quick, mut docs, mut before, mut paths) = (false, None, None, Vec::new());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--write" => docs = args.next().map(PathBuf::from),
            "--before" => before = args.next().map(PathBuf::from),
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    let [collector, jaeger] = <[PathBuf; 2]>::try_from(paths).map_err(|_| USAGE.to_owned())?;
    let options = collector::Options { programs: Programs { collector, before, jaeger }, quick, docs };
    runtime()?.block_on(collector::measure(&options))?;
    Ok(ExitCode::SUCCESS)
}
