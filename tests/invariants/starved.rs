//! One failing record stops no other.

use sspr::UserId;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, UserFacts};
use sspr::testing::block_on;

use crate::stores::memory;
use crate::support::{OLD, email, one_gate, request, tenant};

/// One failing record stops no other, also with the smallest limit of `maintain`.
#[test]
fn inv19_a_damaged_record_does_not_starve_the_others() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        under_test.edit(|body| body["min_writer"] = 99.into()).await;
        let eve = UserId::parse("eve").expect("valid");
        let name = "eve@contoso.example";
        world
            .directory
            .add_user(&tenant(), UserFacts::new(eve.clone()), &[name], OLD)
            .expect("new");
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse("eve@private.example").expect("valid"));
        let by = world.admin();
        by.supply_contacts(&eve, &contacts).await.expect("supplied");
        let typed = sspr::Identifier::parse(name).expect("valid");
        let reply = world.engine.reset().start(&request(), &typed).await.expect("started");
        world.challenge(&reply.ticket, &email()).await;
        for _ in 0..20 {
            let _ = world.engine.maintain(1).await.expect("maintained");
        }
        let read = world.inbox.last_code_to("eve@private.example");
        assert!(read.is_some(), "one damaged record delays the messages of other accounts");
    });
}
