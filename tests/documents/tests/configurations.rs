//! The configurations in deploy/, those too that nothing here can start: they are YAML, and what they name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use yaml_rust2::{Yaml, YamlLoader};

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn text(name: &str) -> String {
    fs::read_to_string(deploy().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

fn keys(of: &Yaml) -> BTreeSet<String> {
    of.as_hash().into_iter().flatten().filter_map(|(key, _)| key.as_str()).map(str::to_owned).collect()
}

fn words(of: &Yaml) -> Vec<String> {
    of.as_vec().into_iter().flatten().filter_map(Yaml::as_str).map(str::to_owned).collect()
}

/// Variables that a collector's configuration reads, and whether each has a default.
fn variables(text: &str) -> Vec<(&str, bool)> {
    let found = text.split("${env:").skip(1).filter_map(|rest| rest.split('}').next());
    found.map(|variable| variable.split_once(":-").map_or((variable, false), |(name, _)| (name, true))).collect()
}

/// The host of an address, be it a URL's or a plain one.
fn host(address: &str) -> Option<&str> {
    address.trim_start_matches("http://").split_once(':').map(|(host, _)| host)
}

#[test]
fn every_part_of_a_pipeline_is_configured_and_every_one_is_used() {
    let names = fs::read_dir(deploy()).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut seen = 0;
    for name in names.filter(|name| name.ends_with(".yaml")) {
        let configuration = yaml(&name);
        let pipelines = &configuration["service"]["pipelines"];
        for part in ["receivers", "processors", "exporters"] {
            let used: BTreeSet<_> =
                pipelines.as_hash().into_iter().flatten().flat_map(|(_, pipeline)| words(&pipeline[part])).collect();
            assert_eq!(
                used,
                if pipelines.is_badvalue() { used.clone() } else { keys(&configuration[part]) },
                "{name}: {part}"
            );
            seen += used.len();
        }
        let extensions: BTreeSet<_> = words(&configuration["service"]["extensions"]).into_iter().collect();
        if !pipelines.is_badvalue() {
            assert_eq!(extensions, keys(&configuration["extensions"]), "{name}");
        }
    }
    assert!(seen > 10, "only {seen} parts were found");
}

/// Both files of Docker Compose.
const COMPOSES: [&str; 2] = ["compose.yaml", "compose.scale.yaml"];

/// The services that a service waits for, and what it waits for.
fn dependencies(service: &Yaml) -> Vec<(String, Option<String>)> {
    let on = &service["depends_on"];
    let waits = on.as_hash().into_iter().flatten();
    let waits =
        waits.filter_map(|(name, how)| Some((name.as_str()?.to_owned(), how["condition"].as_str().map(str::to_owned))));
    words(on).into_iter().map(|name| (name, None)).chain(waits).collect()
}

/// What each named volume of a service is mounted as.
fn named_volumes(service: &Yaml) -> Vec<(String, String)> {
    let named = words(&service["volumes"]).into_iter().filter(|volume| !volume.starts_with("./"));
    named.filter_map(|volume| volume.split_once(':').map(|(name, at)| (name.to_owned(), at.to_owned()))).collect()
}

#[test]
fn compose_names_services_files_volumes_and_variables_that_are_there() {
    let known = [
        "build",
        "command",
        "depends_on",
        "environment",
        "healthcheck",
        "image",
        "mem_limit",
        "network_mode",
        "ports",
        "restart",
        "ulimits",
        "volumes",
    ];
    for file in COMPOSES {
        let compose = yaml(file);
        let (services, volumes) = (keys(&compose["services"]), keys(&compose["volumes"]));
        let mut used = BTreeSet::new();
        for name in &services {
            let service = &compose["services"][name.as_str()];
            let place = format!("{file}: {name}");
            assert!(keys(service).iter().all(|key| known.contains(&key.as_str())), "{place}: {:?}", keys(service));
            match (service["image"].as_str(), service["build"].as_str()) {
                (Some(image), None) => {
                    assert!(image.rsplit_once(':').is_some_and(|(_, version)| version != "latest"), "{image}")
                }
                (None, Some(folder)) => assert!(deploy().join(folder).join("Dockerfile").is_file(), "{folder}"),
                both => panic!("{place} has an image or is built: {both:?}"),
            }
            for (other, condition) in dependencies(service) {
                assert!(services.contains(&other), "{place} depends on {other}");
                let is_asked = !compose["services"][other.as_str()]["healthcheck"].is_badvalue();
                assert_eq!(condition.as_deref() == Some("service_healthy"), is_asked, "{place} waits for {other}");
            }
            used.extend(named_volumes(service).into_iter().map(|(volume, _)| volume));
            let files = words(&service["volumes"]);
            let files = files.iter().filter_map(|volume| volume.strip_prefix("./")?.split_once(':'));
            let (mut mounted, mut read) = (BTreeSet::new(), String::new());
            for (from, to) in files {
                read += &text(from);
                mounted.insert(to.trim_end_matches(":ro").to_owned());
            }
            let configured: BTreeSet<_> = words(&service["command"])
                .iter()
                .filter_map(|word| word.strip_prefix("--config="))
                .map(str::to_owned)
                .collect();
            assert_eq!(configured, mounted, "{place}");
            let given = keys(&service["environment"]);
            for variable in given.iter().filter(|_| !read.is_empty()) {
                let wanted = variables(&read);
                assert!(wanted.iter().any(|(name, _)| name == variable), "{place} does not read {variable}");
                let value = service["environment"][variable.as_str()].as_str().unwrap();
                assert!(
                    value.starts_with("${") || host(value).is_some_and(|host| services.contains(host)),
                    "{place}: {value}"
                );
            }
            for (variable, has_default) in variables(&read) {
                assert!(has_default || given.contains(variable), "{place} needs {variable}");
            }
        }
        assert_eq!(used, volumes, "{file}");
    }
}

/// A new volume belongs to root, unless the image has a folder in its place. That of Jaeger has none, and does not run as root.
#[test]
fn jaeger_may_write_into_its_volume() {
    let mut seen = 0;
    for file in COMPOSES {
        let services = &yaml(file)["services"];
        let jaeger = &services["jaeger"];
        for (volume, at) in named_volumes(jaeger) {
            assert!(text("jaeger-badger.yaml").contains(&at), "{file}: nothing is written to {at}");
            let before = dependencies(jaeger).into_iter();
            let before = before.filter(|(_, how)| how.as_deref() == Some("service_completed_successfully"));
            let owner = before.map(|(name, _)| &services[name.as_str()]).find(|owner| {
                named_volumes(owner).contains(&(volume.clone(), at.clone()))
                    && words(&owner["command"]) == ["chown", "10001:10001", at.as_str()]
            });
            assert!(owner.is_some(), "{file}: {volume} is still root's when Jaeger starts");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_second_tier_is_told_to_the_balancer_as_the_gateway_is_told_its_own() {
    let (gateway, balance) = (yaml("gateway.yaml"), yaml("balance.yaml"));
    let pipelines = keys(&balance["service"]["pipelines"]);
    assert!(pipelines.is_subset(&keys(&gateway["service"]["pipelines"])), "{pipelines:?}");
    let hosts = words(&balance["exporters"]["loadbalancing"]["resolver"]["static"]["hosts"]);
    assert!(hosts.len() > 1 && hosts.iter().all(|address| address.ends_with(":4317")), "{hosts:?}");
    assert_eq!(balance["exporters"]["loadbalancing"]["routing_key"].as_str(), Some("traceID"));
    let services = keys(&yaml("compose.scale.yaml")["services"]);
    let second: BTreeSet<_> = services.into_iter().filter(|name| name.starts_with("sampling-")).collect();
    assert_eq!(hosts.iter().filter_map(|address| host(address)).map(str::to_owned).collect::<BTreeSet<_>>(), second);
}

/// The words of the Dockerfile's instructions that begin so, without its comments; a line that ends with `\` goes on.
fn instructions(name: &str) -> Vec<String> {
    let whole = text("../Dockerfile").replace("\\\n", " ");
    let found = whole.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    found.collect()
}

#[test]
fn the_image_has_files_that_are_there_and_starts_with_flags_that_the_collector_knows() {
    let entry = instructions("ENTRYPOINT").remove(0);
    let entry: Vec<String> = serde_json::from_str(&entry).unwrap_or_else(|error| panic!("{entry}: {error}"));
    let root = deploy().join("..");
    let cli = fs::read_to_string(root.join("crates/collector/src/cli/mod.rs")).unwrap();
    let mut addresses = BTreeSet::new();
    for pair in entry[1..].chunks(2) {
        let field = pair[0].trim_start_matches('-').replace('-', "_");
        assert!(cli.contains(&format!(" {field}: ")), "the collector has no flag {}", pair[0]);
        addresses.extend(pair[1].strip_prefix("0.0.0.0:").map(str::to_owned));
    }
    let exposed: BTreeSet<_> = instructions("EXPOSE")[0].split_whitespace().map(str::to_owned).collect();
    assert_eq!(addresses, exposed, "each port is listened on from outside of the container, and said to be");
    for copied in instructions("COPY").iter().filter(|copied| copied.contains("--from=build")) {
        let paths: Vec<_> = copied.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        // What is built there is not in the sources: pkg/ and the program.
        let source =
            paths[0].strip_prefix("/src/").filter(|source| !["pkg", "target/collector/collector"].contains(source));
        assert!(source.is_none_or(|source| root.join(source).exists()), "{copied}");
    }
    // A volume belongs to whom the folder belongs to that the image has in its place: to root, if there is none.
    let (user, volume) = (&instructions("USER")[0], &instructions("VOLUME")[0]);
    let owned = format!("--chown={user} /volume {volume}");
    assert!(instructions("COPY").iter().any(|copied| copied.ends_with(&owned)), "{user} cannot write to {volume}");
}
