//! Tests of the manifests: what is published has what crates.io and docs.rs show, and nothing else in it; dependencies are licensed as the
//! project allows, come from crates.io, and are there once where twice would be an error.

use crate::workspace::Workspace;
use serde_json::Value;
use std::fs;

/// What a dependency may be licensed as, at least by one of its choices. From MPL-2.0 on they are those of what tests, examples and
/// fuzzers use.
const LICENCES: [&str; 13] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "0BSD",
    "MPL-2.0",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "NCSA",
];

/// Each has one state for a program, or types that are exchanged: two versions of it do not know each other.
const ONCE: [&str; 9] = [
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry-proto",
    "tracing-core",
    "wasm-bindgen",
    "js-sys",
    "web-sys",
    "tokio",
    "rustls",
];

fn metadata(workspace: &Workspace, args: &[&str]) -> Value {
    let output = workspace.cargo().args(["metadata", "--locked", "--format-version=1"]).args(args).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().unwrap()
}

/// The files of its package.
fn packaged(workspace: &Workspace, name: &str) -> Vec<String> {
    let args = ["package", "--list", "--allow-dirty", "--offline", "--package", name];
    let output = workspace.cargo().args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn what_is_published_says_what_it_is() {
    let workspace = Workspace::find().unwrap();
    let metadata = metadata(&workspace, &["--no-deps"]);
    let published: Vec<_> = packages(&metadata).iter().filter(|package| package["publish"].is_null()).collect();
    let names: Vec<_> = published.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["opentelemetry-browser", "opentelemetry-browser-instrumentation"]);
    for package in published {
        let name = package["name"].as_str().unwrap();
        for key in ["description", "license", "repository", "readme", "rust_version"] {
            assert!(package[key].as_str().is_some_and(|value| !value.is_empty()), "{name} has no {key}");
        }
        assert!(package["repository"].as_str().unwrap().starts_with("https://"), "{name}: a repository is an address");
        assert_eq!(package["documentation"], format!("https://docs.rs/{name}"));
        let keywords = package["keywords"].as_array().unwrap();
        assert!((1..=5).contains(&keywords.len()), "{name}: crates.io takes up to five keywords");
        assert!(keywords.iter().all(|word| word.as_str().unwrap().len() <= 20), "{name}: {keywords:?}");
        assert!(!package["categories"].as_array().unwrap().is_empty(), "{name} has no category");
        let docs = &package["metadata"]["docs"]["rs"];
        assert_eq!(docs["default-target"], "wasm32-unknown-unknown", "{name}");
        assert_eq!(docs["all-features"], true, "{name}");
    }
}

#[test]
fn what_is_published_has_its_licences_and_nothing_that_only_tests_need() {
    let workspace = Workspace::find().unwrap();
    for package in workspace.published().unwrap() {
        let files = packaged(&workspace, &package.name);
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"] {
            assert!(files.iter().any(|name| name == file), "{} has no {file}", package.name);
        }
        let own = ["src/", "js/", "examples/", "README.md", "LICENSE-", "Cargo.", ".cargo_vcs_info.json"];
        let others: Vec<_> = files.iter().filter(|file| !own.iter().any(|own| file.starts_with(own))).collect();
        assert!(others.is_empty(), "{}: {others:?}", package.name);
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let read = |folder: &std::path::Path| fs::read_to_string(folder.join(licence)).unwrap();
            assert_eq!(read(&package.folder), read(&workspace.root), "{}: {licence}", package.name);
        }
        // What is shown on crates.io and docs.rs has no repository around it.
        let readme = fs::read_to_string(package.folder.join("README.md")).unwrap();
        for link in crate::documents::links(&readme) {
            assert!(files.iter().any(|file| file == link), "the README of {} links to {link}", package.name);
        }
    }
}

#[test]
fn readmes_and_manifests_name_the_same_versions() {
    let workspace = Workspace::find().unwrap();
    let metadata = metadata(&workspace, &["--no-deps"]);
    let newest = packages(&metadata).iter().filter_map(|package| package["rust_version"].as_str()).max().unwrap();
    let readme = fs::read_to_string(workspace.root.join("README.md")).unwrap();
    assert!(readme.contains(&format!("Rust {newest} or later")), "README.md: all of this needs Rust {newest}");
    let published = workspace.published().unwrap();
    assert!(published.iter().all(|package| package.rust_version == published[0].rust_version));
    let library = published.iter().find(|package| package.name == "opentelemetry-browser").unwrap();
    let readme = fs::read_to_string(library.folder.join("README.md")).unwrap();
    let version = |name: &str| library.requirements[name].trim_start_matches('^');
    // `0.33.1` is `0.33` to its users.
    let minor = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
    let row: Vec<_> = crate::documents::row(&readme, "0.1");
    let expected = [&minor(version("opentelemetry")), "0.34", version("wasm-bindgen"), &library.rust_version];
    assert_eq!(row, expected, "the table of versions in the library's README");
}

