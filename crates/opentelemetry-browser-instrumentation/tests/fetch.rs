//! `fetch` in a real browser, against the server of these tests: CLIENT spans, and what they leave as it is.

#![cfg(target_arch = "wasm32")]

use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::Telemetry;
use opentelemetry_browser_instrumentation::{Fetch, Http, Instrumentations, traced};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, assert_outcomes, run, text};

wasm_bindgen_test_configure!(run_in_browser);

fn fetches() -> Instrumentations {
    Instrumentations::new().with(Fetch::new())
}

/// A `fetch` below the instrumentation that notes what it is given, as a `Request` that the browser made of it.
const NOTING: &str = "globalThis.real ??= fetch; globalThis.seen = []; globalThis.fetch = async (...given) => {
    const request = new Request(...given);
    seen.push({ url: request.url, method: request.method, headers: Object.fromEntries(request.headers), given });
    return globalThis.answer?.(request) ?? new Response('ok');
};";
const NOTING_NO_MORE: &str = "fetch = real; delete globalThis.answer;";

#[test]
async fn a_request_is_a_client_span_by_the_conventions() {
    let page = Page::with(fetches());
    assert_eq!(text("return (await fetch('/?q=1')).status").await, "200");
    assert_eq!(text("return (await fetch('/missing', { method: 'post' })).status").await, "404");
    let spans = page.end().await;
    let [found, missing] = spans.as_slice() else { panic!("{spans:?}") };
    let port = text("return location.port").await;
    assert_eq!((found.name(), found.0["kind"].as_u64(), found.is_error()), ("GET", Some(3), false));
    let keys = ["http.request.method", "http.response.status_code", "server.address", "server.port", "url.full"];
    assert_eq!(found.keys(), keys);
    assert_eq!(found.get("url.full"), Some(format!("http://127.0.0.1:{port}/?q=1")));
    assert_eq!(found.get("server.address").as_deref(), Some("127.0.0.1"));
    assert_eq!(found.get("server.port"), Some(port));
    assert_eq!(found.get("http.response.status_code").as_deref(), Some("200"));
    assert_eq!((missing.name(), missing.is_error()), ("POST", true));
    assert_eq!(missing.get("error.type").as_deref(), Some("404"));
    assert!(found.parent().is_none() && found.trace_id() != missing.trace_id());
}

#[test]
async fn a_request_that_fails_is_an_error_and_one_that_is_aborted_is_none() {
    let aborts = "const of = async (...reason) => {
            const abort = new AbortController(); const going = fetch('/', { signal: abort.signal });
            abort.abort(...reason); return going.catch((error) => error?.name ?? error) };
        return [await of(), await of('changed my mind'), await of(new DOMException('', 'TimeoutError'))]";
    // WebKit calls all of them an AbortError.
    let without = text(aborts).await;
    let hears_reasons = without == r#"["AbortError","changed my mind","TimeoutError"]"#;
    assert!(hears_reasons || without == r#"["AbortError","AbortError","AbortError"]"#, "{without}");
    let page = Page::with(fetches());
    // The same server by another name is another origin, and allows nobody.
    let thrown = text("return fetch(`http://localhost:${location.port}/`).catch((error) => `${error}`)").await;
    assert!(thrown.starts_with("TypeError"), "{thrown}");
    assert_eq!(text(aborts).await, without);
    let spans = page.end().await;
    let outcomes: Vec<_> = spans.iter().map(|span| (span.is_error(), span.get("error.type"))).collect();
    let error = |name: &str| (true, Some(name.to_owned()));
    let timed_out = if hears_reasons { error("TimeoutError") } else { (false, None) };
    assert_eq!(outcomes, [error("TypeError"), (false, None), (false, None), timed_out]);
}

