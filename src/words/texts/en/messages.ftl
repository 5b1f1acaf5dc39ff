### Messages: codes, links and notices. English is the source of the other languages.
###
### One line is one paragraph. A key that starts with `part-` is used by other keys of this file only: each
### language has its own. Every other key, attribute and parameter must be in each language.
###
### $organisation is the name of the organisation. $at, $since and $until are points in time, from
### `moment-at`, `moment-since` and `moment-until`. `.text` is for text messages: short, on one line.

## Points in time and spans.

part-date = { $day } { $month ->
    [m1] January
    [m2] February
    [m3] March
    [m4] April
    [m5] May
    [m6] June
    [m7] July
    [m8] August
    [m9] September
    [m10] October
    [m11] November
   *[m12] December
} { $year }
# "It happened on ..."
moment-at = { part-date }, { $clock }
# "Between ... and $at"
moment-since = { part-date }, { $clock }
# "... is accepted until ..."
moment-until = { part-date }, { $clock }
# $zone is UTC, or an offset such as UTC+2.
clock = { $hour }:{ $minute } { $zone }
span = { $unit ->
    [seconds] { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }
    [minutes] { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
    [hours] { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
   *[days] { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
}
# "It is accepted ..."
validity = until { $until }
validity-for = for { $span }, until { $until }

## Parts.

part-goal = { $purpose ->
    [reset] reset your password
    [register] confirm a sign-in method
   *[unlock] unlock your account
}
part-goal-short = { $purpose ->
    [reset] reset password
    [register] confirm method
   *[unlock] unlock account
}
part-a = { $method ->
    [email] a mail address
    [mobile_phone] a mobile phone
    [office_phone] an office phone
    [authenticator_app] an authenticator app
    [oath_token] a security token
    [recovery_code] a set of recovery codes
    [security_questions] a set of security questions
    [app_notification] an app notification
    [passkey] a passkey
    [password] the password
   *[host_verified] a method
}
part-your = { $method ->
    [email] your mail address
    [mobile_phone] your mobile phone
    [office_phone] your office phone
    [authenticator_app] your authenticator app
    [oath_token] your security token
    [recovery_code] your set of recovery codes
    [security_questions] your security questions
    [app_notification] your app notification
    [passkey] your passkey
    [password] your password
   *[host_verified] your method
}
part-not-you = If this was not you, tell your administrator at once: another person may have access to your account.
part-not-you-short = Not you? Tell your administrator at once.
part-ask = If you did not expect this, ask your administrator at once, in a way that you have used before.
part-ask-short = Unexpected? Ask your administrator at once.
part-others = If you did not expect this, ask the other administrators at once.
part-others-short = Unexpected? Ask the other administrators at once.
part-no-link = Open your organisation's usual sign-in page, by its address or your own bookmark. This message holds no link and no code, on purpose.
part-no-link-short = Open your usual sign-in page. Unsure? Ask your administrator.

## Every mail.

mail-greeting = Hello { $person },
# $origin is a kind of device, a country, or both.
mail-requested = It was requested on { $at }.
mail-requested-from = It was requested on { $at } ({ $origin }).
mail-origin = The request came from: { $origin }.
mail-contact = Help: { $contact }
# A tenant whose name cannot be shown.
nameless = Your organisation
list-separator = ,{ " " }
device = { $device ->
    [windows] Windows
    [macos] macOS
    [linux] Linux
    [chromeos] ChromeOS
    [android] Android
    [ios] iOS
   *[other] another device
}

# A country by its ISO 3166 code. One that is not in the list is shown as its code.
country = { $code ->
    [AT] Austria
    [AU] Australia
    [BE] Belgium
    [BG] Bulgaria
    [BR] Brazil
    [BY] Belarus
    [CA] Canada
    [CH] Switzerland
    [CN] China
    [CY] Cyprus
    [CZ] Czechia
    [DE] Germany
    [DK] Denmark
    [EE] Estonia
    [ES] Spain
    [FI] Finland
    [FR] France
    [GB] United Kingdom
    [GR] Greece
    [HK] Hong Kong
    [HR] Croatia
    [HU] Hungary
    [ID] Indonesia
    [IE] Ireland
    [IN] India
    [IS] Iceland
    [IT] Italy
    [JP] Japan
    [KR] South Korea
    [LT] Lithuania
    [LU] Luxembourg
    [LV] Latvia
    [MO] Macao
    [MT] Malta
    [MX] Mexico
    [MY] Malaysia
    [NL] Netherlands
    [NO] Norway
    [NZ] New Zealand
    [PH] Philippines
    [PL] Poland
    [PT] Portugal
    [RO] Romania
    [RU] Russia
    [SE] Sweden
    [SG] Singapore
    [SI] Slovenia
    [SK] Slovakia
    [TH] Thailand
    [TR] Türkiye
    [TW] Taiwan
    [UA] Ukraine
    [US] United States
    [VN] Vietnam
    [ZA] South Africa
   *[other] { $code }
}

## Codes.

code = { $organisation }: your code to { part-goal }
    .intro = Your code to { part-goal } at { $organisation } is:
    .validity = It is accepted { $validity }, and only once. A newer code ends an older one: use the one that came last.
    .secrecy = Never share this code. { $organisation } will never ask you for it.
    .unasked = If you did not ask for it, you need not do anything: without the code nothing changes. If such messages keep coming, tell your administrator.
    .text = { $organisation }: { $code } is your code to { part-goal }, valid until { $clock }. Never share it. Not you? Ignore this.
    .text-short = { $organisation }: code { $code } to { part-goal-short }, until { $clock }. Never share it. Not you? Ignore.
    .text-shortest = { $organisation }: { $code } to { part-goal-short }. Never share. Not you? Ignore.
    .call =
        Hello. This is a call from { $organisation }.
        Your code to { part-goal } is: { $spoken }.
        Again, your code is: { $spoken }.
        It is valid { $validity }. A newer code ends an older one.
        Never share this code with anyone. If you did not ask for it, ignore this call.
        Goodbye.
# A letter of a code in a call, with the word that spells it.
code-letter = { $letter } as in { $word }

## Links.

link = { $organisation }: your link to { part-goal }
    .intro = { $by ->
        [administrator] An administrator of { $organisation } has sent you this link to { part-goal }. Open it to go on:
       *[user] This link to { part-goal } was requested at { $organisation }. If it was you, open it to go on:
    }
    .effect = { $purpose ->
        [reset] It opens a page that asks you to confirm, and then lets you go on to a new password. Opening it alone changes nothing.
        [register] It opens a page that asks you to confirm that this mail address is yours. Opening it alone changes nothing.
       *[unlock] It opens a page that asks you to confirm, and then lets you go on to unlock your account. Your password stays the same. Opening it alone changes nothing.
    }
    .validity = It is accepted { $validity }, and only once. A newer link ends an older one: use the one that came last.
    .secrecy = Never share this link, and do not forward this message: every person who has the link can use it. { $organisation } will never ask you for it.
    .unasked = { $by ->
        [administrator] If you did not expect this, ask your administrator before you open the link, in a way that you have used before: without the link nothing changes.
       *[user] If it was not you, do not open it, and you need not do anything: without the link nothing changes. If such messages keep coming, tell your administrator.
    }

sign-in-names = { $organisation }: your sign-in names
    .intro = A new password was requested at { $organisation } with this mail address. Several accounts have it, so it does not say which one is meant. Their sign-in names are:
    .next = Start again, and type the sign-in name of the account instead of the mail address.
    .unasked = If it was not you, you need not do anything: nothing was changed. If such messages keep coming, tell your administrator.

## Notices: the headline follows the name of the organisation in the subject. `.long` says what happened and
## when, `.advice` what to do, `.short` the same for text messages and calls.

notice-subject = { $organisation }: { $headline }
notice-text = { $organisation }: { $headline }. { $short }
notice-footer = { $organisation } sends this message whenever it happens. It needs no answer.
notice-about = { $long } The account: { $account }
notice-call =
    Hello. This is a call from { $organisation }.
    { $long }
    { $short }
    Goodbye.

notice-password-reset = your password was reset
    .long = Your password was reset on { $at }.
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-password-may-have-changed = your password may have been reset
    .long = Your password may have been reset on { $at }.
    .advice = It is not known whether the new password was accepted. Sign in with it; if that fails, with the one before. { part-not-you }
    .short = Try the new one, then the old. { part-not-you-short }
notice-password-changed = your password was changed
    .long = Your password was changed on { $at }.
    .advice = It was changed with the old password. If this was not you, reset your password on your organisation's usual sign-in page now, and tell your administrator at once.
    .short = Not you? Reset your password now and tell your administrator.
notice-account-unlocked = your account was unlocked
    .long = Your account was unlocked on { $at }.
    .advice = Your password has not changed. If this was not you, tell your administrator at once: another person can use your sign-in methods.
    .short = Your password has not changed. { part-not-you-short }
notice-account-may-have-been-unlocked = your account may have been unlocked
    .long = Your account may have been unlocked on { $at }.
    .advice = It is not known whether the unlock took effect; your password has not changed. Try to sign in; if your account is still locked, unlock it once more. If this was not you, tell your administrator at once: another person can use your sign-in methods.
    .short = Try to sign in. { part-not-you-short }
notice-method-added = { part-a } was added as a sign-in method
    .long = { part-a } was added as a sign-in method on { $at }.
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-removed = { part-a } was removed as a sign-in method
    .long = { part-a } was removed as a sign-in method on { $at }.
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-replaced = { part-your } was replaced by a new one
    .long = { part-your } was replaced by a new one on { $at }.
    .advice = { $method ->
        [recovery_code] The recovery codes before these are not accepted any more. { part-not-you }
        [security_questions] The questions before these are not asked any more. { part-not-you }
       *[other] The one before is not accepted any more. { part-not-you }
    }
    .short = The old one no longer works. { part-not-you-short }
notice-methods-revoked = an administrator removed your sign-in methods
    .long = An administrator removed your sign-in methods on { $at }.
    .advice = What you had registered is not accepted any more. Until you register again, you cannot reset your password yourself. { part-ask }
    .short = Register again at your next sign-in. Unexpected? Ask your administrator.
notice-recovery-code-used = one of your recovery codes was used
    .long = One of your recovery codes was used on { $at }.
    .advice = { part-left } A code that was used is worthless. { part-not-you }
    .short = { part-left } { part-not-you-short }
part-left = { $left ->
    [0] No code is left: make new ones.
    [one] One code is left: make new ones soon.
   *[other] { $left } codes are left.
}
notice-registration-required = please register your sign-in methods again
    .long = On { $at }, an administrator asked you to register your sign-in methods again when you next sign in.
    .advice = { part-no-link } { part-ask }
    .short = { part-no-link-short }
notice-reset-requested = please reset your password
    .long = On { $at }, an administrator asked you to reset your password.
    .advice = { part-no-link } { part-ask }
    .short = { part-no-link-short }
notice-contacts-changed = an administrator changed your contact data for password resets
    .long = An administrator changed your contact data for password resets on { $at }.
    .advice = Codes to reset your password go to the new data from now on. { part-ask }
    .short = { part-ask-short }
notice-unblocked = an administrator opened your sign-in methods again
    .long = An administrator opened your sign-in methods again on { $at }.
    .advice = Methods that were closed after many failed attempts are accepted again. { part-ask }
    .short = Closed methods are accepted again. Unexpected? Ask your administrator.
part-failures = { $method ->
    [security_questions] many wrong answers were given to your security questions
    [password] many wrong passwords were entered for your account
    [recovery_code] many wrong codes were entered for your recovery codes
   *[other] many wrong codes were entered for { part-your }
}
notice-many-failures = { part-failures }
    .long = { part-failures } on { $at }.
    .advice = If this was not you, another person may be guessing. Your password has not changed. If there are many more failures, this way to reset it is switched off; tell your administrator.
    .short = { part-not-you-short }
notice-administrator-may-have-reset = an administrator may have reset their own password
    .long = An administrator may have reset their own password on { $at }.
    .advice = It is not known whether the new password was accepted. { part-others }
    .short = { part-others-short }
notice-administrator-reset = an administrator has reset their own password
    .long = An administrator has reset their own password on { $at }.
    .advice = { part-others }
    .short = { part-others-short }
notice-several-changes = { $password ->
    [yes] several changes to your account, a new password among them
   *[no] several changes to your account
}
    .long = { $password ->
        [yes] Between { $since } and { $until }, your account was changed, or an attempt was made, { part-times }; a new password was among the changes. This message stands for { $count }, so that you do not get one for each.
       *[no] Between { $since } and { $until }, your account was changed, or an attempt was made, { part-times }. This message stands for { $count }, so that you do not get one for each.
    }
    .advice = { part-not-you }
    .short = { part-not-you-short }
part-times = { $count ->
    [one] once
   *[other] { $count } times
}
notice-temporary-password = an administrator set a temporary password
    .long = An administrator set a temporary password on { $at }.
    .advice = Your password before it is not accepted any more. You must choose a new one when you sign in with the temporary one. { part-ask }
    .short = { part-ask-short }
notice-repudiated = a change to your account was reported as not yours
    .long = A change to your account was reported as not yours on { $at }.
    .advice = Your sessions end, { $count ->
        [0] no method was removed
        [one] the method that was added was removed
       *[other] the { $count } methods that were added were removed
    }, and you cannot reset your password yourself until an administrator opens your account again. Call your administrator now. If you did not report it, another person can read your mail.
    .short = Only your administrator can reopen it. Unexpected? Call them now.
notice-owner-repudiated = a user reports a change that was not theirs
    .long = A user reports a change that was not theirs on { $at }.
    .advice = Another person may have had access to the account, and self-service is blocked. It is not proven who reported it: make sure who the user is, check the methods of the account, then unblock it.
    .short = Self-service is blocked. It is not proven who reported it.
notice-repudiation =
    .intro = If it was not you, open this page and confirm there. What was changed is undone as far as possible, your sessions end, and you cannot reset your password yourself until an administrator opens your account again:
    .validity = The page is open { $validity }, and can be confirmed only once. Opening it alone changes nothing. Do not forward this message.
notice-help-requested = a user asks for help with a password reset
    .long = On { $at }, help with a password reset was asked for.
    .advice = It is not proven who asked: it may not be the user. Before you help, make sure who it is in a way that does not rest on the request, such as a call to a number that you have known for long, or a meeting. Never give a password or a code to a caller or to a person who answers this message.
    .short = It is not proven who asked: make sure before you help.
notice-help-requests = more users ask for help with a password reset
    .long = Between { $since } and { $until }, help with a password reset was asked for { $count ->
        [one] once more
       *[other] { $count } more times
    }. You get no message for each; the audit trail has them all.
    .advice = So many at once may be an attack. It is not proven who asked: before you help, make sure who it is in a way that does not rest on the request.
    .short = It is not proven who asked: make sure before you help.
