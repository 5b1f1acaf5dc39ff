//! What an engine can use to prove methods.

use crate::domain::method::{Channel, MethodKind, Verification};

/// What this engine can use now: the tenant's providers, and optional abilities.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Capabilities {
    pub(crate) channels: Vec<Channel>,
    /// Whether the policy has a link base.
    pub(crate) link: bool,
    /// Whether seeds can be unsealed.
    pub(crate) oath: bool,
    /// Whether answers can be hashed.
    pub(crate) questions: bool,
    /// The host-verified kinds.
    pub(crate) external: Vec<MethodKind>,
}

impl Capabilities {
    /// Whether this kind of method can be proven over this channel.
    pub(crate) fn allow(&self, kind: MethodKind, channel: Channel) -> bool {
        let carried = channel.carrier().is_none_or(|carrier| self.channels.contains(&carrier));
        let able = match kind.verification() {
            Verification::Contact => channel != Channel::Link || self.link,
            Verification::Oath => self.oath,
            Verification::RecoveryCode => true,
            Verification::Knowledge => self.questions,
            Verification::External => self.external.contains(&kind),
            Verification::Password => false,
        };
        carried && able
    }

    /// The channels over which this kind of method can be proven.
    pub(crate) fn channels_of(&self, kind: MethodKind) -> impl Iterator<Item = Channel> + '_ {
        kind.channels().iter().copied().filter(move |channel| self.allow(kind, *channel))
    }
}
