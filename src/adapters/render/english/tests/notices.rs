//! The advice of each notice.

use super::*;

fn mail(notice: Notice) -> String {
    let (_, text) = render("Contoso", Channel::Email, Message::Notice(notice));
    flat(&text)
}

#[test]
fn a_notice_states_the_time() {
    for notice in notices(AT) {
        assert!(mail(notice).contains("14 November 2023, 22:13 UTC"), "{notice:?}");
    }
}

#[test]
fn the_text_of_an_unknown_outcome_fits_both_outcomes() {
    for notice in [
        Notice::PasswordMayHaveChanged { at: AT },
        Notice::AccountMayHaveBeenUnlocked { at: AT },
        Notice::AdministratorMayHaveReset { at: AT },
    ] {
        let text = mail(notice);
        assert!(text.contains("may have") && text.contains("It is not known whether"), "{text}");
        for sure in ["was reset", "was unlocked", "has reset"] {
            assert!(!text.contains(sure), "{text}");
        }
    }
}

/// a mail says how to reach the help desk, if the policy does.
#[test]
fn a_notice_has_the_contact_of_the_policy() {
    let notice = Message::Notice(Notice::PasswordReset { at: AT });
    let mut envelope = envelope("Contoso", Channel::Email, notice);
    let shown = |envelope: &Envelope| {
        flat(EnglishText.render(envelope).text.expose_secret())
            .contains("To reach your administrator")
    };
    assert!(!shown(&envelope));
    envelope.contact = Some("Service desk, +371 6700 0000".to_owned());
    assert!(shown(&envelope));
}

#[test]
fn each_notice_gives_its_own_advice() {
    let method = MethodKind::MobilePhone;
    for (notice, parts) in [
        (Notice::PasswordReset { at: AT }, vec!["If this was not you, tell your administrator"]),
        (Notice::PasswordChanged { at: AT }, vec!["reset your password", "usual sign-in page"]),
        (Notice::AccountUnlocked { at: AT }, vec!["Your password has not changed"]),
        (Notice::AccountMayHaveBeenUnlocked { at: AT }, vec!["Try to sign in", "locked"]),
        (
            Notice::MethodReplaced { method, at: AT },
            vec!["mobile phone was replaced", "The one before is not accepted"],
        ),
        (
            Notice::MethodReplaced { method: MethodKind::RecoveryCode, at: AT },
            vec!["The recovery codes before these are not accepted"],
        ),
        (Notice::MethodsRevoked { at: AT }, vec!["cannot reset your password yourself"]),
        (Notice::RegistrationRequired { at: AT }, vec!["when you next sign in", "no link"]),
        (
            Notice::ResetRequested { at: AT },
            vec!["administrator asked you to reset", "usual sign-in page", "no link"],
        ),
        (
            Notice::HelpRequested { at: AT },
            vec!["It is not proven who asked", "make sure who it is", "Never give a password"],
        ),
        (Notice::AdministratorReset { at: AT }, vec!["ask the other administrators"]),
    ] {
        let text = mail(notice);
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn the_notice_of_a_used_code_states_how_many_are_left() {
    for (left, expected) in [
        (0, "No code is left: make new ones."),
        (1, "One code is left: make new ones soon."),
        (2, "2 codes are left."),
        (255, "255 codes are left."),
    ] {
        for channel in CHANNELS {
            let notice = Message::Notice(Notice::RecoveryCodeUsed { left, at: AT });
            let (_, text) = render("Contoso", channel, notice);
            let text = flat(&text);
            assert!(text.contains(expected), "{channel} {text}");
        }
    }
}
