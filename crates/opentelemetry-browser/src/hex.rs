//! Hexadecimal text, as OTLP JSON and W3C Trace Context have ids.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hexadecimal, as OTLP JSON has trace and span ids.
pub(crate) fn hex<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N]) {
    let mut digits = [[0_u8; 2]; N];
    for (pair, byte) in digits.iter_mut().zip(bytes) {
        *pair = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]];
    }
    out.extend_from_slice(digits.as_flattened());
}

/// The string that hexadecimal digits and what is between them are. The standard library's way looks at each byte in several ways.
pub(crate) fn ascii(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
