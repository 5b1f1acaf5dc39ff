//! Tests of the lists, against files of many sizes and against files that are none.

use std::collections::BTreeSet;
use std::path::PathBuf;

use proptest::prelude::*;

use super::hash::hex_of;
use super::{BreachHash, RangeQuery, SortedFile};
use crate::SecretText;
use crate::port::{PortErrorKind, PortResult};

/// A file that is removed afterwards.
struct Written(PathBuf);

impl Written {
    fn new(text: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sspr-breach-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn password(number: usize) -> SecretText {
    SecretText::from(format!("password number {number}").as_str())
}

/// The sorted lines of passwords with even numbers.
fn lines(count: usize, hash: BreachHash) -> BTreeSet<String> {
    (0..count).map(|number| hex_of(&password(2 * number), hash).to_string()).collect()
}

fn contains(list: &SortedFile, number: usize) -> PortResult<bool> {
    list.lists(&password(number))
}

/// The text of a file with counts of many lengths.
fn text(lines: &BTreeSet<String>, end: &str) -> String {
    let line = |(place, hash): (usize, &String)| match place % 4 {
        0 => format!("{hash}{end}"),
        digits => format!("{hash}:{}{end}", 10_usize.pow(2 * digits as u32)),
    };
    lines.iter().enumerate().map(line).collect()
}

#[test]
fn a_password_is_found_in_a_file_of_any_size() {
    for hash in [BreachHash::Sha1, BreachHash::Sha256] {
        for (count, end) in [(1, "\n"), (2, "\r\n"), (90, "\n"), (3_000, "\r\n"), (3_001, "\n")] {
            let whole = text(&lines(count, hash), end);
            for content in [whole.trim_end(), &whole, &whole.to_lowercase()] {
                let file = Written::new(content);
                let list = SortedFile::open(&file.0, hash).unwrap();
                for number in 0..2 * count {
                    let found = contains(&list, number).unwrap();
                    assert_eq!(found, number % 2 == 0, "{number} of {count}, {hash:?}");
                }
            }
        }
    }
}

/// An absence is never a fact: what is no list is an error.
#[test]
fn a_file_of_another_form_is_an_error() {
    let kind = |content: &str, hash| {
        let file = Written::new(content);
        SortedFile::open(&file.0, hash).map_err(|error| error.kind()).err()
    };
    let corrupt = Some(PortErrorKind::Corrupt);
    let sound = text(&lines(3, BreachHash::Sha1), "\n");
    assert_eq!(kind(&sound, BreachHash::Sha1), None);
    assert_eq!(kind(&sound, BreachHash::Sha256), corrupt);
    for content in ["", "\n", "<html>not found</html>\n", "password\n", &sound[1..]] {
        assert_eq!(kind(content, BreachHash::Sha1), corrupt, "{content:?}");
    }
    let absent = SortedFile::open("/no such directory/list", BreachHash::Sha1).unwrap_err();
    assert_eq!(absent.kind(), PortErrorKind::Unavailable);
}

#[test]
fn a_file_that_goes_or_is_replaced_is_read_as_it_is() {
    let file = Written::new(&text(&lines(10, BreachHash::Sha1), "\n"));
    let list = SortedFile::open(&file.0, BreachHash::Sha1).unwrap();
    assert_eq!(contains(&list, 100).ok(), Some(false));
    std::fs::write(&file.0, text(&lines(100, BreachHash::Sha1), "\n")).unwrap();
    assert_eq!(contains(&list, 100).ok(), Some(true));
    std::fs::remove_file(&file.0).unwrap();
    let gone = contains(&list, 100).unwrap_err();
    assert_eq!(gone.kind(), PortErrorKind::Unavailable);
    assert!(!format!("{list:?}").contains("Sha1"));
}

/// Each line that a lookup reads, and the order of these lines, is checked.
#[test]
fn a_damaged_or_unsorted_list_is_an_error_where_it_is_read() {
    let sorted: Vec<String> = lines(2_000, BreachHash::Sha1).into_iter().collect();
    let backwards = sorted.iter().rev().map(|line| format!("{line}\n")).collect::<String>();
    let few = sorted[..40].iter().rev().map(|line| format!("{line}\n")).collect::<String>();
    let long = sorted.iter().map(|line| format!("{line}:{}\n", "1".repeat(90))).collect::<String>();
    let cut = sorted.iter().map(|line| format!("{}\n", &line[..39])).collect::<String>();
    for (name, content) in [("backwards", backwards), ("few", few), ("long", long), ("cut", cut)] {
        let head = format!("{}\n", "0".repeat(40));
        let file = Written::new(&(head + &content));
        let list = SortedFile::open(&file.0, BreachHash::Sha1).unwrap();
        for number in 0..50 {
            let kind = contains(&list, number).map_err(|error| error.kind());
            assert_eq!(kind, Err(PortErrorKind::Corrupt), "{name}, {number}");
        }
    }
}

#[test]
fn a_range_query_sends_five_digits_and_compares_the_rest() {
    let query = RangeQuery::new(&"password".into());
    assert_eq!(query.prefix(), "5BAA6");
    assert_eq!(format!("{query:?}"), "RangeQuery");
    let ending = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
    let other = "003D68EB55068C33ACE09247EE4C639306B:3";
    for (response, listed) in [
        (format!("{ending}:1"), true),
        (format!("{other}\r\n{}:12\r\n", ending.to_lowercase()), true),
        (other.to_owned(), false),
        (format!("{other}\n{ending}:0"), false),
        (format!("{other}\n{ending}:000"), false),
    ] {
        assert_eq!(query.is_listed_in(&response), Ok(listed), "{response}");
    }
    for response in [
        "",
        "\n",
        ending,
        "oops",
        &format!("{ending}:1\n\n{other}"),
        &format!("{ending}:many"),
        &format!("5BAA6{ending}:1"),
        &format!("{ending}:1\nnot found"),
    ] {
        assert!(query.is_listed_in(response).is_err(), "{response:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_lookup_agrees_with_a_set(
        known in proptest::collection::btree_set(0..5_000_usize, 1..400),
        asked in proptest::collection::vec(0..5_000_usize, 50),
    ) {
        let hashes = known.iter().map(|number| hex_of(&password(*number), BreachHash::Sha1).to_string());
        let file = Written::new(&text(&hashes.collect(), "\n"));
        let list = SortedFile::open(&file.0, BreachHash::Sha1).unwrap();
        for number in asked.into_iter().chain(known.iter().copied()) {
            prop_assert_eq!(contains(&list, number).unwrap(), known.contains(&number));
        }
    }
}
