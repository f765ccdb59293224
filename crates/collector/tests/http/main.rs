//! The collector over real HTTP: started in this process on free ports, or as the program it is.

mod api;
mod client;
mod cors;
mod fixture;
mod hostile;
mod page;
mod ports;
mod program;
mod receive;
mod viewer;
