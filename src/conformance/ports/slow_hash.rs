//! Properties of a slow hash.

use std::collections::BTreeSet;

use crate::SecretText;
use crate::conformance::kit::{PropertyResult, Stop, ensure};
use crate::conformance::ports::PortHarness;
use crate::port::{PortErrorKind, SlowHash};

type Subject<'a> = &'a dyn PortHarness<dyn SlowHash>;

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

pub(super) async fn verify_knows_the_secret(harness: Subject<'_>) -> PropertyResult {
    let hash = harness.make();
    let long = "x".repeat(72);
    let pairs = [
        ("the name of my first dog", "the name of my first cat"),
        ("rex", "Rex"),
        ("rex", "rex "),
        ("", " "),
        ("re\u{0}x", "re\u{0}y"),
        ("re\u{0}x", "re"),
        ("Zo\u{eb}", "Zoe\u{308}"),
        // bcrypt reads 72 bytes only.
        (&format!("{long}a"), &format!("{long}b")),
    ];
    for (right, wrong) in pairs {
        let text = hash.hash(&secret(right)).await?;
        let known = hash.verify(&secret(right), &text).await?;
        ensure!(known, "a secret of {} bytes is not verified by its own hash", right.len());
        let known = hash.verify(&secret(wrong), &text).await?;
        ensure!(!known, "{wrong:?} passes for {right:?}");
    }
    Ok(())
}

pub(super) async fn hash_takes_a_fresh_salt(harness: Subject<'_>) -> PropertyResult {
    let (first, second) = (harness.make(), harness.make());
    let mut texts = BTreeSet::new();
    for hash in [&first, &first, &second, &second] {
        texts.insert(hash.hash(&secret("rex")).await?);
    }
    ensure!(texts.len() == 4, "four hashes of one secret make {} different texts", texts.len());
    Ok(())
}

pub(super) async fn hash_says_how_it_was_made(harness: Subject<'_>) -> PropertyResult {
    // Only the text is passed from one server to another.
    let (first, second) = (harness.make(), harness.make());
    let text = first.hash(&secret("rex")).await?;
    ensure!(!text.contains("rex"), "the text holds the secret");
    let known = second.verify(&secret("rex"), &text).await?;
    ensure!(known, "another instance does not verify the secret");
    Ok(())
}

pub(super) async fn verify_refuses_texts_of_others_making(harness: Subject<'_>) -> PropertyResult {
    let hash = harness.make();
    let text = hash.hash(&secret("rex")).await?;
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    let strange =
        ["", "rex", "$", "$none$v=1$c2FsdA$aGFzaA", "\u{1f5dd}", &half, &"9".repeat(9000)];
    for strange in strange {
        let shown: String = strange.chars().take(30).collect();
        match hash.verify(&secret("rex"), strange).await {
            Err(error) if error.kind() == PortErrorKind::Corrupt => {}
            Err(error) => {
                return Err(Stop::Seen(format!("{error} instead of `Corrupt` for {shown:?}")));
            }
            Ok(passed) => {
                ensure!(false, "{passed} for {shown:?}, which is no hash of its making");
            }
        }
    }
    Ok(())
}
