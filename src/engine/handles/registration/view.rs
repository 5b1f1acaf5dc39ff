//! The methods of an account as its owner sees them.

use crate::domain::account::{Account, Factor, Method};
use crate::domain::rules::{is_alive, time_of};
use crate::domain::time::Timestamp;
use crate::engine::api::reply::MethodView;

/// The methods as the user sees them, without expired pending methods and without replaced methods.
pub(super) fn views(account: &Account, clock: Timestamp) -> Vec<MethodView> {
    let now = time_of(account, clock);
    let replaced: Vec<_> = account.superseded(now).collect();
    let is_shown =
        |method: &&Method| is_alive(method, account, now) && !replaced.contains(&&method.id);
    account.methods.iter().filter(is_shown).map(|method| view(method, account)).collect()
}

pub(super) fn view(method: &Method, account: &Account) -> MethodView {
    let codes_left = match &method.factor {
        Factor::RecoveryCode(set) => u8::try_from(set.codes.len()).ok(),
        _ => None,
    };
    MethodView {
        id: method.id.clone(),
        kind: method.kind,
        destination: method.destination().cloned(),
        codes_left,
        default: account.registration.default.as_ref() == Some(&method.id),
        active: method.active(),
        provenance: method.provenance,
        usable_from: method.active().then_some(method.usable_from),
    }
}
