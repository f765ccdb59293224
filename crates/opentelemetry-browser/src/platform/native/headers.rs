//! There are no fetch headers outside of a browser: `headers_of` gives a context's headers to any HTTP client.
