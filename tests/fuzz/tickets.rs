//! Tickets: only one that the engine issued opens a flow, and any other costs no call of a port.

use std::sync::LazyLock;

use sspr::adapters::memory::MemoryStore;
use sspr::testing::{CallLog, block_on};
use sspr::{
    ChangeTicket, Engine, Error, InvalidInput, RegistrationTicket, ResetTicket, SecretText,
    UnlockTicket,
};

use crate::support::{OLD, World, ada, one_gate, request};
use crate::{replaced, text};

struct Issued {
    engine: Engine,
    log: CallLog,
    reset: String,
    change: String,
    unlock: String,
}

async fn issue() -> Issued {
    let store = MemoryStore::new();
    let mut settings = one_gate();
    settings.unlock_without_reset = true;
    let world = World::builder().store(store.clone()).settings(settings).registered().open().await;
    let log = CallLog::new();
    let engine = world.beside().seed(5).recorded(&log).without_abilities().open().await.engine;
    let (request, old) = (request(), SecretText::from(OLD));
    let reset = engine.reset().start(&request, &ada()).await.expect("started").ticket;
    let unlock = engine.unlock().start(&request, &ada()).await.expect("started").ticket;
    let change = engine.change().start(&request, &world.signed_in(), &old).await;
    Issued {
        engine,
        log,
        reset: reset.expose_secret().to_owned(),
        change: change.expect("started").ticket.expose_secret().to_owned(),
        unlock: unlock.expose_secret().to_owned(),
    }
}

/// The bytes as a ticket, and as changes to a genuine one. Returns whether a forged ticket had the form of
/// one.
pub fn ticket(data: &[u8]) -> bool {
    static ISSUED: LazyLock<Issued> = LazyLock::new(|| block_on(issue()));

    let issued = &*ISSUED;
    let mut forged = shown(issued, &text(data));
    for genuine in [&issued.reset, &issued.change, &issued.unlock] {
        let changed = replaced(genuine, data);
        forged |= shown(issued, &changed) && changed != *genuine;
    }
    forged
}

/// Shows this text as the ticket of each kind of flow. Returns whether it has the form of one.
fn shown(issued: &Issued, text: &str) -> bool {
    let (engine, request) = (&issued.engine, request());
    if let Ok(ticket) = ResetTicket::parse(text) {
        assert_eq!(ticket.expose_secret(), text);
        let view = || block_on(engine.reset().view(&request, &ticket)).map(drop);
        opens(issued, text == issued.reset, view);
    }
    if let Ok(ticket) = UnlockTicket::parse(text) {
        let view = || block_on(engine.unlock().view(&request, &ticket)).map(drop);
        opens(issued, text == issued.unlock, view);
    }
    if let Ok(ticket) = ChangeTicket::parse(text) {
        let view = || block_on(engine.change().view(&request, &ticket)).map(drop);
        opens(issued, text == issued.change, view);
    }
    if let Ok(ticket) = RegistrationTicket::parse(text) {
        assert!(!format!("{ticket:?}").contains(ticket.expose_secret()), "a secret is shown");
    }
    let form = ResetTicket::parse(text).is_ok();
    assert!(!form || text.len() == issued.reset.len(), "of another length than a ticket: {text}");
    form
}

fn opens(issued: &Issued, genuine: bool, view: impl FnOnce() -> Result<(), Error>) {
    issued.log.clear();
    let answer = view();
    if genuine {
        assert!(answer.is_ok(), "the engine's own ticket: {answer:?}");
        return;
    }
    let foreign = matches!(answer, Err(Error::Invalid(InvalidInput::Foreign { .. })));
    assert!(foreign, "a forged ticket: {answer:?}");
    assert!(issued.log.calls().is_empty(), "a forged ticket costs {:?}", issued.log.shapes());
}
