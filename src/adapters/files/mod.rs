//! Writes messages to files, so that they can be inspected in development without a mail server.

mod mail;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use crate::TenantId;
use crate::adapters::memory::lock;
use crate::adapters::render::{EnglishText, Renderer};
use crate::facts::{Destination, EmailAddress};
use crate::method::Channel;
use crate::port::{Clock, Delivery, Envelope, PortError, PortResult, ProvidedChannel, SystemClock};

/// A [`Delivery`] that writes each message to a file. Mail becomes an `.eml` file, which mail
/// programs open, with the text and any HTML of the renderer. Text messages (with their number of
/// parts) and calls become `.txt` files.
///
/// **For development only.** The files hold live codes, so only their owner can read them (on Unix,
/// the directory has mode 0700 and files 0600). Writing blocks the calling thread.
///
/// A file is named `000001-email-2f7c9a41d08e6b35.eml`: a sequence number, the channel, the phone
/// number if any, and a digest of the idempotency key. It appears complete or not at all, and a
/// repeated message replaces its own file.
///
/// ```
/// use sspr::adapters::files::FileDelivery;
///
/// # fn main() -> Result<(), sspr::port::PortError> {
/// let directory = std::env::temp_dir().join(format!("sspr-doc-{}", std::process::id()));
/// let delivery = FileDelivery::new(&directory)?;
/// assert_eq!(delivery.path(), directory);
/// assert!(delivery.files()?.is_empty());
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FileDelivery {
    directory: PathBuf,
    sender: String,
    renderer: Arc<dyn Renderer>,
    clock: Arc<dyn Clock>,
    /// One delivery at a time: the sequence is read from the directory.
    writing: Arc<Mutex<()>>,
}

/// The default sender: a name that never resolves (RFC 2606).
const SENDER: &str = "no-reply@sspr.invalid";

impl FileDelivery {
    /// Writes into this directory, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it cannot be created.
    pub fn new(directory: impl Into<PathBuf>) -> PortResult<Self> {
        let directory = directory.into();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory).map_err(unavailable)?;
        Ok(Self {
            directory,
            sender: SENDER.to_owned(),
            renderer: Arc::new(EnglishText),
            clock: Arc::new(SystemClock),
            writing: Arc::default(),
        })
    }

    /// Renders messages with this renderer. Default: [`EnglishText`].
    #[must_use]
    pub fn with_renderer(mut self, renderer: impl Renderer + 'static) -> Self {
        self.renderer = Arc::new(renderer);
        self
    }

    /// Sends mail from this address. Default: `no-reply@sspr.invalid`.
    #[must_use]
    pub fn with_sender(mut self, sender: &EmailAddress) -> Self {
        self.sender = sender.as_str().to_owned();
        self
    }

    /// Dates messages by this clock. Default: the system clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The message files, in the order in which the messages were first written.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the directory cannot be read.
    pub fn files(&self) -> PortResult<Vec<PathBuf>> {
        let names = self.names().map_err(unavailable)?;
        Ok(names.iter().map(|name| self.directory.join(name)).collect())
    }

    /// The file of the message with this idempotency key, if it was written.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the directory cannot be read.
    pub fn path_of(&self, idempotency_key: &str) -> PortResult<Option<PathBuf>> {
        let digest = short(&digest(idempotency_key)).to_owned();
        let names = self.names().map_err(unavailable)?;
        let found = names.into_iter().find(|name| digest_in(name) == Some(&digest));
        Ok(found.map(|name| self.directory.join(name)))
    }

    /// The names of message files, in order. Other files in the directory are ignored.
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            if let Some(name) = name.to_str().filter(|name| sequence_in(name).is_some()) {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable_by_key(|name| sequence_in(name));
        Ok(names)
    }

    fn write(&self, envelope: &Envelope) -> io::Result<()> {
        let digest = digest(&envelope.idempotency_key);
        let _writing = lock(&self.writing);
        let names = self.names()?;
        let own = names.iter().find(|name| digest_in(name) == Some(short(&digest)));
        let last = names.last().and_then(|name| sequence_in(name));
        let name = own.cloned().unwrap_or_else(|| {
            let sequence = last.unwrap_or(0).saturating_add(1);
            name_of(sequence, envelope, short(&digest))
        });
        let words = self.renderer.render(envelope);
        let content = match envelope.channel {
            Channel::Email => mail::mail(envelope, &words, &self.sender, &digest, self.clock.now()),
            _ => mail::note(envelope, &words),
        };
        let temporary = self.directory.join(format!(".{}.tmp", short(&digest)));
        let written = create(&temporary)
            .and_then(|mut file| file.write_all(content.expose_secret().as_bytes()))
            .and_then(|()| fs::rename(&temporary, self.directory.join(name)));
        if written.is_err() {
            // The file may hold a code. An error of its removal adds nothing to the first error.
            fs::remove_file(&temporary).ok();
        }
        written
    }
}

/// Creates a file for the owner only. A file that a crash left behind is removed first: opening it
/// would keep its mode, or follow it if it is a link.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file name made only of digits, fixed words and a digest.
fn name_of(sequence: u64, envelope: &Envelope, digest: &str) -> String {
    let channel = envelope.channel;
    match &envelope.destination {
        Destination::Email(_) => format!("{sequence:06}-{channel}-{digest}.eml"),
        Destination::Phone(number) => {
            let digits: String =
                number.as_e164().chars().filter(char::is_ascii_digit).take(20).collect();
            format!("{sequence:06}-{channel}-{digits}-{digest}.txt")
        }
    }
}

fn sequence_in(name: &str) -> Option<u64> {
    digest_in(name)?;
    name.split('-').next()?.parse().ok()
}

fn digest_in(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".eml").or(name.strip_suffix(".txt"))?;
    let digest = stem.rsplit('-').next()?;
    Some(digest).filter(|digest| digest.len() == 16)
}

/// A digest of the key, since a key may contain characters that file names cannot.
fn digest(key: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(key.as_bytes()))
}

fn short(digest: &str) -> &str {
    &digest[..16]
}

fn unavailable(error: io::Error) -> PortError {
    PortError::unavailable().because(error)
}

#[async_trait]
impl Delivery for FileDelivery {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        if !envelope.destination.reached_by(envelope.channel) {
            return Err(PortError::denied().because("channel: does not match the destination"));
        }
        // The final rename is atomic, so a failure means that no file appeared.
        self.write(envelope).map_err(unavailable)
    }

    async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        Ok([Channel::Email, Channel::Sms, Channel::Voice]
            .map(|channel| channel.provided_by("files"))
            .into())
    }
}

impl fmt::Debug for FileDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDelivery").field("directory", &self.directory).finish_non_exhaustive()
    }
}
