//! The viewer's content security policy, as browsers enforce it: no text becomes markup or code, not even by a mistake of the viewer's.

use e2e::servers::Collector;
use e2e::trace_list::TraceList;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn no_text_becomes_markup_or_code() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "").await;
    let tried = "const tried = {};
        const attempt = (name, what) => { try { what(); tried[name] = 'done'; } catch (error) { tried[name] = error.name; } };
        attempt('markup', () => { document.createElement('p').innerHTML = '<b>'; });
        attempt('code', () => { document.createElement('script').textContent = 'window.ran = true'; });
        attempt('address', () => { document.createElement('script').src = '/app/main.js'; });
        attempt('policy', () => trustedTypes.createPolicy('own', { createHTML: (text) => text }));
        return tried;";
    let refused = json!({ "markup": "TypeError", "code": "TypeError", "address": "TypeError", "policy": "TypeError" });
    assert_eq!(list.page.script(tried).await, refused);
}
