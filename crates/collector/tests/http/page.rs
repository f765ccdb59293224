//! The page's port: which files are served and how.

use crate::{
    client::{get, send},
    fixture::{Collector, INDEX, PageDir, config},
};

#[test]
fn files_have_their_types_and_headers() {
    let collector = Collector::start();
    let files = [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/www/app.js", "text/javascript; charset=utf-8"),
        ("/www/deep/er/module.mjs", "text/javascript; charset=utf-8"),
        ("/www/style.css", "text/css; charset=utf-8"),
        ("/www/icon.svg", "image/svg+xml"),
        ("/pkg/inprocess_bg.wasm", "application/wasm"),
        ("/favicon.ico", "image/x-icon"),
    ];
    for (path, media_type) in files {
        let response = collector.page(path);
        assert_eq!((response.status, response.header("content-type")), (200, Some(media_type)), "{path}");
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(response.header(name), Some(value), "{path}");
        }
        let policy = response.header("content-security-policy").unwrap();
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "connect-src 'self' http: https:",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|part| part == directive), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        let head = send(&collector.addresses.page, "HEAD", path, &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    }
}

#[test]
fn nothing_else_of_the_directory_is_served() {
    let collector = Collector::start();
    let paths = [
        "/Cargo.toml",
        "/src/lib.rs",
        "/.git/config",
        "/www/.hidden",
        "/www/%2ehidden",
        "/www",
        "/www/",
        "/www/deep",
        "/pkg/",
        "/www/../Cargo.toml",
        "/www/%2e%2e/Cargo.toml",
        "/www/..%2fCargo.toml",
        "/www/..%5cCargo.toml",
        "/www/%2fetc/passwd",
        "/www//etc/passwd",
        "/../../../etc/passwd",
        "/www/app.js%00.css",
        "/www/app.js/",
        "/index.html/",
        "/favicon.png",
        "/nothing",
    ];
    for path in paths {
        let response = collector.page(path);
        assert_eq!(response.status, 404, "{path}");
        assert!(!response.text().contains("secret"), "{path}");
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_the_folder() {
    let collector = Collector::start();
    let directory = collector.page_dir.path();
    std::os::unix::fs::symlink(directory.join("Cargo.toml"), directory.join("www/out.txt")).unwrap();
    std::os::unix::fs::symlink("app.js", directory.join("www/within.js")).unwrap();
    assert_eq!(collector.page("/www/out.txt").status, 404);
    assert_eq!(collector.page("/www/within.js").status, 200);
}

#[test]
fn the_page_is_told_the_addresses_of_this_run() {
    let collector = Collector::start();
    let (otlp, viewer) = (collector.otlp(), &collector.addresses.viewer);
    let expected = INDEX
        .replace("http://localhost:4318", otlp)
        .replace(r#"name="otlp-logs" content="""#, &format!(r#"name="otlp-logs" content="{otlp}""#))
        .replace("http://localhost:16686", viewer)
        .replace("Jaeger UI", "Collector");
    assert_eq!(collector.page("/").text(), expected);
}

#[test]
fn edits_show_at_the_next_reload_and_the_unchanged_is_not_sent_again() {
    let collector = Collector::start();
    for path in ["/", "/www/app.js"] {
        let tag = collector.page(path).header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("\"x\", W/{tag}")] {
            let again = send(&collector.addresses.page, "GET", path, &[("if-none-match", &known)], b"");
            assert_eq!((again.status, again.body.len()), (304, 0));
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert!(again.header("content-security-policy").is_some());
        }
    }
    let tag = collector.page("/www/app.js").header("etag").unwrap().to_owned();
    collector.page_dir.write("www/app.js", "edited");
    let edited = send(&collector.addresses.page, "GET", "/www/app.js", &[("if-none-match", &tag)], b"");
    assert_eq!((edited.status, edited.text()), (200, "edited"));
}

#[test]
fn an_unbuilt_page_says_what_to_do() {
    let directory = PageDir::empty();
    directory.write("index.html", INDEX);
    let collector = Collector::with(config(&directory), directory);
    assert!(collector.addresses.notes[0].contains("cargo xtask run"), "{:?}", collector.addresses.notes);
    let index = collector.page("/");
    assert_eq!(index.status, 503);
    assert!(index.text().contains("no pkg/") && index.text().contains("cargo xtask run"), "{}", index.text());
    let module = collector.page("/pkg/inprocess.js");
    assert_eq!(module.status, 404);
    assert!(module.text().contains("cargo xtask run"), "{}", module.text());

    // Built while it runs.
    collector.page_dir.write("pkg/inprocess.js", "export {};");
    assert_eq!((collector.page("/").status, collector.page("/pkg/inprocess.js").status), (200, 200));

    let directory = PageDir::empty();
    let collector = Collector::with(config(&directory), directory);
    let index = get(&collector.addresses.page, "/");
    assert!(index.status == 503 && index.text().contains("no index.html"), "{}", index.text());
}
