//! Who starts: what its page imports, and what it tells the browser to load early.

/// One of the pages.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Of its page, and of its path at the receiver.
    pub id: &'static str,
    /// In tables.
    pub name: &'static str,
    /// JavaScript that gives `load`, `install`, `record` and `flush`; the last three are null where nothing is recorded.
    pub imports: &'static str,
    /// What `imports` loads, in the order in which it would be found.
    pub preloads: &'static [&'static str],
}

const START: &str =
    "const install = (endpoint) => start({ endpoint, sampled: true, maxQueueSize: 2048, maxBatchSize: 512 });";

pub fn subjects() -> [(Subject, String); 5] {
    SUBJECTS.map(|subject| (subject, page(&subject)))
}

const SUBJECTS: [Subject; 5] = [
    Subject {
        id: "ours",
        name: "opentelemetry-browser",
        imports: "import load, { install, record, flush } from './library/bench_library.js';",
        preloads: &["library/bench_library.js", "library/bench_library_bg.wasm"],
    },
    Subject {
        id: "core",
        name: "the same without features",
        imports: "import load, { install, record, flush } from './core/bench_library.js';",
        preloads: &["core/bench_library.js", "core/bench_library_bg.wasm"],
    },
    Subject {
        id: "otel-js",
        name: "OpenTelemetry JS",
        imports: "import { load, start, record, flush } from './otel-js.js';",
        preloads: &["otel-js.js"],
    },
    Subject {
        id: "otel-js-zone",
        name: "OpenTelemetry JS with Zone.js",
        imports: "import { load, start, record, flush } from './otel-js-zone.js';",
        preloads: &["otel-js-zone.js"],
    },
    Subject {
        id: "empty",
        name: "an empty wasm page",
        imports: "import load from './empty/bench_empty.js'; const [install, record, flush] = [null, null, null];",
        preloads: &["empty/bench_empty.js", "empty/bench_empty_bg.wasm"],
    },
];

fn page(subject: &Subject) -> String {
    let link = |path: &&str| match path.ends_with(".wasm") {
        true => format!("<link rel=\"preload\" as=\"fetch\" crossorigin href=\"{path}\">\n"),
        false => format!("<link rel=\"modulepreload\" href=\"{path}\">\n"),
    };
    let imports =
        if subject.imports.contains("start") { [subject.imports, START].join("\n") } else { subject.imports.into() };
    include_str!("../../page/cold.html")
        .replace("{links}\n", &subject.preloads.iter().map(link).collect::<String>())
        .replace("{imports}", &imports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_imports_and_preloads() {
        for (subject, page) in subjects() {
            assert!(
                page.contains(subject.imports) && !page.contains("{links}") && !page.contains("{imports}"),
                "{page}"
            );
            assert_eq!(page.matches("<link ").count(), subject.preloads.len());
        }
    }
}
