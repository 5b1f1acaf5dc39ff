//! The messages of etcd's API that the adapter uses, generated from `etcd.proto` by the program in
//! `tests/etcd_messages`.

use std::fmt;

#[rustfmt::skip]
#[allow(
    clippy::enum_variant_names,
    dead_code,
    unreachable_pub,
    reason = "the names are etcd's, and the generator makes every item public, used or not"
)]
mod messages;

pub(super) use self::messages::*;

/// Without the password.
impl fmt::Debug for AuthenticateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateRequest").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Without the token.
impl fmt::Debug for AuthenticateResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticateResponse")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// A field or a variant: its message, its type, its name and its number.
    type Member = (String, String, String, String);

    /// The name as prost writes it: `dbSize` as `db_size`, `RequestPut` as `request_put`.
    fn snake(name: &str) -> String {
        let mut snake = String::new();
        for character in name.chars() {
            if character.is_ascii_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
        }
        snake
    }

    /// The members of the messages in `etcd.proto`.
    fn declared() -> BTreeSet<Member> {
        let (mut members, mut enums) = (BTreeSet::new(), BTreeSet::new());
        let (mut message, mut in_enum) = ("", false);
        for text in include_str!("etcd.proto").lines() {
            let line =
                text.trim().trim_end_matches(['{', '}', ';']).trim_start_matches("repeated ");
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["message", name] => message = name,
                ["enum", name] => in_enum = enums.insert(name),
                [] => in_enum = false,
                [kind, name, "=", number] if !in_enum => {
                    let kind = match kind {
                        "bool" | "bytes" | "int64" | "string" | "uint64" => kind,
                        kind if enums.contains(kind) => "enumeration",
                        _ => "message",
                    };
                    members.insert((snake(message), kind.into(), snake(name), number.into()));
                }
                _ => {}
            }
        }
        members
    }

    /// The members of the generated types: each stands after its attribute, such as
    /// `#[prost(message, repeated, tag = "2")]`.
    fn generated() -> BTreeSet<Member> {
        let (mut members, mut message) = (BTreeSet::new(), String::new());
        let mut lines = include_str!("messages.rs").lines().map(str::trim);
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("pub struct ") {
                message = snake(name.split(' ').next().unwrap_or_default());
            }
            let Some((attribute, number)) = line.split_once(", tag = \"") else { continue };
            let kinds = attribute.trim_start_matches("#[prost(").split([' ', ',']).next();
            let member = lines.next().expect("a field or a variant").trim_start_matches("pub ");
            let name = member.split([':', '(']).next().unwrap_or_default();
            let kind = kinds.unwrap_or_default();
            members.insert((
                message.clone(),
                kind.into(),
                snake(name),
                number.trim_end_matches("\")]").into(),
            ));
        }
        members
    }

    #[test]
    fn the_generated_messages_are_those_of_the_proto_file() {
        assert_eq!(declared(), generated());
        assert_eq!(declared().len(), 50);
    }
}
