//! The table: the flows that each method takes part in, and why it is excluded from the others.

use sspr::method::{ChallengeOption, Channel};
use sspr::{MethodKind, Selection};

/// A flow, from its start to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Flow {
    Reset,
    Unlock,
    /// The confirmation of a method by a signed-in user.
    Registration,
    Change,
    /// The code of an authenticator at the host's sign-in.
    SignIn,
    /// A reset that an administrator began with a link; further methods are the second gate.
    Initiated,
    /// A reset that an administrator's invitation began; further methods are the second gate.
    Invited,
    /// A reset whose link is redeemed without its ticket; further methods are the second gate.
    Elsewhere,
}

/// A method, with the channel by which it is proven.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Way {
    EmailCode,
    EmailLink,
    Sms,
    Voice,
    OfficePhone,
    App,
    Token,
    RecoveryCode,
    Questions,
    Push,
    Passkey,
    HostVerified,
    Password,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Cell {
    pub(crate) flow: Flow,
    pub(crate) way: Way,
}

impl Flow {
    pub(crate) const ALL: [Self; 8] = [
        Self::Reset,
        Self::Unlock,
        Self::Registration,
        Self::Change,
        Self::SignIn,
        Self::Initiated,
        Self::Invited,
        Self::Elsewhere,
    ];

    /// The engine's name of the purpose; none for the host's sign-in, which needs no flow.
    const fn purpose(self) -> Option<&'static str> {
        match self {
            Self::Reset | Self::Initiated | Self::Invited | Self::Elsewhere => Some("Reset"),
            Self::Unlock => Some("Unlock"),
            Self::Registration => Some("Register"),
            Self::Change => Some("Change"),
            Self::SignIn => None,
        }
    }

    /// The engine's handle that begins it.
    const fn handle(self) -> &'static str {
        match self {
            Self::Reset | Self::Elsewhere => "Reset",
            Self::Unlock => "Unlock",
            Self::Registration => "Registration",
            Self::Change => "Change",
            Self::SignIn => "Authenticator",
            Self::Initiated | Self::Invited => "Admin",
        }
    }
}

impl Way {
    pub(crate) const ALL: [Self; 13] = [
        Self::EmailCode,
        Self::EmailLink,
        Self::Sms,
        Self::Voice,
        Self::OfficePhone,
        Self::App,
        Self::Token,
        Self::RecoveryCode,
        Self::Questions,
        Self::Push,
        Self::Passkey,
        Self::HostVerified,
        Self::Password,
    ];

    pub(crate) const fn kind(self) -> MethodKind {
        match self {
            Self::EmailCode | Self::EmailLink => MethodKind::Email,
            Self::Sms | Self::Voice => MethodKind::MobilePhone,
            Self::OfficePhone => MethodKind::OfficePhone,
            Self::App => MethodKind::AuthenticatorApp,
            Self::Token => MethodKind::OathToken,
            Self::RecoveryCode => MethodKind::RecoveryCode,
            Self::Questions => MethodKind::SecurityQuestions,
            Self::Push => MethodKind::AppNotification,
            Self::Passkey => MethodKind::Passkey,
            Self::HostVerified => MethodKind::HostVerified,
            Self::Password => MethodKind::Password,
        }
    }

    pub(crate) const fn channel(self) -> Channel {
        match self {
            Self::EmailCode => Channel::Email,
            Self::EmailLink => Channel::Link,
            Self::Sms => Channel::Sms,
            Self::Voice | Self::OfficePhone => Channel::Voice,
            _ => Channel::InHand,
        }
    }

    pub(crate) fn option(self) -> ChallengeOption {
        ChallengeOption::new(self.kind(), self.channel()).expect("reached")
    }

    pub(crate) fn selection(self) -> Selection {
        self.option().into()
    }

    pub(crate) const fn external(self) -> bool {
        matches!(self, Self::Push | Self::Passkey | Self::HostVerified)
    }

    pub(crate) const fn sent(self) -> bool {
        !matches!(self.channel(), Channel::InHand)
    }
}

impl Cell {
    pub(crate) const fn new(flow: Flow, way: Way) -> Self {
        Self { flow, way }
    }

    /// How many methods the policy requires.
    pub(crate) const fn required(self) -> u8 {
        match (self.flow, self.way) {
            (_, Way::EmailLink) => 1,
            (Flow::Initiated | Flow::Invited | Flow::Elsewhere, _) => 2,
            _ => 1,
        }
    }
}

