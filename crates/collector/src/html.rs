//! Text from spans, made safe and visible in HTML.
//!
//! Markup characters are escaped. Characters that would be invisible or rearrange the text around them (controls, direction
//! marks) are shown as what they are, so that a name cannot pretend to be another.

use std::fmt::{self, Display, Write};

/// The text for an element's content or a quoted attribute.
pub fn text(text: &str) -> Text<'_> {
    Text { text, limit: usize::MAX }
}

/// The same, cut after so many characters, with an ellipsis.
pub fn short(text: &str, limit: usize) -> Text<'_> {
    Text { text, limit }
}

#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    text: &'a str,
    limit: usize,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, character) in self.text.chars().enumerate() {
            if position == self.limit {
                return f.write_char('…');
            }
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => f.write_char(character)?,
                // Unicode has a picture for each of these.
                '\0'..='\x1f' => f.write_char(char::from_u32(0x2400 + u32::from(character)).unwrap_or('␦'))?,
                '\x7f' => f.write_char('␡')?,
                _ if is_deceptive(character) => write!(f, "\\u{{{:x}}}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}' // C1 controls
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction
        | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}' // no width
        | '\u{2028}' | '\u{2029}' // line separators
        | '\u{e0000}'..='\u{e007f}' // tags
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        let hostile = "</title><script>alert('1')</script>\"&amp;";
        let escaped = "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;amp;";
        assert_eq!(text(hostile).to_string(), escaped);
    }

    #[test]
    fn the_invisible_is_shown() {
        assert_eq!(text("a\0b\x1b[0m\r\n\x7f").to_string(), "a␀b␛[0m␍\n␡");
        assert_eq!(text("\u{202e}cba\u{2066}\u{feff}\u{85}").to_string(), "\\u{202e}cba\\u{2066}\\u{feff}\\u{85}");
        assert_eq!(text("שלום 你好 👩‍💻 é").to_string(), "שלום 你好 👩‍💻 é");
    }

    #[test]
    fn cut_after_whole_characters() {
        assert_eq!(short("äöü", 2).to_string(), "äö…");
        assert_eq!(short("äöü", 3).to_string(), "äöü");
        assert_eq!(short("<<", 1).to_string(), "&lt;…");
    }
}