#[test]
async fn the_context_goes_to_the_own_origin_and_to_named_ones_only() {
    text(NOTING).await;
    let http = Http::new().propagate_to(["https://api.example"]);
    let page = Page::with(fetches().with_http(http));
    let script = "for (const url of ['/own', 'https://api.example/x', 'https://api.example.evil/x', 'https://other.example/x'])
            await fetch(url);
        await fetch(new Request('/request', { method: 'POST', body: 'text', headers: { accept: 'text/x' }, referrer: '/from' }));
        await fetch(new URL('/url', location.href), new (class { headers = [['a', 'b']] })());
        await fetch('/mine', { headers: new Headers({ traceparent: 'mine' }) });
        await fetch('/cors', { mode: 'no-cors' });";
    text(script).await;
    let seen: serde_json::Value = serde_json::from_str(&text("return seen").await).unwrap();
    let spans = page.end().await;
    text(NOTING_NO_MORE).await;
    let parents: Vec<_> = seen.as_array().unwrap().iter().map(|one| one["headers"]["traceparent"].as_str()).collect();
    let of = |span: &page::Span| format!("00-{}-{}-01", span.trace_id(), span.id());
    assert_eq!(parents[0], Some(of(&spans[0]).as_str()));
    assert_eq!(parents[1], Some(of(&spans[1]).as_str()));
    assert_eq!(parents[2..4], [None, None], "an origin is compared as a whole");
    assert_eq!(parents[4], Some(of(&spans[4]).as_str()));
    assert_eq!((seen[4]["method"].as_str(), seen[4]["headers"]["accept"].as_str()), (Some("POST"), Some("text/x")));
    assert_eq!((parents[5], seen[5]["headers"]["a"].as_str()), (Some(of(&spans[5]).as_str()), Some("b")));
    assert_eq!(parents[6], Some("mine"), "the caller's own is left as it is");
    assert_eq!(parents[7], None, "what no-cors forbids is not forced");
}

