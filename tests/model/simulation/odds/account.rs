//! The account that is attacked: it has the methods of a case, and untouched budgets.

use std::time::Duration;

use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Channel, NewMethod};
use sspr::port::{HumanCheck, PortResult, async_trait};
use sspr::testing::SoftToken;
use sspr::{MethodKind, SecretText, TenantId};

use super::policies::Case;
use crate::support::{MAIL, MOBILE, World};

/// The seed of the engine's entropy.
const SEED: u64 = 7;
/// Longer than the hold of a new method.
const HOLD: Duration = Duration::from_secs(2 * 86_400);

struct Human;

#[async_trait]
impl HumanCheck for Human {
    async fn passed(&self, _: &TenantId, _: &SecretText) -> PortResult<bool> {
        Ok(true)
    }
}

/// A world with this account, and its authenticator app if it has one.
pub(super) async fn world(case: &Case) -> (World, Option<SoftToken>) {
    let world = World::builder()
        .seed(SEED)
        .settings(case.settings.clone())
        .engine(|engine| engine.human_check(Human))
        .open()
        .await;
    let mut app = None;
    for kind in [Some(case.target), case.other].into_iter().flatten() {
        match kind {
            MethodKind::Email => {
                let mail = EmailAddress::parse(MAIL).expect("valid");
                world.register(NewMethod::email(mail), MAIL).await;
            }
            MethodKind::MobilePhone => {
                let mobile = PhoneNumber::parse(MOBILE).expect("valid");
                let mobile = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
                world.register(mobile, MOBILE).await;
            }
            _ => app = Some(world.enrol_app().await),
        }
        world.deliver().await;
        // The budgets of the day are those of the attack.
        world.clock.advance(HOLD);
    }
    world.deliver().await;
    world.inbox.clear();
    (world, app)
}
