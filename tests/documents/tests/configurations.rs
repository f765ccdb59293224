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

#[test]
fn compose_names_services_files_volumes_and_variables_that_are_there() {
    let compose = yaml("compose.yaml");
    let (services, volumes) = (keys(&compose["services"]), keys(&compose["volumes"]));
    let known = ["build", "command", "depends_on", "environment", "image", "mem_limit", "ports", "volumes"];
    let mut used = BTreeSet::new();
    for name in &services {
        let service = &compose["services"][name.as_str()];
        assert!(keys(service).iter().all(|key| known.contains(&key.as_str())), "{name}: {:?}", keys(service));
        match (service["image"].as_str(), service["build"].as_str()) {
            (Some(image), None) => {
                assert!(image.rsplit_once(':').is_some_and(|(_, version)| version != "latest"), "{image}")
            }
            (None, Some(folder)) => assert!(deploy().join(folder).join("Dockerfile").is_file(), "{folder}"),
            both => panic!("{name} has an image or is built: {both:?}"),
        }
        for other in words(&service["depends_on"]) {
            assert!(services.contains(&other), "{name} depends on {other}");
        }
        let (mut mounted, mut read) = (BTreeSet::new(), String::new());
        for volume in words(&service["volumes"]) {
            let (from, to) = volume.split_once(':').unwrap();
            if let Some(file) = from.strip_prefix("./") {
                read += &text(file);
                mounted.insert(to.trim_end_matches(":ro").to_owned());
            } else {
                assert!(volumes.contains(from), "{name} mounts {from}");
                used.insert(from.to_owned());
                // Where it keeps what it keeps.
                assert!(read.contains(to) || !service["build"].is_badvalue(), "{name}: nothing is written to {to}");
            }
        }
        let configured: BTreeSet<_> = words(&service["command"])
            .iter()
            .filter_map(|word| word.strip_prefix("--config="))
            .map(str::to_owned)
            .collect();
        assert_eq!(configured, mounted, "{name}");
        let given = keys(&service["environment"]);
        let wanted = variables(&read);
        for variable in &given {
            assert!(wanted.iter().any(|(name, _)| name == variable), "{name} does not read {variable}");
            let value = service["environment"][variable.as_str()].as_str().unwrap();
            assert!(
                value.starts_with("${") || host(value).is_some_and(|host| services.contains(host)),
                "{name}: {value}"
            );
        }
        for (variable, has_default) in &wanted {
            assert!(*has_default || given.contains(*variable), "{name} needs {variable}");
        }
    }
    assert_eq!(used, volumes);
}

#[test]
fn the_second_tier_is_told_to_the_balancer_as_the_gateway_is_told_its_own() {
    let (gateway, balance) = (yaml("gateway.yaml"), yaml("balance.yaml"));
    let pipelines = keys(&balance["service"]["pipelines"]);
    assert!(pipelines.is_subset(&keys(&gateway["service"]["pipelines"])), "{pipelines:?}");
    let hosts = words(&balance["exporters"]["loadbalancing"]["resolver"]["static"]["hosts"]);
    assert!(hosts.len() > 1 && hosts.iter().all(|address| address.ends_with(":4317")), "{hosts:?}");
    assert_eq!(balance["exporters"]["loadbalancing"]["routing_key"].as_str(), Some("traceID"));
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