#[test]
async fn what_a_request_is_asked_for_by_arrives_as_it_would_without() {
    text(NOTING).await;
    let page = Page::with(fetches());
    text(
        "let asked = 0; await fetch({ toString: () => `/once/${++asked}` });
        const frame = document.createElement('iframe'); document.body.append(frame);
        const Foreign = frame.contentWindow.Request;
        await fetch(new Foreign(new URL('/foreign', location.href), { method: 'POST', headers: { 'x-kept': 'foreign' } }));
        frame.remove();
        await fetch('/hidden', Object.defineProperty({}, 'method', { value: 'DELETE' }));
        await fetch('/inherited', Object.create({ method: 'PUT', headers: { 'x-kept': 'inherited' } }));
        await fetch('/proxy', new Proxy({}, { get: (_, name) => ({ method: 'PATCH', headers: { 'x-kept': 'proxy' } })[name] }));
        await fetch('/class', new (class { #method = 'PUT'; get method() { return this.#method } headers = { 'x-kept': 'class' } })());",
    )
    .await;
    let seen: serde_json::Value = serde_json::from_str(&text("return seen").await).unwrap();
    let refused = text("return fetch('/', 'no options').catch((error) => error.name)").await;
    let shape = text("return [fetch.name, fetch.length]").await;
    let spans = page.end().await;
    text(NOTING_NO_MORE).await;
    assert_eq!((refused.as_str(), shape.as_str()), ("TypeError", r#"["",0]"#), "as the fetch below has them");
    let seen: Vec<_> = seen.as_array().unwrap().iter().collect();
    let expected = [
        ("GET", "once/1", None),
        ("POST", "foreign", Some("foreign")),
        ("DELETE", "hidden", None),
        ("PUT", "inherited", Some("inherited")),
        ("PATCH", "proxy", Some("proxy")),
        ("PUT", "class", Some("class")),
    ];
    assert_eq!(seen.len(), expected.len());
    for ((one, span), (method, path, kept)) in seen.iter().zip(&spans).zip(expected) {
        let url = one["url"].as_str().unwrap();
        assert_eq!((one["method"].as_str(), url.splitn(4, '/').nth(3)), (Some(method), Some(path)));
        assert_eq!(one["headers"]["x-kept"].as_str(), kept, "{path}");
        assert!(one["headers"]["traceparent"].as_str().is_some_and(|header| header.contains(span.id())), "{path}");
        assert_eq!((span.name(), span.get("url.full").as_deref()), (method, Some(url)));
    }
}

#[test]
async fn baggage_goes_along_and_the_span_is_below_the_current_one() {
    use opentelemetry::baggage::BaggageExt;

    text(NOTING).await;
    let page = Page::with(fetches());
    let tracer = global::tracer("test");
    tracer.in_span("outer", |cx| {
        let _guard = cx.with_baggage([KeyValue::new("tenant", "shop")]).attach();
        js_sys::Function::new_no_args("fetch('/below')").call0(&wasm_bindgen::JsValue::NULL).unwrap();
    });
    let headers = text("await 0; return seen[0].headers").await;
    let spans = page.end().await;
    text(NOTING_NO_MORE).await;
    assert!(headers.contains("tenant=shop"), "{headers}");
    let outer = spans.iter().find(|span| span.name() == "outer").unwrap();
    let below = spans.iter().find(|span| span.name() == "GET").unwrap();
    assert_eq!(below.parent(), Some(outer.id()));
}

#[test]
async fn credentials_in_a_url_are_not_recorded() {
    text(NOTING).await;
    text("globalThis.answer = () => new Response()").await;
    let page = Page::with(fetches());
    text("await fetch('https://s3.example/b?X-Amz-Signature=s3cret&color=blue&sig=x&AWSAccessKeyId=y#part').catch(() => {})").await;
    text("await fetch('https://ann:pw@s3.example/').catch(() => {})").await;
    let spans = page.end().await;
    text(NOTING_NO_MORE).await;
    let url = "https://s3.example/b?X-Amz-Signature=REDACTED&color=blue&sig=REDACTED&AWSAccessKeyId=REDACTED#part";
    assert_eq!(spans[0].get("url.full").as_deref(), Some(url));
    assert_eq!(spans[1].get("url.full").as_deref(), Some("https://REDACTED:REDACTED@s3.example/"));
}

#[test]
async fn an_app_has_its_say() {
    let http = Http::new()
        .ignore(|url| url.contains("/alive"))
        .with_route(|request| request.url.contains("/users/").then(|| "/users/{id}".to_owned()))
        .on_request(|request| vec![KeyValue::new("app.is_text", request.raw.is_string())])
        .on_response(|response| vec![KeyValue::new("app.status", i64::from(response.status))]);
    let page = Page::with(fetches().with_http(http));
    text("await fetch('/alive'); await fetch('/users/100'); await fetch(new URL('/', location.href), { method: 'FROB' })").await;
    let spans = page.end().await;
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert_eq!((spans[0].name(), spans[0].get("url.template").as_deref()), ("GET /users/{id}", Some("/users/{id}")));
    assert_eq!(
        (spans[0].get("app.is_text").as_deref(), spans[0].get("app.status").as_deref()),
        (Some("true"), Some("404"))
    );
    assert_eq!((spans[1].name(), spans[1].get("http.request.method").as_deref()), ("HTTP", Some("_OTHER")));
    assert_eq!(spans[1].get("http.request.method_original").as_deref(), Some("FROB"));
}

#[test]
async fn it_is_put_around_fetch_once_and_taken_off_cleanly() {
    text("globalThis.before = fetch").await;
    let page = Page::with(fetches().with(Fetch::new()));
    let again = fetches().install(&page.telemetry);
    assert_eq!(again.unavailable(), [("fetch", "it is installed already".to_owned())]);
    text("await fetch('/')").await;
    assert!(page.installed.set_enabled("fetch", false) && !page.installed.set_enabled("nothing", true));
    text("await fetch('/')").await;
    page.installed.set_enabled("fetch", true);
    text("await fetch('data:,text'); await fetch(URL.createObjectURL(new Blob(['x'])))").await;
    assert_eq!(page.end().await.len(), 1);
    assert_eq!(text("return fetch === before").await, "true");
    // Somebody else around it: theirs stays, and it leads through ours, which does nothing.
    let page = Page::with(fetches());
    text("globalThis.ours = fetch; globalThis.fetch = (...given) => ours(...given)").await;
    page.end().await;
    assert_eq!(text("return (await fetch('/')).status").await, "200");
    text("globalThis.fetch = before").await;
}

#[test]
async fn the_exporters_own_requests_have_no_spans() {
    text(NOTING).await;
    let origin = text("return location.origin").await;
    for is_first in [true, false] {
        // Made before and after the instrumentation, and by the spool's and the cause's requests as well.
        let early = fetches();
        let telemetry = Telemetry::builder().with_endpoint(&origin).with_console_warnings(false);
        let telemetry = telemetry.install().unwrap();
        let installed = early.install(&telemetry);
        global::tracer("test").in_span("one", |_cx| {});
        let _ = telemetry.flush().await;
        let recorded = telemetry.diagnostics().recorded;
        assert_eq!(recorded, 1, "is_first: {is_first}");
        installed.uninstall();
        let _ = telemetry.shutdown().await;
    }
    text(NOTING_NO_MORE).await;
}

#[test]
async fn a_body_ends_its_span_however_it_is_read() {
    let page = Page::with(Instrumentations::new().with(Fetch::new().until_body_ends()));
    let ended = || page.telemetry.diagnostics().recorded;
    let mut count = ended();
    for read in [
        "await response.text()",
        "await response.arrayBuffer()",
        "await response.json().catch(() => {})",
        "await response.body.cancel()",
        "for await (const chunk of response.body) break;",
        "for await (const chunk of response.body.values());",
        "const reader = response.body.getReader(); while (!(await reader.read()).done);",
        "const reader = response.body.getReader(); await reader.read(); reader.releaseLock(); await response.body.cancel()",
        "await response.body.pipeTo(new WritableStream())",
        "await new Response(response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())).text()",
        "response.body.tee()",
    ] {
        if read.starts_with("for") && text("return Symbol.asyncIterator in ReadableStream.prototype").await == "false" {
            // An engine that iterates no stream.
            continue;
        }
        text("globalThis.response = await fetch('/')").await;
        assert_eq!(ended(), count, "the headers end no span before {read}");
        text(&format!("{read}; await 0; await new Promise((resolve) => setTimeout(resolve))")).await;
        count += 1;
        assert_eq!(ended(), count, "{read}");
    }
    text("await fetch('/', { method: 'HEAD' })").await;
    assert_eq!(ended(), count + 1, "no body, no wait");
    let spans = page.end().await;
    assert!(spans.iter().all(|span| !span.is_error() && span.get("http.response.status_code").is_some()), "{spans:?}");
}

#[test]
async fn a_body_that_is_taken_ends_its_span_by_who_has_it() {
    let page = Page::with(Instrumentations::new().with(Fetch::new().until_body_ends()));
    let ended = || page.telemetry.diagnostics().recorded;
    text("globalThis.response = await fetch('/'); globalThis.reader = response.body.getReader()").await;
    let refused = "const refused = []; const note = (error) => refused.push(error.name);
        await response.body.cancel().catch(note); await response.body.pipeTo(new WritableStream()).catch(note);
        await response.text().catch(note); try { response.body.getReader() } catch (error) { note(error) }
        await new Promise((resolve) => setTimeout(resolve)); return refused";
    assert_eq!(text(refused).await, r#"["TypeError","TypeError","TypeError","TypeError"]"#);
    assert_eq!(ended(), 0, "the reader has it");
    text("while (!(await reader.read()).done); await 0").await;
    assert_eq!(ended(), 1);
    // The caller's own signal stops a pipe; and an iterator has the body from when it is asked for, where the engine has one.
    text(
        "const abort = new AbortController(); const { body } = await fetch('/'); abort.abort();
        await body.pipeTo(new WritableStream(), { signal: abort.signal }).catch(() => {})",
    )
    .await;
    let taken = "const { body } = await fetch('/'); const iterator = body.values?.();
        if (!iterator) return body.cancel();
        if (!body.locked) throw new Error('nobody has it');
        await iterator.return(); await 0";
    text(taken).await;
    let spans = page.end().await;
    assert_eq!((spans.len(), spans.iter().filter(|span| span.is_error()).count()), (3, 0), "{spans:?}");
}

#[test]
async fn a_body_that_breaks_off_is_an_error_and_an_abort_is_none() {
    text(NOTING).await;
    text(
        "globalThis.answer = (request) => new Response(new ReadableStream({ start(controller) {
            controller.enqueue(new Uint8Array(3));
            if (request.url.endsWith('breaks')) controller.error(new TypeError('network error'));
            request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
        } }))",
    )
    .await;
    let page = Page::with(Instrumentations::new().with(Fetch::new().until_body_ends()));
    text("await (await fetch('/breaks')).text().catch(() => {})").await;
    text(
        "const abort = new AbortController(); const response = await fetch('/aborted', { signal: abort.signal });
        const text = response.text(); abort.abort(); await text.catch(() => {})",
    )
    .await;
    let spans = page.end().await;
    text(NOTING_NO_MORE).await;
    let outcomes: Vec<_> = spans.iter().map(|span| span.get("error.type")).collect();
    // Gecko calls any error of a stream an AbortError.
    let error =
        "return new Response(new ReadableStream({ start: (controller) => controller.error(new TypeError()) })).text()
        .catch(({ name }) => name)";
    assert_eq!(outcomes, [Some(text(error).await), None]);
}

#[test]
async fn a_hostile_page_gets_what_it_would_get_without() {
    let page = Page::with(fetches());
    let throwing = "{ get method() { throw new RangeError('mine') } }";
    assert_eq!(text(&format!("return fetch('/', {throwing}).catch((error) => error.message)")).await, "mine");
    assert_eq!(text("return fetch().catch((error) => error.name)").await, "TypeError");
    assert_eq!(text("return fetch('http://[').catch((error) => error.name)").await, "TypeError");
    assert_eq!(text("return fetch('/', { headers: 7 }).catch((error) => error.name)").await, "TypeError");
    page.end().await;
    // One that throws, and one that gives no promise.
    text("globalThis.real = fetch; globalThis.fetch = () => { throw new RangeError('at once') }").await;
    let page = Page::with(fetches());
    assert_eq!(text("try { fetch('/') } catch (error) { return error.message }").await, "at once");
    assert_eq!(page.end().await[0].get("error.type").as_deref(), Some("RangeError"));
    text("globalThis.fetch = () => 7").await;
    let page = Page::with(fetches());
    assert_eq!(text("return fetch('/')").await, "7");
    page.end().await;
    text("Object.defineProperty(globalThis, 'fetch', { value: real, writable: false, configurable: true })").await;
    let page = Page::with(fetches());
    assert_eq!(page.installed.unavailable().len(), 1);
    assert_eq!(text("return (await fetch('/')).status").await, "200");
    page.end().await;
    text("Object.defineProperty(globalThis, 'fetch', { value: real, writable: true, configurable: true })").await;
    assert!(run("await fetch('/')").await.is_ok());
}

#[test]
async fn a_rejection_that_nobody_handles_is_still_told_to_the_page() {
    let page = Page::with(fetches());
    let told = "return new Promise((resolve) => {
        addEventListener('unhandledrejection', (event) => { event.preventDefault(); resolve(event.reason.name) }, { once: true });
        fetch(`http://localhost:${location.port}/`);
    })";
    assert_eq!(text(told).await, "TypeError");
    page.end().await;
}

