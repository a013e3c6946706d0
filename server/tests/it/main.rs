//! The server as its clients see it: real sockets, a real database, one file a family of routes.

mod architecture;
mod customers;
mod harness;
mod imports;
mod pages;
mod stream;
