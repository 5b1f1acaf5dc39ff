//! Properties of a seal.

use std::collections::HashSet;

use crate::conformance::kit::{PropertyResult, Stop, ensure};
use crate::conformance::ports::PortHarness;
use crate::port::{PortErrorKind, Seal};

type Subject<'a> = &'a dyn PortHarness<dyn Seal>;

const PLAIN: &[u8] = b"a seed of twenty-seven byte";
const BOUND: &[u8] = b"contoso u-1 totp 1";

/// Checks that opening fails with `Corrupt`.
async fn refused(seal: &dyn Seal, sealed: &[u8], associated: &[u8], what: &str) -> PropertyResult {
    match seal.open(sealed, associated).await {
        Err(error) if error.kind() == PortErrorKind::Corrupt => Ok(()),
        Err(error) => Err(Stop::Seen(format!("{error} instead of `Corrupt` for {what}"))),
        Ok(_) => Err(Stop::Seen(format!("it opened {what}"))),
    }
}

pub(super) async fn open_gives_back_what_was_sealed(harness: Subject<'_>) -> PropertyResult {
    let (seal, other) = (harness.make(), harness.make());
    for size in [0, 1, 20, 31, 32, 33, 64, 512, 4096] {
        let plain: Vec<u8> = (0..size).map(|n: usize| n.to_le_bytes()[0] ^ 0x80).collect();
        for associated in [&b""[..], BOUND, &[0, 255, 10]] {
            let sealed = seal.seal(&plain, associated).await?;
            // Another instance with the same key opens it, as after a restart.
            for seal in [&seal, &other] {
                let opened = seal.open(&sealed, associated).await?;
                let same = opened.expose_secret() == plain;
                ensure!(same, "{size} bytes came back changed");
            }
        }
    }
    Ok(())
}

pub(super) async fn open_refuses_another_associated(harness: Subject<'_>) -> PropertyResult {
    let seal = harness.make();
    let sealed = seal.seal(PLAIN, BOUND).await?;
    let longer = [BOUND, b"0"].concat();
    let moved = [BOUND, &PLAIN[..1]].concat();
    for other in [&b""[..], b"contoso u-2 totp 1", &BOUND[1..], &longer, &moved] {
        refused(&*seal, &sealed, other, "what was sealed with another `associated`").await?;
    }
    let unbound = seal.seal(PLAIN, b"").await?;
    refused(&*seal, &unbound, BOUND, "what was sealed with an empty `associated`").await
}

pub(super) async fn open_refuses_what_was_changed(harness: Subject<'_>) -> PropertyResult {
    let seal = harness.make();
    let sealed = seal.seal(PLAIN, BOUND).await?;
    for at in 0..sealed.len() {
        for bit in [1, 0x80] {
            let mut changed = sealed.clone();
            changed[at] ^= bit;
            refused(&*seal, &changed, BOUND, &format!("the sealed bytes with byte {at} changed"))
                .await?;
        }
        refused(&*seal, &sealed[..at], BOUND, &format!("the first {at} sealed bytes")).await?;
    }
    let longer = [&sealed[..], &[0]].concat();
    refused(&*seal, &longer, BOUND, "the sealed bytes with one more").await
}

pub(super) async fn open_refuses_what_was_not_sealed_here(harness: Subject<'_>) -> PropertyResult {
    let seal = harness.make();
    let of = |byte: u8, size: usize| vec![byte; size];
    for strange in [of(0, 0), of(0, 1), of(0, 64), of(255, 100), PLAIN.to_vec(), of(b'A', 5000)] {
        let what = format!("{} bytes that it never sealed", strange.len());
        refused(&*seal, &strange, BOUND, &what).await?;
    }
    // Halves of two sealed texts, joined, must not open.
    let (one, other) = (seal.seal(PLAIN, BOUND).await?, seal.seal(&[7; 27], BOUND).await?);
    let half = one.len() / 2;
    let mixed = [&one[..half], &other[half..]].concat();
    refused(&*seal, &mixed, BOUND, "joined halves of two sealed texts").await
}

pub(super) async fn seal_hides_what_it_seals(harness: Subject<'_>) -> PropertyResult {
    let seal = harness.make();
    let sealed = seal.seal(PLAIN, BOUND).await?;
    let shown = sealed.windows(8).any(|part| PLAIN.windows(8).any(|plain| plain == part));
    ensure!(!shown, "the sealed bytes hold the plain ones");
    // A repeated key stream would show where two secrets agree.
    let zeros = seal.seal(&[0; 27], BOUND).await?;
    let both: Vec<u8> = zeros.iter().zip(&sealed).map(|(zero, one)| zero ^ one).collect();
    let shown = both.windows(8).any(|part| PLAIN.windows(8).any(|plain| plain == part));
    ensure!(!shown, "the XOR of two sealed secrets is that of the plain ones");
    let again = seal.seal(PLAIN, BOUND).await?;
    ensure!(again != sealed, "the same secret sealed twice looks the same");
    Ok(())
}

pub(super) async fn seal_never_seals_alike(harness: Subject<'_>) -> PropertyResult {
    // Two servers of one host, side by side, and both after a restart.
    let mut sealed = HashSet::new();
    for _ in 0..2 {
        let (one, other) = (harness.make(), harness.make());
        for _ in 0..20 {
            for seal in [&one, &other] {
                let fresh = sealed.insert(seal.seal(PLAIN, BOUND).await?);
                ensure!(
                    fresh,
                    "two instances of one key seal alike: a nonce was used twice, as by a counter \
                     that starts in each instance"
                );
            }
        }
    }
    Ok(())
}

pub(super) async fn is_current_is_about_the_sealed_bytes(harness: Subject<'_>) -> PropertyResult {
    let seal = harness.make();
    let strange = [Vec::new(), vec![0; 64], vec![255; 64], vec![b'A'; 64], PLAIN.to_vec()];
    let current = strange.iter().filter(|bytes| seal.is_current(bytes)).count();
    // At most one of them can begin like the current key.
    ensure!(
        current <= 1,
        "{current} of {} texts that were never sealed are said to be under the current key",
        strange.len()
    );
    Ok(())
}
