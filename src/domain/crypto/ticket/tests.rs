use super::claims::KINDS;
use super::*;
use crate::domain::account::{CredentialEpoch, FlowId, Generation};
use crate::domain::crypto::flow_ticket::ResetTicket;
use crate::domain::crypto::secret::SecretBytes;
use crate::domain::identity::ids::UserId;
use crate::domain::method::{ChallengeOption, Channel};
use crate::domain::reason::SsprReason;
use proptest::prelude::*;

fn keys(byte: u8) -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(1), u16::from(byte), secret(byte)).expect("long enough")
}

fn claim(flow: [u8; 16], user: &str) -> TicketClaims {
    TicketClaims {
        purpose: Purpose::Reset,
        flow: FlowId(flow),
        generation: Generation::default(),
        started_at: Timestamp::from_unix_seconds(1_700_000_000),
        identifier: [7; 8],
        subject: TicketSubject::User(UserId::parse(user).expect("valid")),
        epoch: CredentialEpoch::default(),
        asked: [None; KINDS],
    }
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("valid")
}

proptest! {
    #[test]
    fn a_ticket_opens_to_what_was_sealed(flow: [u8; 16], user in "[a-z0-9-]{1,128}", generation: u8, at: i64, decoy: bool, asked: bool, epoch: u32) {
        let mut sealed = claim(flow, &user);
        sealed.generation = Generation(generation);
        sealed.epoch = CredentialEpoch(epoch);
        sealed.started_at = Timestamp::from_unix_millis(at);
        if decoy {
            sealed.subject = TicketSubject::Decoy { reason: SsprReason::NotInScope, user: None };
        }
        if asked {
            let option = ChallengeOption::indexed(MethodKind::MobilePhone, Channel::Voice, 3).expect("reached");
            sealed.ask(AskedChallenge { option, at: sealed.started_at.plus(Duration::from_secs(90)), length: 8 });
        }
        let text = sealed.seal(&tenant("a"), &keys(2));
        prop_assert_eq!(text.text().len(), TEXT);
        prop_assert_eq!(TicketClaims::open(&text, &tenant("a"), Purpose::Reset, &keys(2)), Ok(sealed));
    }

    #[test]
    fn any_changed_byte_is_refused(place in 0..SEALED, bit in 0_u8..8) {
        let mut bytes = claim([3; 16], "u").seal(&tenant("a"), &keys(2)).bytes;
        bytes[place] ^= 1 << bit;
        let forged = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        let forged = Sealed::parse(&forged).expect("the form of a ticket");
        prop_assert!(TicketClaims::open(&forged, &tenant("a"), Purpose::Reset, &keys(2)).is_err());
    }
}

/// The longest claims fill the bytes to the last, and open to what was sealed.
#[test]
fn every_field_has_bytes_of_its_own() {
    let mut full = claim([u8::MAX; 16], &"x".repeat(UserId::MAX_BYTES));
    (full.generation, full.epoch) = (Generation(u8::MAX), CredentialEpoch(u32::MAX));
    for method in MethodKind::ALL {
        for channel in method.channels() {
            let option = ChallengeOption::indexed(method, *channel, 1).expect("reached");
            full.ask(AskedChallenge { option, at: full.started_at, length: 8 });
        }
    }
    assert!(full.asked.iter().all(Option::is_some));
    assert_eq!(full.to_bytes().last(), Some(&b'x'));
    let text = full.seal(&tenant("a"), &keys(2));
    assert_eq!(TicketClaims::open(&text, &tenant("a"), Purpose::Reset, &keys(2)), Ok(full));
}

/// V14: nothing in two tickets of one account links them.
#[test]
fn two_tickets_of_one_account_share_no_run_of_bytes() {
    let opened = |flow| claim(flow, "the-same-user").seal(&tenant("a"), &keys(2)).bytes;
    let (left, right) = (opened([1; 16]), opened([2; 16]));
    let shared = left.windows(4).filter(|run| right.windows(4).any(|other| other == *run));
    assert_eq!(shared.count(), 0);
}

#[test]
fn foreign_tickets_are_refused() {
    let text = claim([3; 16], "u").seal(&tenant("a"), &keys(2));
    let open =
        |name: &str, purpose, keys: &Keys| TicketClaims::open(&text, &tenant(name), purpose, keys);
    assert!(open("a", Purpose::Reset, &keys(2)).is_ok());
    assert!(open("b", Purpose::Reset, &keys(2)).is_err());
    assert!(open("a", Purpose::Register, &keys(2)).is_err());
    assert!(open("a", Purpose::Reset, &keys(3)).is_err());
    // Rotation: a ticket of the old key opens as long as that key verifies.
    let rotated = keys(3).also_verify(2, SecretBytes::new(vec![2; 32])).expect("room");
    assert!(open("a", Purpose::Reset, &rotated).is_ok());
}

#[test]
fn junk_is_refused_by_its_form() {
    for junk in [
        "",
        "a",
        &"A".repeat(TEXT - 1),
        &"é".repeat(TEXT / 2),
        &"=".repeat(TEXT),
        &"A".repeat(1 << 20),
    ] {
        assert!(ResetTicket::parse(junk).is_err());
    }
    assert!(ResetTicket::parse(&"A".repeat(TEXT)).is_ok());
}
