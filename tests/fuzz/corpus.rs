//! Runs each target over its committed inputs and over a fixed number of mutations of them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{commands, cursor, identifier, link, record, ticket};

type Target = fn(&[u8]) -> bool;

/// Names, targets, and how many mutations are tried: `SSPR_FUZZ_TIMES=100` tries a hundred times as many.
const TARGETS: [(&str, Target, u32); 6] = [
    ("commands", commands, 400),
    ("cursor", cursor, 2_000),
    ("identifier", identifier, 20_000),
    ("link", link, 10_000),
    ("record", record, 1_000),
    ("ticket", ticket, 4_000),
];

/// The most inputs of a target, and the longest of them.
const MOST: usize = 40;
const LONGEST: u64 = 4_096;

/// Pieces that a parser may treat in its own way.
const PIECES: [&[u8]; 24] = [
    b"#",
    b"=",
    b"/",
    b":",
    b"@",
    b".",
    b"+",
    b"%",
    b"%23",
    b"%253D",
    b"\r\n",
    b"=\r\n",
    b"[::1]",
    b"\"",
    b"x1",
    b"\0",
    b"\xff",
    b"\xc2\x85",
    b"\xe2\x80\xae",
    b"\xe2\x80\x8b",
    b"\xd9\xa3",
    b"e\xcc\x81",
    b"\xc4\xb0",
    b"xn--",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

/// The committed inputs of a target, in the order of their names.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder().join("corpus").join(target)).expect(target);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let read = |file: PathBuf| (file.display().to_string(), fs::read(&file).expect("readable"));
    files.into_iter().map(read).collect()
}

/// Xorshift: the same mutations in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn mutate(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let place = self.below(input.len() + 1);
        let end = input.len().min(place + 1 + self.below(16));
        match self.below(8) {
            0 | 1 if place < input.len() => input[place] ^= 1 << self.below(8),
            2 if place < input.len() => input[place] = self.below(256) as u8,
            3 => drop(input.drain(place..end)),
            4 => drop(input.splice(place..place, input[place..end].to_vec())),
            5 => drop(input.splice(place.., other[self.below(other.len())..].iter().copied())),
            // Longer than any limit.
            6 if self.below(16) == 0 => *input = input.repeat(1 + self.below(64)),
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(place..place, piece.iter().copied());
            }
        }
        input.truncate(16 * 1024);
    }
}

fn run(name: &str) {
    let (_, target, mutations) =
        TARGETS.into_iter().find(|target| target.0 == name).expect("a target");
    let inputs = inputs(name);
    let attempt = |what: &str, input: &[u8]| {
        let result = std::panic::catch_unwind(|| target(input));
        result.unwrap_or_else(|_| panic!("{name} fails on {what}: {input:?}"))
    };
    attempt("no bytes", &[]);
    for (file, input) in &inputs {
        attempt(file, input);
    }
    let seed = name
        .bytes()
        .fold(0x9e37_79b9_7f4a_7c15, |seed, byte| (seed ^ u64::from(byte)).rotate_left(7));
    let mut dice = Dice(seed);
    let (mut reached, mut stopped) = (0, 0);
    let times =
        std::env::var("SSPR_FUZZ_TIMES").map_or(1, |times| times.parse().expect("a number"));
    for n in 0..mutations * times {
        let mut input = inputs[dice.below(inputs.len())].1.clone();
        let other = &inputs[dice.below(inputs.len())].1;
        for _ in 0..=dice.below(3) {
            dice.mutate(&mut input, other);
        }
        let came = attempt(&format!("mutation {n}"), &input);
        *(if came { &mut reached } else { &mut stopped }) += 1;
    }
    println!("{name}: {reached} mutations came to where the rule matters, {stopped} did not");
    let least = mutations / 50;
    assert!(reached >= least && stopped >= least, "{name}: {reached} and {stopped} of {mutations}");
}

#[test]
fn sequences_of_calls_agree_with_the_model() {
    run("commands");
}

#[test]
fn a_listing_accepts_its_own_cursors_only() {
    run("cursor");
}

#[test]
fn accepted_names_and_addresses_are_bounded_and_read_back_as_the_same() {
    run("identifier");
}

#[test]
fn a_link_is_found_in_what_surrounds_it_and_its_base_stays_at_its_host() {
    run("link");
}

#[test]
fn damaged_bodies_cause_no_panic_and_are_left_as_they_are() {
    run("record");
}

/// Times before all others and after all others, lengths of centuries, counts beyond every limit.
#[test]
fn every_number_of_an_account_may_be_the_least_or_the_greatest() {
    let mut read = 0;
    for number in 0..100 {
        for extreme in 0..3 {
            read += u32::from(record(&[0, 0, number, 0, extreme]));
        }
    }
    assert!(read >= 100, "the engine could read {read} of 300 bodies");
}

#[test]
fn only_issued_tickets_open_a_flow_and_others_cost_no_call() {
    run("ticket");
}

/// Each target has a corpus of small files, and a program for cargo-fuzz.
#[test]
fn the_corpus_is_small_and_every_target_has_its_program() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("a manifest");
    for (name, _, _) in TARGETS {
        let inputs = inputs(name);
        assert!((3..=MOST).contains(&inputs.len()), "{name}: {} inputs", inputs.len());
        for (file, input) in inputs {
            assert!(input.len() as u64 <= LONGEST, "{file} has {} bytes", input.len());
        }
        let program = fs::read_to_string(folder().join(format!("bin/{name}.rs"))).expect(name);
        let call = format!("sspr_fuzz::{name}(data);");
        assert!(program.contains(&call), "bin/{name}.rs lacks: {call}");
        assert!(manifest.contains(&format!("path = \"bin/{name}.rs\"")), "Cargo.toml: {name}");
    }
    let folders = fs::read_dir(folder().join("corpus")).expect("a folder").count();
    assert_eq!(folders, TARGETS.len(), "a corpus without a target");
}
