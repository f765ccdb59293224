use std::collections::HashSet;

use opentelemetry::Key;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use super::*;
use crate::platform::test;

fn get(resource: &Resource, key: &'static str) -> Option<String> {
    resource.get(&Key::new(key)).map(|value| value.to_string())
}

fn chromium() -> Hints {
    Hints {
        language: Some("de-AT".to_owned()),
        brands: vec!["Chromium 150".to_owned(), "Not A;Brand 99".to_owned()],
        is_mobile: Some(false),
        platform: Some("Linux".to_owned()),
    }
}

#[test]
fn stable_attributes_are_there_by_default_and_no_others() {
    let attributes = BrowserResourceDetector::new().attributes(Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned()));
    let resource = Resource::builder_empty().with_attributes(attributes).build();
    let keys: HashSet<&str> = resource.iter().map(|(key, _)| key.as_str()).collect();
    let expected = ["user_agent.original", "telemetry.distro.name", "telemetry.distro.version", "service.instance.id"];
    assert_eq!(keys, expected.into());
    assert_eq!(get(&resource, "user_agent.original").as_deref(), Some("Mozilla/5.0 (X11; Linux x86_64)"));
    assert_eq!(get(&resource, "telemetry.distro.name").as_deref(), Some("opentelemetry-browser"));
}

#[test]
fn attributes_in_development_are_there_on_request() {
    let resource = Resource::builder_empty().with_attributes(development(chromium())).build();
    let brands = Value::Array(Array::String(vec!["Chromium 150".into(), "Not A;Brand 99".into()]));
    assert_eq!(resource.get(&Key::new("browser.brands")), Some(brands));
    assert_eq!(resource.get(&Key::new("browser.mobile")), Some(Value::Bool(false)));
    assert_eq!(get(&resource, "browser.platform").as_deref(), Some("Linux"));
    assert_eq!(get(&resource, "browser.language").as_deref(), Some("de-AT"));
    // Firefox and Safari have no userAgentData: what is not known is left out.
    let firefox = Hints { brands: vec![], is_mobile: None, platform: Some(String::new()), ..chromium() };
    assert_eq!(development(firefox), [KeyValue::new("browser.language", "de-AT")]);
    assert_eq!(development(Hints::default()), []);
    assert_eq!(BrowserResourceDetector::new().attributes(None).len(), 3);
}

#[test]
fn what_the_user_says_wins() {
    let identity = Identity {
        service_name: Some("shop".to_owned()),
        detected: ["service.name", "service.instance.id", "telemetry.sdk.version"]
            .map(|key| KeyValue::new(key, "found"))
            .into(),
        attributes: vec![KeyValue::new("service.instance.id", "mine"), KeyValue::new("telemetry.sdk.name", "other")],
        ..Identity::default()
    };
    let resource = Resource::from(&identity.resource());
    assert_eq!(get(&resource, "service.name").as_deref(), Some("shop"));
    assert_eq!(get(&resource, "service.instance.id").as_deref(), Some("mine"));
    assert_eq!(get(&resource, "telemetry.sdk.name").as_deref(), Some("other"));
    assert_eq!(get(&resource, "telemetry.sdk.language").as_deref(), Some("rust"));
    assert_eq!(get(&resource, "telemetry.sdk.version").as_deref(), Some("found"));

    let name = |detected| get(&(&Identity { detected, ..Identity::default() }.resource()).into(), "service.name");
    assert_eq!(name(vec![]).as_deref(), Some("unknown_service"));
    assert_eq!(name(vec![KeyValue::new("service.name", "found")]).as_deref(), Some("found"));
}

#[test]
fn the_sdk_is_the_one_that_upstream_says() {
    let resource = Resource::from(&Identity::default().resource());
    for (key, value) in TelemetryResourceDetector.detect().iter() {
        assert_eq!(resource.get(key).as_ref(), Some(value), "{key}");
    }
}

#[test]
fn instances_have_uuids_of_version_4() {
    let ids: HashSet<String> = (0..100).map(|_| uuid()).collect();
    assert_eq!(ids.len(), 100);
    for id in ids {
        let groups: Vec<&str> = id.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        assert!(groups.concat().bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
}
