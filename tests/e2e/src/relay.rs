//! A web server that has a page and relays its telemetry, by the configuration in deploy/, with other places in it. Drop ends it.

use crate::{ports::free_port, programs, temporary::Temporary, wait};
use std::process::Stdio;
use tokio::process::{Child, Command};

pub struct Relay {
    pub url: String,
    _process: Child,
    _folder: Temporary,
}

impl Relay {
    /// nginx, in front of this receiver, which it sends the key to.
    pub async fn nginx(otlp: &str, key: &str) -> Self {
        let (folder, port) = (Temporary::folder(), free_port());
        let secret = folder.write("key.conf", &format!("proxy_set_header Authorization \"Bearer {key}\";\n"));
        let certificates = "    ssl_certificate     /etc/ssl/shop.pem;\n    ssl_certificate_key /etc/ssl/shop.key;\n";
        let server = with_places(
            include_str!("../../../deploy/nginx.conf"),
            &[
                ("listen 443 ssl;", &format!("listen 127.0.0.1:{port};")),
                (certificates, ""),
                ("shop.example", "localhost"),
                ("/srv/shop", &programs::page_dir().to_string_lossy()),
                ("/etc/nginx/otlp-key.conf", &secret.to_string_lossy()),
                ("http://gateway:4318/", &format!("{otlp}/")),
            ],
        );
        let own = folder.path().display();
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = kinds.iter().map(|kind| format!("{kind}_temp_path {own}/{kind};\n")).collect();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {own}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{temporary}{server}\n}}\n"
        );
        let config = folder.write("nginx.conf", &config);
        let mut command = Command::new(programs::peer("NGINX_BIN"));
        // What it says before it has read the configuration.
        command.args(["-e", "stderr", "-c"]).arg(config);
        Self::running(command, port, folder).await
    }

    /// Caddy.
    pub async fn caddy(otlp: &str, key: &str) -> Self {
        let (folder, port) = (Temporary::folder(), free_port());
        let server = with_places(
            include_str!("../../../deploy/Caddyfile"),
            &[
                ("shop.example {", &format!("http://localhost:{port} {{")),
                ("/srv/shop", &programs::page_dir().to_string_lossy()),
                ("gateway:4318", otlp.trim_start_matches("http://")),
            ],
        );
        let config = format!("{{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}}\n{server}");
        let config = folder.write("Caddyfile", &config);
        let mut command = Command::new(programs::peer("CADDY_BIN"));
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config).env("OTLP_KEY", key);
        command.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path()).stderr(Stdio::null());
        Self::running(command, port, folder).await
    }

    async fn running(mut command: Command, port: u16, folder: Temporary) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let url = format!("http://localhost:{port}");
        wait::until("the relay", async || {
            let ended = process.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "it ended: {ended:?}");
            reqwest::get(&url).await
        })
        .await;
        Self { url, _process: process, _folder: folder }
    }
}

/// A configuration with other words in it, each of which must be there.
fn with_places(config: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(config.to_owned(), |config, (from, to)| {
        assert!(config.contains(from), "{from:?} is in the configuration:\n{config}");
        config.replace(from, to)
    })
}
