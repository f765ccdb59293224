//! `XMLHttpRequest` in a real browser, against the server of these tests.

#![cfg(target_arch = "wasm32")]

use opentelemetry_browser_instrumentation::{Http, Instrumentations, Xhr};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, assert_outcomes, text};

wasm_bindgen_test_configure!(run_in_browser);

fn requests() -> Instrumentations {
    Instrumentations::new().with(Xhr::new())
}

/// Sends a request, and gives its status when it is over.
fn send(method: &str, url: &str, more: &str) -> String {
    format!(
        "return new Promise((resolve) => {{
            const xhr = new XMLHttpRequest(); xhr.open('{method}', `{url}`);
            {more}; xhr.onloadend = () => resolve(xhr.status); xhr.send();
        }})"
    )
}

/// Runs a script that uses an object again once a request has `ended`. It waits for other listeners of `loadend`, too: an object that has failed
/// and is used anew among them sends nothing in WebKit, instrumented or not.
async fn reusing(script: &str) -> String {
    let ended = "const ended = (xhr) =>
        new Promise((resolve) => xhr.addEventListener('loadend', () => setTimeout(resolve), { once: true }));";
    text(&[ended, script].concat()).await
}

#[test]
async fn a_request_is_a_client_span_by_the_conventions() {
    let http = Http::new().with_route(|request| request.url.contains("/users/").then(|| "/users/{id}".to_owned()));
    let page = Page::with(requests().with_http(http));
    assert_eq!(text(&send("get", "/", "")).await, "200");
    assert_eq!(text(&send("POST", "/users/1?sig=secret", "")).await, "404");
    let spans = page.end().await;
    let [found, missing] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((found.name(), found.0["kind"].as_u64(), found.is_error()), ("GET", Some(3), false));
    let keys = ["http.request.method", "http.response.status_code", "server.address", "server.port", "url.full"];
    assert_eq!(found.keys(), keys);
    assert_eq!((missing.name(), missing.is_error()), ("POST /users/{id}", true));
    assert_eq!(missing.get("error.type").as_deref(), Some("404"));
    assert!(missing.get("url.full").unwrap().ends_with("/users/1?sig=REDACTED"));
}

#[test]
async fn failures_are_errors_and_an_abort_is_none() {
    let page = Page::with(requests());
    text(&send("GET", "http://localhost:${location.port}/", "")).await;
    text(&send("GET", "/", "setTimeout(() => xhr.abort())")).await;
    text(&send("GET", "/", "xhr.onreadystatechange = () => xhr.abort()")).await;
    let sync = "const xhr = new XMLHttpRequest(); xhr.open('GET', URL, false); try { xhr.send() } catch (error) { return error.name }
        return `${xhr.status}`";
    assert_eq!(text(&sync.replace("URL", "'/'")).await, "200");
    assert_eq!(text(&sync.replace("URL", "`http://localhost:${location.port}/`")).await, "NetworkError");
    let spans = page.end().await;
    let outcomes: Vec<_> = spans.iter().map(|span| span.get("error.type")).collect();
    let error = Some("NetworkError".to_owned());
    assert_eq!(outcomes, [error.clone(), None, None, None, error]);
}

#[test]
async fn the_context_goes_to_the_own_origin_and_a_reused_object_has_a_span_for_each() {
    text("globalThis.set = []; globalThis.real = XMLHttpRequest.prototype.setRequestHeader;
        XMLHttpRequest.prototype.setRequestHeader = function (...pair) { set.push(pair); return real.apply(this, pair) }")
    .await;
    let page = Page::with(requests());
    reusing(
        "const xhr = new XMLHttpRequest(); for (const url of ['/', '/', `http://localhost:${location.port}/`]) {
            xhr.open('GET', url); xhr.send(); await ended(xhr) }
        xhr.open('GET', '/'); xhr.setRequestHeader('TraceParent', 'mine'); xhr.send(); await ended(xhr)",
    )
    .await;
    let set: Vec<(String, String)> = serde_json::from_str(&text("return set").await).unwrap();
    let spans = page.end().await;
    assert_eq!(text("return XMLHttpRequest.prototype.setRequestHeader.__original === undefined").await, "true");
    text("XMLHttpRequest.prototype.setRequestHeader = real").await;
    let of = |span: &page::Span| ("traceparent".to_owned(), format!("00-{}-{}-01", span.trace_id(), span.id()));
    assert_eq!(spans.len(), 4);
    assert_eq!(set, [of(&spans[0]), of(&spans[1]), ("TraceParent".to_owned(), "mine".to_owned())]);
}

#[test]
async fn a_hostile_page_gets_what_it_would_get_without() {
    let page = Page::with(requests());
    let refused = "const xhr = new XMLHttpRequest(); try { CALL } catch (error) { return error.name }";
    assert_eq!(text(&refused.replace("CALL", "xhr.send()")).await, "InvalidStateError");
    assert_eq!(text(&refused.replace("CALL", "xhr.open('GET', 'http://[')")).await, "SyntaxError");
    assert_eq!(
        text(&refused.replace("CALL", "xhr.open('GET', { toString() { throw new RangeError() } })")).await,
        "RangeError"
    );
    assert!(page.end().await.is_empty());
    text("globalThis.kept = XMLHttpRequest; globalThis.XMLHttpRequest = class { }; Object.freeze(XMLHttpRequest.prototype)").await;
    let page = Page::with(requests());
    assert_eq!(page.installed.unavailable().len(), 1);
    page.end().await;
    text("globalThis.XMLHttpRequest = undefined").await;
    let page = Page::with(requests());
    assert_eq!(page.installed.unavailable().len(), 1);
    page.end().await;
    text("globalThis.XMLHttpRequest = kept").await;
}

