//! What a document has that OTLP has no name for, in its records and in what they share: found while it is read, and kept as text.

use super::role::Role;
use crate::model::members::camel_case;

/// The most that a record keeps of it, in bytes of text.
const MOST: usize = 64 << 10;
/// How deep it may be: the values of answers are no deeper.
const DEPTH: usize = 100;

/// A member that is not known, or those of a record that was read.
#[derive(Debug)]
struct Found {
    /// How it is reached from where the reader is, the last step first.
    path: Vec<Step>,
    text: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

#[derive(Debug, Default)]
pub struct Beside {
    found: Vec<Found>,
    /// How many messages hold the reader that keep what is not known.
    keeping: usize,
    /// How much the one where the reader is has kept.
    size: usize,
}

/// Where the reader was.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    found: usize,
    keeping: usize,
}

impl Beside {
    pub fn mark(&self) -> Mark {
        Mark { found: self.found.len(), keeping: self.keeping }
    }

    /// The reader goes into a message.
    pub fn enter(&mut self, role: Role) -> Mark {
        let mark = self.mark();
        if role.keeps() {
            self.keeping += 1;
            self.size = 0;
        }
        mark
    }

    /// Out of it again. What was found since belongs to it.
    pub fn leave(&mut self, role: Role, since: Mark) {
        if !role.keeps() {
            return;
        }
        self.keeping = since.keeping;
        if self.found.len() > since.found {
            let members = self.found.drain(since.found..).map(Found::member).collect::<Vec<_>>().join(",");
            self.found.push(Found { path: Vec::new(), text: format!("[{members}]") });
        }
    }

    /// Whether what is not known is kept here.
    pub const fn keeps(&self) -> bool {
        self.keeping > 0
    }

    /// Keeps a member; why not, if it is not.
    pub fn keep(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let size = self.size + name.len() + value.len();
        if size > MOST {
            return Err("it is not known, and takes more than 64 KiB with others of its record");
        }
        if depth(value) > DEPTH {
            return Err("it is not known, and is nested more than 100 levels deep");
        }
        self.size = size;
        let name = serde_json::Value::from(name);
        self.found.push(Found { path: Vec::new(), text: format!("{name},{value}") });
        Ok(())
    }

    /// What was found since the mark is in the field of this name, of a message that begins at the other mark. The last one of a name
    /// counts. Tells how much of the message was looked through for it.
    pub fn in_field(&mut self, name: &str, begins: Mark, since: Mark) -> usize {
        if self.found.len() == begins.found {
            return 0;
        }
        let step = Step::Name(camel_case(name));
        // Of this message alone: there may be many others before it.
        let of_message = begins.found..since.found;
        let looked_through = of_message.len();
        let removed = self.found.extract_if(of_message, |found| found.path.last() == Some(&step)).count();
        for found in &mut self.found[since.found - removed..] {
            found.path.push(Step::Name(camel_case(name)));
        }
        looked_through
    }

    pub fn in_element(&mut self, index: usize, since: Mark) {
        for found in &mut self.found[since.found..] {
            found.path.push(Step::Index(index));
        }
    }

    /// The reader takes nothing of what it has read since.
    pub fn back_to(&mut self, mark: Mark) {
        self.found.truncate(mark.found);
        self.keeping = mark.keeping;
    }

    /// The texts by the numbers of the resource, the scope and the record, as far as they are of one.
    pub fn by_place(self) -> impl Iterator<Item = (Vec<usize>, String)> {
        self.found.into_iter().map(|Found { path, text }| {
            let numbers = path.into_iter().rev().filter_map(|step| match step {
                Step::Index(index) => Some(index),
                Step::Name(_) => None,
            });
            (numbers.collect(), text)
        })
    }
}

impl Found {
    fn member(self) -> String {
        let steps = self.path.into_iter().rev().map(|step| match step {
            Step::Name(name) => serde_json::Value::from(name).to_string(),
            Step::Index(index) => index.to_string(),
        });
        format!("[[{}],{}]", steps.collect::<Vec<_>>().join(","), self.text)
    }
}

/// Of a text that is JSON.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