/// Why the cell does not exist; none if it exists.
pub(crate) const fn why_not(flow: Flow, way: Way) -> Option<&'static str> {
    use Way::{
        App, EmailCode, EmailLink, HostVerified, OfficePhone, Passkey, Password, Push, Questions,
        RecoveryCode, Sms, Token, Voice,
    };
    match (flow, way) {
        (
            Flow::Reset | Flow::Unlock | Flow::Initiated | Flow::Invited | Flow::Elsewhere,
            Password,
        ) => Some("no gate counts the present password: there is no option of that name"),
        (Flow::Reset | Flow::Unlock, _) => None,
        (Flow::Registration, EmailLink) => Some("a new address is confirmed by a code only"),
        (Flow::Registration, Push | Passkey | HostVerified) => {
            Some("the host registers what it verifies itself")
        }
        (Flow::Registration, Password) => Some("the directory keeps the password"),
        (
            Flow::Registration,
            EmailCode | Sms | Voice | OfficePhone | App | Token | RecoveryCode | Questions,
        )
        | (Flow::Change, Password)
        | (Flow::SignIn, App | Token) => None,
        (
            Flow::Change,
            EmailCode | EmailLink | Sms | Voice | OfficePhone | App | Token | RecoveryCode
            | Questions | Push | Passkey | HostVerified,
        ) => Some("a change is opened by the present password and has no challenges"),
        (
            Flow::SignIn,
            EmailCode | EmailLink | Sms | Voice | OfficePhone | RecoveryCode | Questions | Push
            | Passkey | HostVerified | Password,
        ) => Some("the host's sign-in asks for the codes of authenticators only"),
        (Flow::Initiated | Flow::Invited | Flow::Elsewhere, EmailCode) => {
            Some("the link has proven the mail address: another method is wanted")
        }
        (
            Flow::Initiated | Flow::Invited | Flow::Elsewhere,
            EmailLink | Sms | Voice | OfficePhone | App | Token | RecoveryCode | Questions | Push
            | Passkey | HostVerified,
        ) => None,
    }
}

/// The existing cells, in the order of the table.
pub(crate) fn cells() -> Vec<Cell> {
    let all = Flow::ALL.into_iter().flat_map(|flow| Way::ALL.map(|way| Cell::new(flow, way)));
    all.filter(|cell| why_not(cell.flow, cell.way).is_none()).collect()
}

/// The variants of an enum in the source of the library.
fn variants<'a>(source: &'a str, head: &str) -> Vec<&'a str> {
    let (_, body) = source.split_once(head).expect("the enum is where it was");
    let (body, _) = body.split_once("\n}").expect("it ends");
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let names = lines.filter(|line| line.ends_with(','));
    // A variant may stand in a table with its name.
    names.map(|line| line.trim_end_matches(',').split(" = ").next().unwrap_or_default()).collect()
}

#[test]
fn no_kind_of_method_and_no_channel_is_missing_from_the_table() {
    let source = include_str!("../../../src/domain/method.rs");
    let named = variants(source, "pub enum MethodKind {");
    let all: Vec<MethodKind> = MethodKind::ALL.into_iter().chain([MethodKind::Password]).collect();
    assert_eq!(named, all.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>());
    for kind in all {
        for channel in kind.channels() {
            let ways =
                Way::ALL.iter().filter(|way| (way.kind(), way.channel()) == (kind, *channel));
            assert_eq!(ways.count(), 1, "{kind} over {channel} is missing from the table");
        }
    }
}

#[test]
fn no_flow_is_missing_from_the_table() {
    let purposes = variants(include_str!("../../../src/domain/account/flow.rs"), "enum Purpose {");
    assert!(!purposes.is_empty());
    for purpose in purposes {
        let known = Flow::ALL.iter().any(|flow| flow.purpose() == Some(purpose));
        assert!(known, "the purpose {purpose} is missing from the table");
    }
    let source = include_str!("../../../src/engine/mod.rs");
    let handles = source.lines().filter(|line| line.contains("    pub fn ") && line.contains("<'"));
    let handles = handles.filter_map(|line| line.split("-> ").nth(1)?.split('<').next());
    // A repudiation ends flows and begins none.
    let handles: Vec<&str> = handles.filter(|handle| *handle != "Repudiation").collect();
    assert_eq!(handles.len(), 6, "{handles:?}");
    for handle in handles {
        let known = Flow::ALL.iter().any(|flow| flow.handle() == handle);
        assert!(known, "what {handle} begins is missing from the table");
    }
}

#[test]
fn each_cell_is_played_or_has_a_reason() {
    let all = Flow::ALL.len() * Way::ALL.len();
    let reasons = Flow::ALL.iter().flat_map(|flow| Way::ALL.map(|way| why_not(*flow, way)));
    let reasons: Vec<&str> = reasons.flatten().collect();
    assert_eq!((all, cells().len(), reasons.len()), (104, 68, 36));
    assert!(reasons.iter().all(|reason| reason.len() > 20), "{reasons:?}");
}
