use super::*;

mod catalogue;
mod messages;
mod pages;
mod policy;
