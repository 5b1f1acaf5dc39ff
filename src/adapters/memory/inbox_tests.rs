use super::*;
use crate::message::{CodeMessage, CodePurpose};

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("tenant id")
}

fn mail(text: &str) -> Destination {
    Destination::Email(EmailAddress::parse(text).expect("mail"))
}

fn envelope(
    key: &str,
    tenant_name: &str,
    destination: Destination,
    code: Option<&str>,
) -> Envelope {
    let message = match code {
        Some(code) => Message::Code(CodeMessage::new(CodePurpose::Reset, code.into(), AT)),
        None => Message::Notice(Notice::PasswordReset { at: AT }),
    };
    Envelope::new(
        key.to_owned(),
        tenant(tenant_name),
        "Contoso".to_owned(),
        Channel::Email,
        destination,
        Locale::default(),
        message,
        AT,
    )
}

#[tokio::test]
async fn messages_are_found_by_address_and_the_last_code_is_returned() {
    let inbox = MemoryInbox::new();
    let phone = Destination::Phone(PhoneNumber::parse("+4915112345678").expect("phone"));
    for (key, to, code) in [
        ("1", mail("ada@x.example"), Some("111111")),
        ("2", mail("ada@x.example"), Some("222222")),
        ("3", mail("ada@x.example"), None),
        ("4", mail("bob@x.example"), Some("444444")),
        ("5", phone, Some("555555")),
    ] {
        inbox.deliver(&envelope(key, "contoso", to, code)).await.expect("kept");
    }
    assert_eq!(inbox.messages_to("ada@x.example").len(), 3);
    assert_eq!(inbox.last_code_to("ada@x.example").as_deref(), Some("222222"));
    assert_eq!(inbox.last_code_to("+4915112345678").as_deref(), Some("555555"));
    assert_eq!(inbox.last_code_to("eve@x.example"), None);
    assert!(inbox.messages_to("").is_empty());
    let notice = inbox.messages_to("ada@x.example").pop().expect("three");
    assert_eq!(notice.kind, "notice.password_reset");
    assert_eq!(notice.notice, Some(Notice::PasswordReset { at: AT }));
    assert_eq!(notice.code(), None);
    inbox.clear();
    assert!(inbox.all().is_empty());
}

#[tokio::test]
async fn a_repetition_is_counted_and_not_kept_again() {
    let inbox = MemoryInbox::with_capacity(2);
    for key in ["1", "1", "2", "1", "3"] {
        let message = envelope(key, "contoso", mail("ada@x.example"), None);
        inbox.clone().deliver(&message).await.expect("kept");
    }
    let kept: Vec<_> =
        inbox.all().into_iter().map(|kept| (kept.idempotency_key, kept.repetitions)).collect();
    assert_eq!(kept, [("2".to_owned(), 0), ("3".to_owned(), 0)], "the inbox is bounded");
    let again = envelope("3", "contoso", mail("ada@x.example"), None);
    inbox.deliver(&again).await.expect("kept");
    assert_eq!(inbox.all()[1].repetitions, 1);
    assert_eq!(inbox.attempts(), 6);
}

#[tokio::test]
async fn failures_apply_to_all_tenants_or_to_one() {
    let inbox = MemoryInbox::new();
    let deliver = async |key: &str, of: &str| {
        let message = envelope(key, of, mail("ada@x.example"), None);
        inbox.deliver(&message).await.map_err(|error| error.kind())
    };
    inbox.fail_tenant(&tenant("fabrikam"), Some(PortErrorKind::Denied));
    assert_eq!(deliver("1", "contoso").await, Ok(()));
    assert_eq!(deliver("2", "fabrikam").await, Err(PortErrorKind::Denied));
    inbox.fail_tenant(&tenant("fabrikam"), None);
    inbox.fail_with(Some(PortErrorKind::Unavailable));
    assert_eq!(deliver("3", "contoso").await, Err(PortErrorKind::Unavailable));
    assert_eq!(inbox.all().len(), 1, "a failed message is not kept");
    inbox.fail_with(Some(PortErrorKind::Unknown));
    assert_eq!(deliver("4", "contoso").await, Err(PortErrorKind::Unknown));
    inbox.fail_with(None);
    assert_eq!(deliver("4", "contoso").await, Ok(()));
    assert_eq!(inbox.all().len(), 2);
    assert_eq!(inbox.all()[1].repetitions, 1, "the reply was lost, not the message");
}

#[tokio::test]
async fn channels_are_all_until_set() {
    let inbox = MemoryInbox::new();
    let of = tenant("contoso");
    assert_eq!(inbox.channels(&of).await.expect("up").len(), 3);
    inbox.set_channels(&of, vec![Channel::Email]);
    assert_eq!(inbox.channels(&of).await.expect("up"), [Channel::Email]);
    assert_eq!(inbox.channels(&tenant("other")).await.expect("up").len(), 3);
}

#[tokio::test]
async fn debug_shows_no_code() {
    let inbox = MemoryInbox::new();
    let message = envelope("1", "contoso", mail("ada@x.example"), Some("987654"));
    inbox.deliver(&message).await.expect("kept");
    assert_eq!(inbox.all()[0].code(), Some("987654"));
    assert!(!format!("{:?}", inbox.all()).contains("987654"));
    let shown = format!("{inbox:?}");
    assert_eq!(shown, "MemoryInbox { messages: 1, attempts: 1, .. }");
}
