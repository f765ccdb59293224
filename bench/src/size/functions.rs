//! The functions of a module by size, by the names in its name section.

use std::collections::BTreeMap;

use wasmparser::{KnownCustom, Name, Parser, Payload};

/// One function.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Of its code.
    pub bytes: usize,
}

/// The largest of them, largest first.
pub fn largest(module: &[u8], most: usize) -> Result<Vec<Function>, String> {
    let unreadable = |error| format!("the module cannot be read: {error}");
    let (mut imported, mut sizes, mut names) = (0, Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(unreadable)? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.map_err(unreadable)?;
                    imported += u32::from(matches!(import.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().len()),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(section) = section.as_known() else { continue };
                for name in section {
                    if let Name::Function(functions) = name.map_err(unreadable)? {
                        for function in functions {
                            let function = function.map_err(unreadable)?;
                            names.insert(function.index, function.name.to_owned());
                        }
                    }
                }
            }
            _ => {}
        }
    }
    if names.is_empty() {
        return Err("the module has no names: it was stripped".to_owned());
    }
    let mut functions: Vec<_> = (imported..)
        .zip(sizes)
        .map(|(index, bytes)| Function { name: names.remove(&index).unwrap_or_else(|| format!("#{index}")), bytes })
        .collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.bytes));
    functions.truncate(most);
    Ok(functions)
}
