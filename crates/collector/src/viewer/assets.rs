//! The viewer's scripts and style sheets, which are in the program: a path below `/app` in, the file's answer out.

use axum::{http::HeaderMap, response::Response};

use crate::content;

macro_rules! files {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../viewer/", $path)))),*]
    };
}

/// In alphabetical order.
const FILES: &[(&str, &str)] = files![
    "compare/groups.js",
    "compare/page.js",
    "compare/picker.js",
    "compare/rows.js",
    "compare/span-cell.js",
    "compare/totals.js",
    "early.js",
    "list/anchor.js",
    "list/brush.js",
    "list/choices.js",
    "list/downloading.js",
    "list/drop.js",
    "list/empty.js",
    "list/feed.js",
    "list/filter-form.js",
    "list/page.js",
    "list/region-chip.js",
    "list/row.js",
    "list/rows.js",
    "list/scatter-tip.js",
    "list/scatter.js",
    "list/selection.js",
    "list/service-tags.js",
    "list/shortcuts.js",
    "list/toolbar.js",
    "list/upload-panel.js",
    "list/uploading.js",
    "list/view.js",
    "list/walk.js",
    "logs/form.js",
    "logs/page.js",
    "logs/record.js",
    "main.js",
    "map/drawing.js",
    "map/page.js",
    "map/tables.js",
    "model/compare.js",
    "model/critical-path.js",
    "model/duration-ticks.js",
    "model/filters.js",
    "model/find.js",
    "model/group-by.js",
    "model/id.js",
    "model/label-place.js",
    "model/local-time.js",
    "model/log-filters.js",
    "model/logs.js",
    "model/map-counts.js",
    "model/map-crossings.js",
    "model/map-layers.js",
    "model/map-layout.js",
    "model/order.js",
    "model/otlp.js",
    "model/palette.js",
    "model/rows.js",
    "model/scatter-scale.js",
    "model/series.js",
    "model/span-times.js",
    "model/summaries.js",
    "model/tags.js",
    "model/time-ticks.js",
    "model/tree.js",
    "model/usual-range.js",
    "model/value.js",
    "model/visible.js",
    "model/wall-clock.js",
    "model/warnings.js",
    "model/zoom.js",
    "series/page.js",
    "shared/api.js",
    "shared/base.js",
    "shared/colours.js",
    "shared/copy.js",
    "shared/dom.js",
    "shared/download.js",
    "shared/fields.js",
    "shared/format.js",
    "shared/help.js",
    "shared/icons.js",
    "shared/keys.js",
    "shared/marks.js",
    "shared/portion.js",
    "shared/problem.js",
    "shared/shell.js",
    "shared/text.js",
    "shared/theme.js",
    "shared/toast.js",
    "shared/while-seen.js",
    "style/compare.css",
    "style/detail.css",
    "style/files.css",
    "style/filters.css",
    "style/list.css",
    "style/logs.css",
    "style/map.css",
    "style/overlay.css",
    "style/rows.css",
    "style/scatter.css",
    "style/series.css",
    "style/shell.css",
    "style/tokens.css",
    "style/trace.css",
    "style/waterfall.css",
    "trace/attributes.js",
    "trace/axis.js",
    "trace/detail.js",
    "trace/events.js",
    "trace/find.js",
    "trace/growth.js",
    "trace/header.js",
    "trace/logs.js",
    "trace/minimap.js",
    "trace/page.js",
    "trace/row.js",
    "trace/shortcuts.js",
    "trace/state.js",
    "trace/waterfall.js",
];

/// None if there is no such file.
pub fn answer(path: &str, request: &HeaderMap) -> Option<Response> {
    let (name, text) = FILES.iter().find(|(name, _)| *name == path)?;
    Some(content::answer(*text, content::media_type(name), request))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn below(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("viewer");
        let mut there = Vec::new();
        below(&folder, &folder, &mut there);
        there.sort();
        let listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, there);
    }

    #[test]
    fn no_file_makes_markup_or_code_of_text() {
        for (name, text) in FILES {
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
                assert!(!text.contains(word), "{name} has {word}");
            }
        }
    }

    #[test]
    fn imports_lead_to_files_that_are_there() {
        for (name, text) in FILES.iter().filter(|(name, _)| name.ends_with(".js")) {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            for import in text.split(" from \"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
                for part in import.split('/') {
                    match part {
                        "." => {}
                        ".." => drop(path.pop()),
                        part => path.push(part),
                    }
                }
                let path = path.join("/");
                assert!(FILES.iter().any(|(name, _)| *name == path), "{name} imports {import}");
            }
        }
    }
}
