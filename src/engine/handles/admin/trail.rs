//! Pages of the audit trail, and the cursors between them.

use crate::domain::event::Event;
use crate::domain::invalid::InvalidInput;
use crate::domain::record::store_note::Meta;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::Core;
use crate::port::{Cursor, EventsOf, Page};

/// Digits of the store's id in a cursor. They detect a cursor of another store; they are not a
/// secret.
const ID_DIGITS: usize = 8;

/// A page of events. Its cursors name the store and its incarnation, since a restored store
/// assigns the positions of lost events to new ones.
pub(crate) async fn trail(
    core: &Core,
    of: EventsOf<'_>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Event>, Error> {
    let note = core.store_note().await?;
    let mark = note.map(|(meta, _)| mark(&meta)).unwrap_or_default();
    let foreign = InvalidInput::Foreign { what: "cursor" };
    let position = after.map(|cursor| {
        let rest = cursor.as_str().strip_prefix(&mark);
        rest.map(Cursor::new).ok_or(foreign)
    });
    let last = position.transpose()?;
    let page = core.store.events(of, last.as_ref(), limit).await.at(FaultOrigin::Store)?;
    let next = page.next.map(|next| Cursor::new(format!("{mark}{}", next.as_str())));
    Ok(Page::new(page.items, next))
}

fn mark(meta: &Meta) -> String {
    let id = meta.id.map(|id| id.to_string()).unwrap_or_default();
    let short = id.get(..ID_DIGITS).unwrap_or_default();
    format!("{short}.{}.", meta.incarnation)
}
