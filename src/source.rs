//! Where the parts of a user are read from: the constants of the original here, a database in `crates/users-service`.

use std::convert::Infallible;
use std::error::Error;

use serde_json::{Value, json};

/// The only user there is.
const JOHN: u64 = 100;

/// One of the three parts of which a user is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// id, name, gender
    Info,
    /// site, email
    Detail,
    /// math, english, chinese
    Scores,
}

impl Part {
    /// All of them, in the order in which they are read.
    pub const ALL: [Self; 3] = [Self::Info, Self::Detail, Self::Scores];

    /// The traced function that reads it.
    pub(crate) fn span_name(self) -> &'static str {
        match self {
            Self::Info => "GetInfo",
            Self::Detail => "GetDetail",
            Self::Scores => "GetScores",
        }
    }
}

/// What users are read from.
pub trait Source {
    /// Why a part could not be read.
    type Error: Error;

    /// One part of user `id`, as a JSON object; `None` if there is no such user.
    ///
    /// # Errors
    /// If the source cannot be read: nothing is known of the user then.
    fn read(&self, part: Part, id: u64) -> Result<Option<Value>, Self::Error>;
}

/// The original's users, in the program itself.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn;

impl BuiltIn {
    /// The ids of its users.
    pub const IDS: [u64; 1] = [JOHN];
}

impl Source for BuiltIn {
    type Error = Infallible;

    fn read(&self, part: Part, id: u64) -> Result<Option<Value>, Infallible> {
        let found = || match part {
            Part::Info => json!({"id": JOHN, "name": "john", "gender": 1}),
            Part::Detail => json!({"site": "https://goframe.org", "email": "john@goframe.org"}),
            Part::Scores => json!({"math": 100, "english": 60, "chinese": 50}),
        };
        Ok((id == JOHN).then(found))
    }
}
