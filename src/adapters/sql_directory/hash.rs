//! Hashes of passwords: Argon2, bcrypt and PBKDF2 are read, Argon2id is written.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use pbkdf2::Pbkdf2;

use super::worker::Worker;
use crate::SecretText;
use crate::port::{Entropy as _, PortError, PortResult, SystemEntropy};

/// The cost of Argon2id. Default: 19 MiB, two passes, one lane, as OWASP asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct HashCost {
    pub(super) kibibytes: u32,
    pub(super) passes: u32,
}

/// What a stored hash may cost at most: more is taken for a broken value.
const MOST_KIBIBYTES: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;
const MOST_ITERATIONS: u32 = 20_000_000;
const MOST_BCRYPT: u32 = 16;

/// What bcrypt reads of a password.
const BCRYPT_BYTES: usize = 72;

/// Hashes passwords on threads of its own.
pub(super) struct Hasher {
    worker: Worker<()>,
    argon2: Argon2<'static>,
    /// The hash of a random text, for users who do not exist.
    decoy: Arc<str>,
}

impl Hasher {
    pub(super) fn new(cost: HashCost, threads: usize) -> PortResult<Self> {
        let argon2 = argon2(cost)?;
        let mut random = [0; 32];
        SystemEntropy.fill(&mut random)?;
        let decoy = made(&argon2, &random)?.into();
        Ok(Self { worker: Worker::start("sspr-hash", vec![(); threads])?, argon2, decoy })
    }

    /// The hash of a password under a fresh salt.
    pub(super) async fn hash(&self, password: &SecretText) -> PortResult<String> {
        let (argon2, password) = (self.argon2.clone(), copied(password));
        let work = move |(): &mut ()| made(&argon2, password.expose_secret().as_bytes());
        self.worker.run(PortError::unavailable, work).await
    }

    /// Whether the stored hash is of the password. `None`, for a user who does not exist or has no
    /// password, costs as much and is false.
    pub(super) async fn is_of(
        &self,
        stored: Option<&str>,
        password: &SecretText,
    ) -> PortResult<bool> {
        let exists = stored.is_some();
        let hash = stored.map_or_else(|| Arc::clone(&self.decoy), Arc::from);
        let password = copied(password);
        let work = move |(): &mut ()| is_of(&hash, password.expose_secret());
        Ok(self.worker.run(PortError::unavailable, work).await? && exists)
    }
}

/// For the thread; wiped when it is dropped.
fn copied(password: &SecretText) -> SecretText {
    SecretText::from(password.expose_secret())
}

fn argon2(cost: HashCost) -> PortResult<Argon2<'static>> {
    let refused = |what| Err(PortError::denied().because(what));
    if !(8..=MOST_KIBIBYTES).contains(&cost.kibibytes) || !(1..=MOST_PASSES).contains(&cost.passes)
    {
        return refused("cost: out of range, 8 to 1,048,576 KiB and 1 to 64 passes allowed");
    }
    match Params::new(cost.kibibytes, cost.passes, 1, None) {
        Ok(params) => Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
        Err(_) => refused("cost: refused by argon2"),
    }
}

fn made(argon2: &Argon2<'_>, password: &[u8]) -> PortResult<String> {
    let mut salt = [0; 16];
    SystemEntropy.fill(&mut salt)?;
    let failed = |_| PortError::unavailable().because("argon2: the password was not hashed");
    let hash: PasswordHash = argon2.hash_password_with_salt(password, &salt).map_err(failed)?;
    Ok(hash.to_string())
}

/// Whether this is the hash of the password. A hash that cannot be read is an error, not a wrong password.
fn is_of(stored: &str, password: &str) -> PortResult<bool> {
    if stored.starts_with("$2") {
        return is_bcrypt_of(stored, password);
    }
    let hash = PasswordHash::new(stored).map_err(|_| unreadable())?;
    let number = |name: &str| hash.params.get_decimal(name);
    let name = hash.algorithm.as_str().to_owned();
    let checked = match name.as_str() {
        "argon2id" | "argon2i" | "argon2d" => {
            let within = |name, most| number(name).is_some_and(|value| value <= most);
            if !within("m", MOST_KIBIBYTES) || !within("t", MOST_PASSES) || !within("p", 64) {
                return Err(unreadable());
            }
            Argon2::default().verify_password(password.as_bytes(), &hash)
        }
        "pbkdf2-sha256" | "pbkdf2-sha512" => {
            if number("i").is_none_or(|value| value > MOST_ITERATIONS) {
                return Err(unreadable());
            }
            Pbkdf2::default().verify_password(password.as_bytes(), &hash)
        }
        _ => return Err(unreadable()),
    };
    match checked {
        // A hash without a salt or an output is also reported as a wrong password.
        _ if hash.salt.is_none() || hash.hash.is_none() => Err(unreadable()),
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(_) => Err(unreadable()),
    }
}