#[test]
async fn rust_makes_a_traced_request_in_one_line() {
    for instrumentations in [fetches(), Instrumentations::new()] {
        let page = Page::with(instrumentations);
        let cx = Context::current_with_span(global::tracer("test").start("outer"));
        let request = web_sys::Request::new_with_str("/").unwrap();
        let response = {
            let _guard = cx.clone().attach();
            traced(&request)
        };
        assert_eq!(response.await.unwrap().status(), 200);
        let outer = cx.span().span_context().span_id().to_string();
        drop(cx);
        let spans = page.end().await;
        let ours: Vec<_> = spans.iter().filter(|span| span.name() == "GET").collect();
        assert_eq!(ours.len(), 1, "{spans:?}");
        assert_eq!(ours[0].parent(), Some(outer.as_str()));
    }
}

#[test]
async fn requests_of_every_kind_are_made_as_they_would_be_and_seen_once() {
    text("document.head.insertAdjacentHTML('beforeend', `<base href=\"${location.origin}/below/\">`)").await;
    let outcomes = "const outcome = (promise) => promise.then(({ status, type }) => `${type} ${status}`, ({ name }) => name);
        const stream = () => new Blob(['a body']).stream();
        const aborted = AbortSignal.abort();
        const of = async (...calls) => { const all = []; for (const call of calls) all.push(await outcome(call())); return all };";
    // Streams go out by HTTP/2 only, and this server refuses them. Some engines make a text of them, some refuse them by themselves.
    let stream = "() => fetch(new Request('/stream', { method: 'POST', body: stream(), duplex: 'half' }))";
    let streamed = text(&format!("{outcomes} return (await of({stream}))[0]")).await;
    let page = Page::with(fetches());
    let seen = text(&format!(
        "{outcomes} return of(
            () => fetch(new URL('/url', location.href)),
            () => fetch('relative'),
            () => fetch({{ toString: () => '/object' }}),
            () => fetch('/kept', {{ keepalive: true, method: 'POST', body: 'x' }}),
            () => fetch('/no-cors', {{ mode: 'no-cors' }}),
            () => fetch('/aborted', {{ signal: aborted }}),
            () => fetch(new Request('/aborted/request', {{ signal: aborted }})),
            {stream},
            () => fetch(new Request('/request', {{ method: 'PUT', body: 'text', redirect: 'error', cache: 'no-store' }})),
        )"
    ))
    .await;
    // What never leaves the page, or is refused by it, is no request.
    let none = text(&format!(
        "{outcomes} return of(
            () => fetch('data:,text'),
            () => fetch(URL.createObjectURL(new Blob(['x']))),
            () => fetch('http://['),
            () => fetch('about:blank'),
        )"
    ))
    .await;
    let used = text(
        "const request = new Request('/used', { method: 'POST', body: 'x' });
        await fetch(request);
        const again = await fetch(request).catch(({ name }) => name);
        const clone = new Request('/clone', { method: 'POST', body: 'x' });
        const [first, second] = await Promise.all([fetch(clone.clone()), fetch(clone)]);
        return [request.bodyUsed, again, clone.bodyUsed, first.status == second.status]",
    )
    .await;
    let spans = page.end().await;
    text("document.querySelector('base').remove()").await;
    let expected = format!(
        r#"["basic 404","basic 404","basic 404","basic 404","basic 404","AbortError","AbortError","{streamed}","basic 404"]"#
    );
    assert_eq!(seen, expected);
    assert_eq!(none, r#"["basic 200","basic 200","TypeError","TypeError"]"#);
    assert_eq!(used, r#"[true,"TypeError",true,true]"#);
    let expected = [
        ("GET", "url", "404"),
        ("GET", "below/relative", "404"),
        ("GET", "object", "404"),
        ("POST", "kept", "404"),
        ("GET", "no-cors", "404"),
        ("GET", "aborted", ""),
        ("GET", "aborted/request", ""),
        ("POST", "stream", streamed.trim_start_matches("basic ")),
        ("PUT", "request", "404"),
        ("POST", "used", "404"),
        ("POST", "used", "TypeError"),
        ("POST", "clone", "404"),
        ("POST", "clone", "404"),
    ];
    assert_outcomes(&spans, &expected);
    assert!(spans.iter().all(|span| span.get("http.response.status_code").as_deref() != Some("0")));
}

#[test]
async fn the_body_of_a_request_is_handed_on_as_it_is() {
    text(NOTING).await;
    text("globalThis.answer = async (request) => new Response(await request.text())").await;
    let read = "const post = (body, more) => ({ method: 'POST', body, ...more });
        const stream = () => new Blob(['streamed']).stream();
        const form = new URLSearchParams({ a: '1' });
        const all = [];
        for (const call of [
            () => fetch('/a', post('text')),
            () => fetch('/b', post(stream(), { duplex: 'half' })),
            () => fetch(new Request('/c', post(stream(), { duplex: 'half' }))),
            () => fetch(new Request('/d', post('replaced')), post('by this')),
            () => fetch('/e', post(form)),
            () => fetch('/f', Object.create(post('inherited'))),
        ]) all.push(await (await call()).text());
        return all";
    // Some engines make a text of a stream before anybody who has wrapped `fetch` is asked.
    let without = text(read).await;
    text("seen.length = 0").await;
    let page = Page::with(fetches());
    let with = text(read).await;
    let traced = text("return seen.filter(({ headers }) => headers.traceparent).length").await;
    let spans = page.end().await;
    text(NOTING_NO_MORE).await;
    assert_eq!(with, without);
    assert!(with.starts_with(r#"["text","#) && with.ends_with(r#","by this","a=1","inherited"]"#), "{with}");
    assert_eq!((spans.len(), traced.as_str()), (6, "6"));
}
