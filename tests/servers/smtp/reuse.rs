//! Connections: reused only while they work, and limited in number.

use std::sync::Arc;
use std::time::Duration;

use sspr::port::{Delivery as _, PortErrorKind};
use sspr::testing::{join_all, poll_until_stalled};

use crate::smtp::relay::{HASTE, Relay, envelope, fails, sends};
use crate::smtp::server::{Answer, At};

#[tokio::test]
async fn many_mails_take_one_connection() {
    let relay = Relay::new().await;
    let delivery = relay.delivery();
    for key in 0..20 {
        sends(&delivery, &key.to_string()).await;
    }
    let mails = relay.server.mails();
    assert!(mails.len() == 20 && mails.iter().all(|mail| mail.connection == 1));
    assert_eq!(relay.server.connections(), 1);
}

#[tokio::test]
async fn a_refused_mail_leaves_the_connection_to_the_next() {
    let relay = Relay::new().await;
    let delivery = relay.delivery();
    for (at, answer) in [
        (At::Mail, "451 later\r\n"),
        (At::Rcpt, "550 no\r\n"),
        (At::Data, "451 later\r\n"),
        (At::EndOfContent, "554 no\r\n"),
    ] {
        relay.server.once(at, Answer::Say(answer));
        fails(&delivery, &envelope("refused")).await;
        sends(&delivery, "next").await;
    }
    assert_eq!((relay.server.mails().len(), relay.server.connections()), (4, 1));
}

#[tokio::test]
async fn a_closed_connection_is_replaced() {
    let relay = Relay::new().await;
    let delivery = relay.delivery();
    sends(&delivery, "one").await;
    relay.server.once(At::Mail, Answer::Say("421 4.4.2 closing\r\n"));
    assert_eq!(fails(&delivery, &envelope("two")).await.kind(), PortErrorKind::Unavailable);
    sends(&delivery, "two").await;
    // A connection that has died while it was idle costs the next mail nothing.
    relay.server.once(At::Rset, Answer::Drop);
    sends(&delivery, "three").await;
    assert_eq!((relay.server.mails().len(), relay.server.connections()), (3, 3));
}

#[tokio::test]
async fn an_idle_connection_that_hangs_leaves_time_for_another() {
    let relay = Relay::new().await;
    let delivery = relay.config().with_timeout(3 * HASTE).build().expect("sound");
    sends(&delivery, "one").await;
    relay.server.once(At::Rset, Answer::Hang);
    sends(&delivery, "two").await;
    assert_eq!((relay.server.mails().len(), relay.server.connections()), (2, 2));
}

#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_not_used_again() {
    let relay = Relay::new().await;
    let delivery = relay.delivery();
    sends(&delivery, "one").await;
    relay.clock.advance(Duration::from_secs(60));
    sends(&delivery, "two").await;
    assert_eq!(relay.server.connections(), 1);
    relay.clock.advance(Duration::from_secs(61));
    sends(&delivery, "three").await;
    assert_eq!(relay.server.connections(), 2);
}

/// A command in the middle of a mail would become its text.
#[tokio::test]
async fn a_connection_in_the_middle_of_a_mail_is_never_used_again() {
    let points = [At::Mail, At::Rcpt, At::Data, At::MiddleOfContent, At::EndOfContent];
    join_all(points.into_iter().map(async |at| {
        let relay = Relay::new().await;
        let delivery = relay.hasty();
        relay.server.once(at, Answer::Hang);
        fails(&delivery, &envelope("late")).await;
        sends(&delivery, "next").await;
        assert_eq!(relay.server.connections(), 2, "{at:?}");
        assert_eq!(relay.server.mails().len(), 1, "{at:?}");
    }))
    .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    let relay = Relay::new().await;
    let delivery = relay.config().with_connections(1).build().expect("sound");
    sends(&delivery, "one").await;
    relay.server.once(At::Rcpt, Answer::Hang);
    let dropped = envelope("dropped");
    let mut call = delivery.deliver(&dropped);
    while relay.server.heard_times("RCPT") < 2 {
        assert!(poll_until_stalled(call.as_mut()).is_none());
        tokio::task::yield_now().await;
    }
    drop(call);
    relay.server.all_closed().await;
    sends(&delivery, "two").await;
    assert_eq!((relay.server.mails().len(), relay.server.connections()), (2, 2));
}

#[tokio::test]
async fn the_number_of_connections_is_limited() {
    let relay = Relay::new().await;
    let delivery = Arc::new(relay.config().with_connections(2).build().expect("sound"));
    let envelopes: Vec<_> = (0..12).map(|key| envelope(&key.to_string())).collect();
    let calls = envelopes.iter().map(|envelope| delivery.deliver(envelope));
    for sent in join_all(calls).await {
        sent.expect("sent");
    }
    assert_eq!(relay.server.mails().len(), 12);
    assert_eq!((relay.server.connections(), relay.server.most_open()), (2, 2));
}

#[tokio::test]
async fn the_wait_for_a_connection_is_part_of_the_call() {
    let relay = Relay::new().await;
    let config = relay.config().with_connections(1).with_timeout(HASTE);
    let delivery = config.build().expect("sound");
    relay.server.once(At::EndOfContent, Answer::Hang);
    let (one, two) = (envelope("one"), envelope("two"));
    let (first, second) = tokio::join!(delivery.deliver(&one), delivery.deliver(&two));
    assert_eq!(first.expect_err("it hangs").kind(), PortErrorKind::Unknown);
    assert_eq!(second.expect_err("no connection").kind(), PortErrorKind::Unavailable);
}
