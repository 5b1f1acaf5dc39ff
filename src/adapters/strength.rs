//! A score of how hard a password is to guess, by [zxcvbn](https://docs.rs/zxcvbn). Feature
//! `strength`.
//!
//! Know before you use it:
//!
//! - zxcvbn reads the year of the operating system's clock, once in a process: a password with a date
//!   can have another score next year. No other score depends on time.
//! - It copies parts of the password, and does not overwrite the copies when it is done.
//! - Its lists are English, and add about 3 MB to a program.
//! - A password of [`SCORED`](crate::password::PasswordRules::SCORED) characters takes it about a
//!   millisecond, and one that is made to be slow some 40: signs that stand for several letters
//!   double the work. At 100 characters, its own limit, that is more than a second.

use crate::SecretText;
use crate::port::StrengthEstimator;

/// The score of zxcvbn.
///
/// ```
/// use sspr::adapters::strength::Zxcvbn;
/// use sspr::port::StrengthEstimator as _;
///
/// assert_eq!(Zxcvbn.score(&"qwertyuiop123".into(), &[]), 1);
/// assert_eq!(Zxcvbn.score(&"winter badgers sing hymns".into(), &[]), 4);
/// // A name of the user is guessed first.
/// let name = "tharkay".into();
/// assert!(Zxcvbn.score(&name, &["tharkay"]) < Zxcvbn.score(&name, &[]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a name without settings")]
pub struct Zxcvbn;

impl StrengthEstimator for Zxcvbn {
    fn score(&self, password: &SecretText, words: &[&str]) -> u8 {
        zxcvbn::zxcvbn(password.expose_secret(), words).score().into()
    }
}
