//! The parameters of a URL, and what is said of a value that is no good.

use std::ops::RangeInclusive;

use super::duration;
use crate::store::Version;

/// How many traces an answer has at most, of whatever is asked for them.
pub const MOST: usize = 10_000;

pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn parse(query: Option<String>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The same under names that `rename` gives them.
    pub fn renamed(self, rename: impl Fn(String) -> String) -> Self {
        Self(self.0.into_iter().map(|(name, value)| (rename(name), value)).collect())
    }

    /// The first value; an empty one counts as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(value)
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many traces are wanted. More than [`MOST`] are not given at once, whatever is asked for.
    pub fn limit(&self, name: &str) -> Result<usize, String> {
        const DEFAULT: usize = 100;
        let Some(value) = self.get(name) else { return Ok(DEFAULT) };
        let number = value.parse::<i32>().ok().filter(|number| *number > 0);
        number
            .and_then(|number| usize::try_from(number).ok())
            .map(|number| number.min(MOST))
            .ok_or_else(|| format!("parameter '{name}' must be a whole number from 1 to {}, not {value:?}", i32::MAX))
    }

    /// The version of a list that somebody has.
    pub fn since(&self) -> Result<Option<Version>, String> {
        self.get("since").map(version).transpose()
    }

    /// A duration in nanoseconds.
    pub fn duration(&self, name: &str) -> Result<Option<u64>, String> {
        let parse = |value| {
            duration::parse(value).ok_or_else(|| {
                format!("parameter '{name}' must be a duration such as 100ms, 1.2s or 1h30m, not {value:?}")
            })
        };
        self.get(name).map(parse).transpose()
    }

    /// Between the two; an upper bound of 0 is none, as for Jaeger.
    pub fn durations(&self, min: &str, max: &str) -> Result<RangeInclusive<u64>, String> {
        let shortest = self.duration(min)?.unwrap_or(0);
        let longest = self.duration(max)?.filter(|longest| *longest > 0).unwrap_or(u64::MAX);
        if longest < shortest {
            return Err(format!("'{max}' should be greater than '{min}'"));
        }
        Ok(shortest..=longest)
    }
}

/// As `/api/list` gives it.
pub fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|_| format!("parameter 'since' must be the version that /api/list gave, not {text:?}"))
}

/// The tags of a JSON object whose values are strings.
pub fn json_tags(name: &str, value: &str) -> Result<Vec<(String, String)>, String> {
    let wrong = |what: &str| format!("parameter '{name}' must be a JSON object such as {{\"key\":\"text\"}}: {what}");
    match serde_json::from_str(value) {
        Ok(serde_json::Value::Object(tags)) => tags
            .into_iter()
            .map(|(key, value)| match value {
                serde_json::Value::String(text) => Ok((key, text)),
                other => Err(wrong(&format!("the value of {key:?} must be a string, as \"{other}\""))),
            })
            .collect(),
        Ok(serde_json::Value::Null) => Ok(Vec::new()),
        Ok(_) => Err(wrong("it is something else")),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

/// With more tags than any question has, each of which every span is looked through for.
const TAGS: usize = 64;

/// The last text of each key, as Jaeger has it.
pub fn distinct_tags(tags: Vec<(String, String)>) -> Result<Vec<(String, String)>, String> {
    let tags: std::collections::BTreeMap<_, _> = tags.into_iter().collect();
    if tags.len() > TAGS {
        return Err(format!("there are {} tags; ask for at most {TAGS}", tags.len()));
    }
    Ok(tags.into_iter().collect())
}