/// Whether a licence expression (SPDX) leaves a choice that is allowed.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "-WITH-");
    let words: Vec<_> = spaced.split_whitespace().collect();
    any_of(&mut words.as_slice())
}

fn any_of(words: &mut &[&str]) -> bool {
    let mut allowed = all_of(words);
    while let Some(rest) = words.strip_prefix(&["OR"]) {
        *words = rest;
        allowed |= all_of(words);
    }
    allowed
}

fn all_of(words: &mut &[&str]) -> bool {
    let mut allowed = one(words);
    while let Some(rest) = words.strip_prefix(&["AND"]) {
        *words = rest;
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut &[&str]) -> bool {
    let (first, rest) = words.split_first().expect("an expression ends with a licence");
    *words = rest;
    if *first != "(" {
        return LICENCES.contains(first);
    }
    let allowed = any_of(words);
    *words = words.strip_prefix(&[")"]).expect("a parenthesis is closed");
    allowed
}

#[test]
fn expressions_of_licences_are_understood() {
    for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 AND ISC"] {
        assert!(is_allowed(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR GPL-3.0) AND MIT", "Apache-2.0 WITH LLVM-exception"] {
        assert!(!is_allowed(bad), "{bad}");
    }
}

/// Asserts that what cargo resolves is licensed as allowed and from crates.io; gives it.
fn dependencies(of: &str, metadata: &Value) -> Vec<Value> {
    let dependencies: Vec<_> =
        packages(metadata).iter().filter(|package| !package["source"].is_null()).cloned().collect();
    for package in &dependencies {
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or("none"));
        assert!(is_allowed(licence), "{of}: {name} is licensed as {licence}");
        assert_eq!(package["source"], "registry+https://github.com/rust-lang/crates.io-index", "{of}: {name}");
    }
    dependencies
}

fn assert_single(of: &str, dependencies: &[Value], names: &[&str]) {
    for name in names {
        let versions = dependencies.iter().filter(|package| package["name"] == *name).count();
        assert!(versions <= 1, "{of}: {name} is there in {versions} versions");
    }
}

#[test]
fn dependencies_are_licensed_as_allowed_from_crates_io_and_single_where_they_must_be() {
    let workspace = Workspace::find().unwrap();
    let dependencies = dependencies("Cargo.toml", &metadata(&workspace, &[]));
    assert!(dependencies.len() > 100, "only {} dependencies", dependencies.len());
    assert!(ONCE.iter().all(|name| dependencies.iter().any(|package| package["name"] == *name)));
    assert_single("Cargo.toml", &dependencies, &ONCE);
}

/// Cargo refuses a Cargo.lock that does not fit its manifest: each of these is built by one command only, by which it was found late.
#[test]
fn workspaces_of_their_own_have_a_current_lock_and_dependencies_as_allowed() {
    let workspace = Workspace::find().unwrap();
    for (folder, once) in [
        (
            "examples",
            &["opentelemetry", "tracing-core", "wasm-bindgen", "js-sys", "web-sys", "leptos", "dioxus-core", "yew"][..],
        ),
        ("fuzz", &["opentelemetry", "opentelemetry-proto", "tokio"]),
        ("bench/peers/stores", &[]),
        ("bench/peers/wasm", &["wasm-bindgen", "js-sys", "web-sys"]),
    ] {
        let manifest = workspace.root.join(folder).join("Cargo.toml");
        let found = metadata(&workspace, &["--manifest-path", &manifest.to_string_lossy()]);
        let dependencies = dependencies(folder, &found);
        assert!(dependencies.len() > 5, "{folder}: only {} dependencies", dependencies.len());
        assert_single(folder, &dependencies, once);
    }
}

/// The folders that have a package-lock.json.
const NPM: [&str; 5] = ["bench/peers/js", "examples/otel-js", "tests/js", "tests/oracle", "tests/peers/js"];

#[test]
fn packages_of_npm_are_licensed_as_allowed_and_known_by_their_content() {
    let root = Workspace::find().unwrap().root;
    for folder in NPM {
        let text = fs::read_to_string(root.join(folder).join("package-lock.json")).unwrap();
        let lock: Value = serde_json::from_str(&text).unwrap();
        // The one without a name is the folder's own.
        let packages = lock["packages"].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty());
        let mut seen = 0;
        for (name, package) in packages {
            let licence = package["license"].as_str().unwrap_or("none");
            assert!(is_allowed(licence), "{folder}: {name} is licensed as {licence}");
            assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{folder}: {name}");
            assert!(package["resolved"].is_null(), "{folder}: {name} names a registry, which is the user's choice");
            seen += 1;
        }
        assert!(seen > 10, "{folder}: only {seen} packages");
    }
}
