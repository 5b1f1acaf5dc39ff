//! A sorted file of hashes, searched by bisection.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::hash::{BreachHash, hash_of, hex_of};
use crate::SecretText;
use crate::port::{BreachList, PortError, PortResult};

/// A [`BreachList`] over a file with a line `HASH` or `HASH:COUNT` for each password, in ascending
/// order of the hashes. Hashes are hexadecimal, of the password in UTF-8; their case does not matter.
/// Lines end with a line feed, with or without a carriage return.
///
/// A lookup reads about one piece of 256 bytes for each doubling of the file, 24 of 40 GiB, and keeps
/// nothing in memory. It blocks the calling thread meanwhile. The file is opened for each lookup, so it
/// may be replaced by a rename.
///
/// A file that is not of this form is an error, and never a password that is not listed: each line
/// that a lookup reads is checked, and so is its order.
///
/// ```
/// use sspr::adapters::breach::{BreachHash, SortedFile};
/// use sspr::port::BreachList as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let path = std::env::temp_dir().join(format!("sspr-breach-{}", std::process::id()));
/// std::fs::write(&path, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n")?;
/// let list = SortedFile::open(&path, BreachHash::Sha1)?;
/// assert!(list.contains(&"password".into()).await?);
/// assert!(!list.contains(&"plum tractor violet candle".into()).await?);
/// # std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SortedFile {
    path: PathBuf,
    hash: BreachHash,
}

/// The longest line, with its end.
const MAX_LINE: usize = 128;

/// The part of a file that is read at once: a line that begins in its first half is whole.
const PIECE: usize = 2 * MAX_LINE;

/// Below this many bytes the lines are read one after the other.
const FEW: u64 = 16 * PIECE as u64;

/// A range of a file that begins and ends at the beginning of a line, with the hashes before and
/// behind it.
struct Range {
    low: u64,
    high: u64,
    above: Option<String>,
    below: Option<String>,
}

impl SortedFile {
    /// The list in this file.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read; `Corrupt` if it has no line, or if its first line is
    /// of another form.
    pub fn open(path: impl AsRef<Path>, hash: BreachHash) -> PortResult<Self> {
        let list = Self { path: path.as_ref().to_owned(), hash };
        let piece = read(&mut list.file()?, 0, PIECE)?;
        list.line(&piece)?;
        Ok(list)
    }

    fn file(&self) -> PortResult<File> {
        File::open(&self.path).map_err(unavailable)
    }

    /// The hash of the line at the beginning of a piece.
    fn line<'a>(&self, piece: &'a str) -> PortResult<&'a str> {
        let line = piece.split_inclusive('\n').next().unwrap_or_default();
        let sound = (1..=MAX_LINE).contains(&line.len());
        let hash = hash_of(line, self.hash.digits()).filter(|_| sound);
        hash.ok_or_else(|| corrupt("a line that is no hash of this kind"))
    }

    /// Whether the list has this password.
    pub(super) fn lists(&self, password: &SecretText) -> PortResult<bool> {
        let wanted = &*hex_of(password, self.hash);
        let mut file = self.file()?;
        let high = file.metadata().map_err(unavailable)?.len();
        let mut range = Range { low: 0, high, above: None, below: None };
        while range.high - range.low > FEW {
            let middle = range.low + (range.high - range.low) / 2;
            let piece = read(&mut file, middle, PIECE)?;
            let first = piece.find('\n').filter(|at| *at < MAX_LINE);
            let begin = first.ok_or_else(|| corrupt("a line that is too long"))? + 1;
            let hash = range.checked(self.line(&piece[begin..])?)?;
            let start = middle + begin as u64;
            match wanted.as_str().cmp(&*hash) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => (range.high, range.below) = (start, Some(hash)),
                std::cmp::Ordering::Greater => (range.low, range.above) = (start, Some(hash)),
            }
        }
        // At most `FEW` bytes.
        let length = usize::try_from(range.high - range.low).unwrap_or_default();
        let rest = read(&mut file, range.low, length)?;
        let mut begin = 0;
        let mut found = false;
        while begin < rest.len() {
            let hash = self.line(&rest[begin..])?.to_ascii_uppercase();
            // The first line is the one at which the range begins, if the search has read it.
            if begin > 0 || range.above.as_deref() != Some(&*hash) {
                range.above = Some(range.checked(&hash)?);
            }
            found |= hash == *wanted;
            begin += rest[begin..].find('\n').map_or(rest.len(), |end| end + 1);
        }
        Ok(found)
    }
}

impl Range {
    /// The hash in upper case, if it is between those before and behind the range.
    fn checked(&self, found: &str) -> PortResult<String> {
        let hash = found.to_ascii_uppercase();
        let follows = self.above.as_ref().is_none_or(|above| *above < hash);
        let precedes = self.below.as_ref().is_none_or(|below| hash < *below);
        if follows && precedes { Ok(hash) } else { Err(corrupt("lines that are not in order")) }
    }
}

#[async_trait]
impl BreachList for SortedFile {
    async fn contains(&self, password: &SecretText) -> PortResult<bool> {
        self.lists(password)
    }
}

impl fmt::Debug for SortedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SortedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// This many bytes of the file, fewer at its end.
fn read(file: &mut File, from: u64, length: usize) -> PortResult<String> {
    file.seek(SeekFrom::Start(from)).map_err(unavailable)?;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes).map_err(unavailable)?;
    String::from_utf8(bytes).map_err(|_| corrupt("bytes that are no text"))
}

fn unavailable(error: io::Error) -> PortError {
    PortError::unavailable().because(error)
}

fn corrupt(what: &'static str) -> PortError {
    PortError::corrupt()
        .because(io::Error::other(format!("the list of breached passwords has {what}")))
}
