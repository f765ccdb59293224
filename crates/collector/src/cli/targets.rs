//! The targets of `--forward`: what belongs to each, by where it stands; or those of OpenTelemetry's own variables.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::ArgMatches;

use super::Cli;
use crate::forward::{
    Target, environment,
    headers::{VARIABLE, Written},
};

/// Values in the order in which they stand among all that is given.
fn placed<'m, T: Clone + Send + Sync + 'static>(
    matches: &'m ArgMatches,
    id: &str,
) -> impl Iterator<Item = (usize, &'m T)> {
    let values = matches.get_many::<T>(id).into_iter().flatten();
    matches.indices_of(id).into_iter().flatten().zip(values)
}

/// Which target something at this place belongs to: the one before it. With one target, whatever its place.
fn owner(targets: &[usize], place: usize, flag: &str) -> Result<usize, String> {
    let before = targets.iter().filter(|target| **target < place).count();
    match (before, targets.len()) {
        (_, 1) => Ok(0),
        (0, _) => {
            Err(format!("{flag} stands before the first --forward: say whose it is, by its place after one of them"))
        }
        (before, _) => Ok(before - 1),
    }
}

/// All targets, and what is to be said about them; or what is wrong.
pub fn read(
    cli: &Cli,
    matches: &ArgMatches,
    listeners: &[(&str, SocketAddr)],
) -> Result<(Vec<Target>, Vec<String>), String> {
    // Several in one variable are separated by blanks, which no URL has.
    let from_variable = matches.value_source("forward") == Some(clap::parser::ValueSource::EnvVariable);
    let urls: Vec<&str> = match from_variable {
        true => cli.forward.iter().flat_map(|urls| urls.split_whitespace()).collect(),
        false => cli.forward.iter().map(String::as_str).collect(),
    };
    let places: Vec<usize> = match from_variable {
        true => vec![usize::MAX; urls.len()],
        false => matches.indices_of("forward").into_iter().flatten().collect(),
    };
    if urls.is_empty() {
        return of_environment(listeners);
    }
    let mut headers: Vec<Written> = urls.iter().map(|_| Written::default()).collect();
    for (number, (place, value)) in placed::<String>(matches, "forward_header").enumerate() {
        headers[owner(&places, place, "a --forward-header")?].add_flag(number + 1, value);
    }
    for (place, file) in placed::<PathBuf>(matches, "forward_header_file") {
        headers[owner(&places, place, "a --forward-header-file")?].add_file(file)?;
    }
    let mut of_environment = Written::default();
    of_environment.add_environment()?;
    if !of_environment.is_empty() {
        if urls.len() > 1 {
            return Err(format!(
                "{VARIABLE}: there is more than one --forward: give each its own --forward-header-file"
            ));
        }
        headers[0].append(of_environment);
    }
    let mut targets = Vec::new();
    for (url, headers) in urls.iter().zip(&headers) {
        targets.push(Target::with(url, headers)?);
    }
    for (place, file) in placed::<PathBuf>(matches, "forward_ca") {
        let owner = owner(&places, place, "a --forward-ca")?;
        targets[owner] = targets[owner].clone().with_ca(file).map_err(|why| format!("--forward-ca: {why}"))?;
    }
    for (place, compression) in placed::<String>(matches, "forward_compression") {
        let owner = owner(&places, place, "a --forward-compression")?;
        targets[owner] = targets[owner].clone().with_gzip(compression == "gzip");
    }
    if let Some((flag, address)) = targets.iter().find_map(|target| itself(target, listeners)) {
        return Err(format!("--forward is the address of {flag}: spans would go round and round in {address}"));
    }
    Ok((targets, Vec::new()))
}

/// What programs on this machine are told to send to may well be this collector: that one is passed over.
fn of_environment(listeners: &[(&str, SocketAddr)]) -> Result<(Vec<Target>, Vec<String>), String> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut notes = Vec::new();
    let targets = environment::targets(variable)?.into_iter().filter(|target| {
        let (note, is_other) = match itself(target, listeners) {
            Some(_) => ("is this collector itself, and nothing is forwarded there", false),
            None => ("is where what is received is handed on to (--forward names another)", true),
        };
        notes.push(format!("{} of OTEL_EXPORTER_OTLP_ENDPOINT, or of a signal's own, {note}", target.shown));
        is_other
    });
    Ok((targets.collect(), notes))
}

/// The listener that the target is, if it is one. What is not seen here, a name or a port that moved, is seen when the first request
/// comes back.
fn itself<'l>(target: &Target, listeners: &[(&'l str, SocketAddr)]) -> Option<(&'l str, SocketAddr)> {
    listeners.iter().copied().find(|(_, listener)| {
        let here = |ip: IpAddr| {
            let (ip, listener) = (ip.to_canonical(), listener.ip().to_canonical());
            let local = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
            ip == listener || local(ip) && local(listener)
        };
        let host = target.host.parse().map_or(target.host.eq_ignore_ascii_case("localhost"), here);
        target.port == listener.port() && host
    })
}