#[test]
async fn every_end_of_a_request_ends_its_span_once() {
    let page = Page::with(requests());
    let told = reusing(
        "const told = [];
        const xhr = new XMLHttpRequest();
        for (const kind of ['abort', 'error', 'load', 'timeout']) xhr.addEventListener(kind, () => told.push(kind));
        // One object, for all: what an earlier request has left does not count for the next.
        xhr.open('GET', '/loaded'); xhr.send(); await ended(xhr);
        xhr.open('GET', '/aborted'); xhr.send(); try { xhr.send() } catch { } { const end = ended(xhr); xhr.abort(); await end; }
        xhr.open('GET', `http://localhost:${location.port}/`); xhr.send(); await ended(xhr);
        // As when its time is up; which of the two is first, the answer or that, nobody knows.
        xhr.open('GET', '/slow'); xhr.send(); {
            const end = ended(xhr); const over = (value) => Object.defineProperty(xhr, 'readyState', { value, configurable: true });
            over(4); xhr.dispatchEvent(new ProgressEvent('timeout')); delete xhr.readyState; xhr.abort(); await end; }
        // Opened twice, and opened anew while it is under way: the first is given up by the browser, without an event.
        xhr.open('GET', '/never'); xhr.open('POST', '/second'); xhr.send('x'); await ended(xhr);
        xhr.open('GET', '/replaced'); xhr.send(); xhr.open('GET', '/last'); xhr.send(); await ended(xhr);
        xhr.open('GET', 'data:,text'); xhr.send(); await ended(xhr);
        try { xhr.send() } catch (error) { told.push(error.name) }
        return told",
    )
    .await;
    let spans = page.end().await;
    let expected = [
        ("GET", "loaded", "404"),
        ("GET", "aborted", ""),
        ("GET", "", "NetworkError"),
        ("GET", "slow", "TimeoutError"),
        ("POST", "second", "404"),
        ("GET", "replaced", ""),
        ("GET", "last", "404"),
    ];
    assert_outcomes(&spans, &expected);
    assert_eq!(told, r#"["load","abort","error","timeout","abort","load","load","load","InvalidStateError"]"#);
}

#[test]
async fn an_object_that_is_opened_anew_while_the_last_request_is_told_of_has_a_whole_span_for_each() {
    let page = Page::with(requests());
    // One that has failed sends nothing in WebKit if it is opened anew meanwhile.
    for kind in ["onload", "onreadystatechange"] {
        text(&format!(
            "const xhr = new XMLHttpRequest(); const urls = ['/{kind}', '/second', '/third'];
            await new Promise((resolve) => {{
                const next = () => {{ xhr.open('GET', urls.shift()); xhr.send() }};
                xhr.{kind} = () => {{ if (xhr.readyState < 4) return; if (urls.length) next(); else setTimeout(resolve) }};
                next();
            }})"
        ))
        .await;
    }
    let spans = page.end().await;
    let of = |first: &'static str| [("GET", first, "404"), ("GET", "second", "404"), ("GET", "third", "404")];
    assert_outcomes(&spans, &[of("onload"), of("onreadystatechange")].concat());
}

#[test]
async fn a_url_is_that_of_the_time_when_it_was_opened() {
    let page = Page::with(requests());
    let asked = text(
        "let asked = 0; const xhr = new XMLHttpRequest();
        document.head.insertAdjacentHTML('afterbegin', `<base href='/below/'>`);
        xhr.open('GET', { toString: () => `number/${++asked}` });
        document.querySelector('base').remove(); xhr.send();
        await new Promise((resolve) => (xhr.onloadend = resolve));
        return [asked, new URL(xhr.responseURL).pathname, XMLHttpRequest.prototype.open.name, XMLHttpRequest.prototype.open.length]",
    )
    .await;
    assert_eq!(asked, r#"[1,"/below/number/1","open",2]"#);
    assert_outcomes(&page.end().await, &[("GET", "below/number/1", "404")]);
}

#[test]
async fn another_instrumentation_below_adds_no_second_context() {
    text(
        "globalThis.set = []; globalThis.real = { ...Object.getOwnPropertyDescriptors(XMLHttpRequest.prototype) };
        const { send, setRequestHeader } = XMLHttpRequest.prototype;
        XMLHttpRequest.prototype.setRequestHeader = function (...pair) { set.push(pair.join()); setRequestHeader.apply(this, pair) };
        XMLHttpRequest.prototype.send = function (...body) {
            this.setRequestHeader('TraceParent', 'theirs'); this.setRequestHeader('accept', 'theirs'); return send.apply(this, body);
        }",
    )
    .await;
    let page = Page::with(requests());
    text(&send("GET", "/", "")).await;
    let set = text("return set").await;
    let spans = page.end().await;
    text("Object.defineProperties(XMLHttpRequest.prototype, real)").await;
    assert_eq!(set, format!(r#"["traceparent,00-{}-{}-01","accept,theirs"]"#, spans[0].trace_id(), spans[0].id()));
}
