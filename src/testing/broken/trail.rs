//! Defects of `events`.

use std::collections::BTreeMap;

use super::super::lock;
use super::reads::bare;
use super::{BrokenStore, Defect};
use crate::audit::Event;
use crate::port::{Cursor, Cutoff, EventsOf, Page, PortError, PortErrorKind, PortResult};
use crate::{TenantId, Timestamp};

impl BrokenStore {
    pub(super) async fn events_wrongly(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        if let EventsOf::Tenant(tenant) = of {
            match self.defect {
                Defect::CursorOvertakes
                | Defect::CursorOvertakesInAShard
                | Defect::PositionsInBlocks
                | Defect::PositionsComeAgain => {
                    return self.trail(Some(tenant), after, limit);
                }
                Defect::TenantIgnoredInEvents => return self.trail(None, after, limit),
                _ => {}
            }
        }
        let bare = bare(after);
        let after = bare.as_ref();
        let call = |after| self.inner.events(of, after, limit);
        let mut page = match self.paged(after, call).await {
            Err(error)
                if self.is(Defect::CorruptEventLeftOut)
                    && error.kind() == PortErrorKind::Corrupt =>
            {
                Page::new(Vec::new(), None)
            }
            page => page?,
        };
        match self.defect {
            Defect::CursorSkips if after.is_some() && page.items.len() > 1 => {
                page.items.remove(0);
            }
            Defect::EventsLoseTheirTime => {
                for event in &mut page.items {
                    event.at = event.at.max(Timestamp::EPOCH);
                }
            }
            Defect::NoCursorAtTheEnd if page.items.len() < limit => page.next = None,
            _ => {}
        }
        Ok(page)
    }

    pub(super) fn purge_trail(&self, cutoff: Cutoff) {
        let mut memo = lock(&self.memo);
        memo.trail.retain(|_, event| event.at >= cutoff.events_before);
        if self.is(Defect::PositionsComeAgain) {
            let next = memo.trail.last_key_value().map_or(0, |((_, last), _)| last + 1);
            memo.next.insert(0, next);
        }
    }

    /// Events by the position that they took before they became visible.
    fn trail(
        &self,
        tenant: Option<&TenantId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let mut last = after.map_or(Ok(BTreeMap::new()), positions)?;
        let memo = lock(&self.memo);
        let seen = memo
            .trail
            .iter()
            .filter(|((part, number), _)| last.get(part).is_none_or(|last| number > last))
            .filter(|(_, event)| tenant.is_none_or(|tenant| event.tenant == *tenant));
        let page: Vec<_> = seen.take(limit).collect();
        last.extend(page.iter().map(|(position, _)| **position));
        let parts = last.iter().map(|(part, number)| format!("{part:x}{number}"));
        let text = parts.collect::<Vec<_>>().join(".");
        let next = (!page.is_empty()).then(|| Cursor::new(text));
        Ok(Page::new(page.into_iter().map(|(_, event)| event.clone()).collect(), next))
    }
}

/// The last position of each partition, from a cursor.
fn positions(cursor: &Cursor) -> PortResult<BTreeMap<u8, u64>> {
    let position = |text: &str| {
        let (part, number) = text.split_at_checked(1)?;
        Some((u8::from_str_radix(part, 16).ok()?, number.parse().ok()?))
    };
    let parsed: Option<_> = cursor.as_str().split('.').map(position).collect();
    parsed.ok_or(PortError::denied())
}
