//! The headers that are sent with what is handed on: from the command line, from files and from the environment.
//!
//! Each is a text `NAME=VALUE` that somebody wrote somewhere. An error says where, and names a header at most, never its value.

use std::{env, path::Path};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

use super::{route, secrets::Secrets};
use crate::text_file;

/// The environment's headers, one a line, as in a file.
pub const VARIABLE: &str = "COLLECTOR_FORWARD_HEADERS";
/// The longest file that is read.
const LONGEST: u64 = 64 << 10;

/// What is relayed as it came, or belongs to the connection.
const RESERVED: [HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::EXPECT,
    route::HEADER,
];

/// Headers as they were written, each with where that was.
#[derive(Default)]
pub struct Written(Vec<(String, String)>);

impl Written {
    /// The values of `--forward-header`.
    pub fn add_flags(&mut self, values: &[String]) {
        values.iter().enumerate().for_each(|(index, value)| self.add_flag(index + 1, value));
    }

    pub fn add_flag(&mut self, number: usize, value: &str) {
        self.0.push((format!("--forward-header, number {number}"), value.to_owned()));
    }

    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The lines of a `--forward-header-file`.
    pub fn add_file(&mut self, path: &Path) -> Result<(), String> {
        let of = format!("--forward-header-file {}", path.display());
        let text = text_file::read(path, LONGEST).map_err(|error| format!("{of}: it cannot be read: {error}"))?;
        let Some(text) = text else {
            return Err(format!("{of}: it is larger than {} KiB; give one NAME=VALUE a line", LONGEST >> 10));
        };
        self.add_lines(&of, &text);
        Ok(())
    }

    /// The lines of the variable, if it is set.
    pub fn add_environment(&mut self) -> Result<(), String> {
        match env::var(VARIABLE) {
            Ok(text) => self.add_lines(VARIABLE, &text),
            Err(env::VarError::NotPresent) => {}
            Err(env::VarError::NotUnicode(_)) => return Err(format!("{VARIABLE}: it is not in UTF-8")),
        }
        Ok(())
    }

    /// Pairs as `OTEL_EXPORTER_OTLP_HEADERS` has them: separated by commas, the values percent-encoded.
    pub fn add_pairs(&mut self, of: &str, text: &str) {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).enumerate();
        self.0.extend(pairs.map(|(index, pair)| {
            let decoded = percent_decode_str(pair).decode_utf8_lossy().into_owned();
            (format!("{of}, number {}", index + 1), decoded)
        }));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Empty lines, and those that begin with #, say nothing.
    fn add_lines(&mut self, of: &str, text: &str) {
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        self.0.extend(lines.map(|(index, line)| (format!("{of}, line {}", index + 1), line.to_owned())));
    }

    /// All of them, and what of them is not to be shown.
    pub fn parse(&self, secrets: &mut Secrets) -> Result<HeaderMap, String> {
        let mut parsed = HeaderMap::new();
        for (place, text) in &self.0 {
            let form = format!("{place}: give NAME=VALUE, like 'Authorization=Bearer …'");
            let (name, value) = text.split_once('=').ok_or_else(|| form.clone())?;
            let name: HeaderName =
                name.trim().parse().map_err(|_| format!("{form}; what is before the = is no header name"))?;
            if RESERVED.contains(&name) {
                return Err(format!("{place}: {name} is not to be set; it is relayed as it came, or made here"));
            }
            let mut header: HeaderValue = value
                .trim()
                .parse()
                .map_err(|_| format!("{place}: the value of {name} has characters that no header may have"))?;
            header.set_sensitive(true);
            secrets.add_value(value.trim());
            parsed.append(name, header);
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(written: &Written) -> Result<HeaderMap, String> {
        written.parse(&mut Secrets::default())
    }

    #[test]
    fn lines_are_headers_and_errors_name_the_line() {
        let mut written = Written::default();
        written.add_lines("FILE", "# the key\n\nAuthorization=Bearer a=b\n  x-key = 1 \r\n");
        let headers = parse(&written).unwrap();
        assert_eq!(
            (&headers["authorization"], &headers["x-key"]),
            (&"Bearer a=b".parse().unwrap(), &"1".parse().unwrap())
        );
        written.add_lines("FILE", "\nAuthorization: secret");
        let message = parse(&written).unwrap_err();
        assert!(message.starts_with("FILE, line 2: give NAME=VALUE") && !message.contains("secret"), "{message}");
    }

    #[test]
    fn values_that_no_header_can_have_are_refused_without_being_shown() {
        for wrong in [
            "Authorization: Bearer secret",
            "Authorization: secret==",
            "=secret",
            "x y=secret",
            "ho\nst=secret",
            "x=secret\u{7f}",
            "content-type=secret",
            "collector-forwarded-by=secret",
        ] {
            let mut written = Written::default();
            written.add_flags(&[wrong.to_owned()]);
            let message = parse(&written).unwrap_err();
            assert!(message.starts_with("--forward-header, number 1") && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn pairs_as_opentelemetry_has_them() {
        let mut written = Written::default();
        written.add_pairs("OTEL", "api-key=a%2Cb=, x-tenant = shop ,");
        let headers = parse(&written).unwrap();
        assert_eq!((&headers["api-key"], &headers["x-tenant"]), (&"a,b=".parse().unwrap(), &"shop".parse().unwrap()));
        written.add_pairs("OTEL", "x=1,secret");
        let message = parse(&written).unwrap_err();
        assert!(message.starts_with("OTEL, number 2") && !message.contains("secret"), "{message}");
    }

    #[test]
    fn a_file_that_is_none_is_said() {
        let mut written = Written::default();
        let message = written.add_file(Path::new("/no/such/file")).unwrap_err();
        assert!(message.starts_with("--forward-header-file /no/such/file: it cannot be read"), "{message}");
    }
}
