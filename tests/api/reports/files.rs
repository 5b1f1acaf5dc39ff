//! Rows as files.

use crate::support::*;
use sspr::UserId;
use sspr::adapters::rows::JsonLines;
use sspr::facts::UserFacts;
use sspr::report::{RegistrationFilter, RegistrationRow};

async fn rows() -> Vec<RegistrationRow> {
    let world = World::builder().settings(settings()).registered().open().await;
    for (id, name) in [("=1+1", "a,\"b\"\n;=cmd"), ("p-2", "+49 30"), ("@p", "plain")] {
        let mut facts = UserFacts::new(UserId::parse(id).expect("valid"));
        facts.user_principal_name = Some(name.to_owned());
        world.directory.add_user(&tenant(), facts, &[id], "a password").expect("added");
    }
    let filter = RegistrationFilter::default();
    world.admin().registration_report(&filter, None, 10).await.expect("a page").rows
}

/// Each line is a row, with the exact text.
#[tokio::test]
async fn json_lines_are_read_back_as_the_rows() {
    let rows = rows().await;
    let mut lines = JsonLines::new(Vec::new());
    lines.write(&rows[..2]).expect("written");
    lines.write(&rows[2..]).expect("written");
    let text = String::from_utf8(lines.finish().expect("flushed")).expect("text");
    let read: Vec<RegistrationRow> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    assert_eq!(read, rows);
}

/// E8.5.1: the columns are stable; a name that a spreadsheet would run as a formula is text.
#[cfg(feature = "csv")]
#[tokio::test]
async fn e8_5_no_name_in_a_table_is_a_formula() {
    use sspr::adapters::rows::CsvRows;

    let rows = rows().await;
    let mut table = CsvRows::new(Vec::new()).expect("begun");
    table.write(&rows).expect("written");
    let text = String::from_utf8(table.finish().expect("flushed")).expect("text");
    let head = "\"user\",\"name\",\"registered\",\"enabled\",\"capable\",\"any_method\",\"administrator\",\
        \"methods\",\"usable\",\"required\",\"reason\",\"registered_at\",\"confirmed_at\",\"updated_at\",\
        \"unanswered\",\"unreadable\"\n";
    assert!(text.starts_with(head), "{text}");
    for cell in ["\"'=1+1\"", "\"a,\"\"b\"\"\n;'=cmd\"", "\"'+49 30\"", "\"'@p\""] {
        assert!(text.contains(cell), "{cell} is not in {text}");
    }
    assert!(!text.contains("\"=") && !text.contains("\"+") && !text.contains("\"@"), "{text}");
    // A table is continued without its head.
    let mut rest = CsvRows::append(Vec::new());
    rest.write(&rows[..1]).expect("written");
    let rest = String::from_utf8(rest.finish().expect("flushed")).expect("text");
    assert!(text.starts_with(&format!("{head}{rest}")));
}