/// bcrypt reads 72 bytes and ends at a NUL: a longer password is never one that it has in full.
fn is_bcrypt_of(stored: &str, password: &str) -> PortResult<bool> {
    let cost = stored.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
    let known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| stored.starts_with(prefix));
    if !known || cost.is_none_or(|cost| cost > MOST_BCRYPT) {
        return Err(unreadable());
    }
    let whole = password.len() < BCRYPT_BYTES && !password.contains('\0');
    let same = bcrypt::verify(password, stored).map_err(|_| unreadable())?;
    Ok(same && whole)
}

fn unreadable() -> PortError {
    PortError::denied().because("the stored hash is of no known form, or costs too much")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    // A low cost: the tests judge forms, not times.
    const CHEAP: HashCost = HashCost { kibibytes: 8, passes: 1 };

    #[test]
    fn each_known_form_is_read_and_tells_passwords_apart() {
        let own = made(&argon2(CHEAP).expect("in range"), b"correct horse").expect("hashed");
        assert!(own.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{own}");
        let params = Params::new(8, 1, 1, None).expect("in range");
        let argon2i = Argon2::new(Algorithm::Argon2i, Version::V0x10, params);
        let other = made(&argon2i, b"correct horse").expect("hashed");
        // From the test vectors of the algorithms' own projects, and of OpenBSD.
        let known = [
            (own.as_str(), "correct horse"),
            (
                "$pbkdf2-sha256$i=4096,l=40$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0\
                 $NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q",
                "passwordPASSWORDpassword",
            ),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            (other.as_str(), "correct horse"),
        ];
        for (hash, right) in known {
            let wrong = format!("{right} ");
            assert_eq!(is_of(hash, right).ok(), Some(true), "{hash}");
            assert_eq!(is_of(hash, &wrong).ok(), Some(false), "{hash}");
            assert_eq!(is_of(hash, "").ok(), Some(false), "{hash}");
        }
    }

    #[test]
    fn what_bcrypt_does_not_read_is_never_the_password() {
        let hash = bcrypt::hash("a".repeat(72), 4).expect("hashed");
        assert_eq!(is_of(&hash, &"a".repeat(73)).ok(), Some(false));
        let hash = bcrypt::hash("before", 4).expect("hashed");
        assert_eq!(is_of(&hash, "before").ok(), Some(true));
        assert_eq!(is_of(&hash, "before\0after").ok(), Some(false));
    }

    #[test]
    fn an_unreadable_hash_is_an_error_and_no_wrong_password() {
        for hash in [
            "a password in clear",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "$1$abc$def",
            "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$05$short",
            "$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2g",
            "$argon2id$v=19$m=8,t=4294967295,p=1$c29tZXNhbHQ$c29tZWhhc2g",
            "$argon2id$v=19$m=8,t=1,p=1",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ",
            "$argon2x$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g",
            "$pbkdf2-sha256$i=4294967295,l=32$c29tZXNhbHQ$c29tZWhhc2g",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ] {
            let error = is_of(hash, "password").expect_err(hash);
            assert_eq!(error.kind(), PortErrorKind::Denied, "{hash}");
        }
    }

    #[tokio::test]
    async fn a_user_without_a_password_has_none_of_any_text() {
        let hasher = Hasher::new(CHEAP, 1).expect("in range");
        assert!(!hasher.is_of(None, &SecretText::from("")).await.expect("checked"));
        let hash = hasher.hash(&SecretText::from("correct horse")).await.expect("hashed");
        let again = hasher.hash(&SecretText::from("correct horse")).await.expect("hashed");
        assert_ne!(hash, again, "one salt for two hashes");
        assert!(
            hasher.is_of(Some(&hash), &SecretText::from("correct horse")).await.expect("checked")
        );
    }
}
