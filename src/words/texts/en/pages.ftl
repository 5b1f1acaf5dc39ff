### Pages: steps, options, prompts, refusals and guidance. A host shows them on its own pages.

## Kinds of method, and the options of a page.

method = { $method ->
    [email] Mail address
    [mobile_phone] Mobile phone
    [office_phone] Office phone
    [authenticator_app] Authenticator app
    [oath_token] Security token
    [recovery_code] Recovery codes
    [security_questions] Security questions
    [app_notification] App notification
    [passkey] Passkey
    [password] Password
   *[host_verified] Another method
}
# $way is the kind of method and its channel. $masked is a masked address or number.
option = { $way ->
    [email-email] Get a code by mail
    [email-link] Get a link by mail
    [mobile_phone-sms] Get a code by text message
    [mobile_phone-voice] Get a code by a call to your mobile phone
    [office_phone-voice] Get a code by a call to your office phone
    [authenticator_app-in_hand] Use a code of your authenticator app
    [oath_token-in_hand] Use a code of your security token
    [recovery_code-in_hand] Use a recovery code
    [security_questions-in_hand] Answer your security questions
    [app_notification-in_hand] Approve a notification in your app
    [passkey-in_hand] Use a passkey
    [password-in_hand] Use your present password
   *[other] Use another method
}
option-masked = { option } ({ $masked })

## Steps of a flow.

step-choose = Confirm that it is you
    .hint = Choose how you want to confirm it.
step-enter = Enter the code
    .hint = { $way ->
        [email-email] If the details are right, a mail with a code is on its way. It may take a few minutes; look in the folder for junk mail, too.
        [mobile_phone-sms] If the details are right, a text message with a code is on its way.
        [mobile_phone-voice] If the details are right, your phone will ring. Listen to the code.
        [office_phone-voice] If the details are right, your phone will ring. Listen to the code.
        [authenticator_app-in_hand] Open your authenticator app and enter the code that it shows.
        [oath_token-in_hand] Enter the code that your security token shows.
        [recovery_code-in_hand] Enter one of your recovery codes. Each can be used once.
       *[other] Enter the code.
    }
step-open-link = Open the link in your mail
    .hint = If the details are right, a mail with a link is on its way. It may take a few minutes; look in the folder for junk mail, too.
step-answer = Answer your questions
    .hint = All answers must be right. Capital letters and spaces do not matter.
step-respond = Confirm on your device
    .hint = Follow the instructions of your device.
step-confirm-unlock = Unlock your account
    .hint = Your password stays the same.
    .unsettled = It is not known whether the last attempt took effect. You can repeat it.
step-new-password = Choose a new password
    .hint = Choose one that you use nowhere else.
    .unsettled = It is not known whether the last attempt took effect. Enter the same password again.
step-done = Done
    .hint = The change has taken effect.
    .propagating = The change is stored. Wait a few minutes until it has reached every system, then sign in.

## Actions.

action-continue = Continue
action-cancel = Cancel
action-resend = Send another code
action-resend-link = Send another link
action-resend-at = You can ask for another one on { $at }.
action-choose-other = Choose another way
action-start-again = Start again
action-help = Contact your administrator
action-skip = Skip for now
action-sign-in = Go to sign-in

## Prompts at sign-in.

prompt-change-password = Change your password
    .hint = Your password has expired or is valid for a change only.
prompt-register = Set up your sign-in methods
    .hint = With them you can reset your password yourself. Your organisation asks you to register them.
prompt-reconfirm = Check your sign-in methods
    .hint = Confirm that they are still right, or change them.
prompt-nothing-offered = You cannot register
    .hint = Your organisation does not let administrators reset their own passwords.
skip-until = You can skip this until { $until }.

## The rules for a new password.

guide-length = { $least } to { $most } characters. Spaces and letters of every script count.
guide-classes = At least { $required ->
    [one] { $required } kind
   *[other] { $required } kinds
} of characters: lower-case letters, upper-case letters, digits, symbols.
guide-score = Hard to guess: words that do not belong together rather than a name, a date or a row of keys.
guide-ascii = Only basic Latin letters, digits, spaces and common symbols.
guide-blocked = No common password, no name and no word of your organisation.

# What is wrong with a password, by the code of the fault, and `.hint`: how to choose a better one.
password-too-short = It has fewer than { $min ->
    [one] { $min } character
   *[other] { $min } characters
}.
    .hint = Use more words. Several words that do not belong together are easy to remember.
password-too-long = It has more than { $max ->
    [one] { $max } character
   *[other] { $max } characters
}.
    .hint = Use fewer characters.
password-control = It has an invisible control character, such as a tab.
    .hint = Remove it. It may come from copied text.
password-unassigned = It has a character that no script defines.
    .hint = Use characters of your keyboard.
password-not-ascii = It has characters other than basic Latin ones.
    .hint = Use letters without accents, digits and common symbols.
password-needs-classes = It has { $found } of the { $needed } required kinds of characters.
    .hint = Mix lower-case letters, upper-case letters, digits and symbols.
password-too-many-bytes = It has more than { $max ->
    [one] { $max } byte
   *[other] { $max } bytes
}.
    .hint = Make it shorter, or use basic Latin letters: other letters take more bytes.
password-guessable = It is too easy to guess: its score is { $points }, and { $needed } is needed.
    .hint = Add words that do not belong together.
password-too-weak = It is too easy to guess: its strength is { $score } of 4, and { $needed } is needed.
    .hint = Add words that do not belong together. Names, dates, rows of keys and repeats are guessed first.
password-common = It is a common password, or like one.
    .hint = Attackers try common passwords first. Use several words that do not belong together.
password-banned-word = It is made of words of your organisation.
    .hint = Leave out names of products, places and the organisation.
password-context-word = It is made of your name, your address or words of your account.
    .hint = Leave out what others know about you.
# Why the directory does not accept a password.
password-directory-too-young = Your present password was changed too recently.
password-directory-history = You have used this password before.
password-directory-complexity = It is not complex enough for your organisation.
password-directory-length = It is too short or too long for your organisation.
password-directory-filter = A filter of your organisation does not accept it.
password-directory-unspecified = Your organisation's directory does not accept it.
password-directory-breached = It is on a list of passwords that have leaked.

## Refusals, by code. $at is when it can be tried again.

refusal-not-accepted = This was not accepted. Check it and try again.
refusal-ended = This has ended. Start again.
refusal-ticket-replaced = You have gone on in another window. Continue there, or start again.
refusal-already-proven = This is confirmed already. Choose another way.
refusal-not-offered = This way is not offered. Choose another one.
refusal-too-often = That was too often. Try again on { $at }.
refusal-too-many-codes = { $limit ->
    [prefix] Too many codes were requested for this range of phone numbers. Try again on { $at }, or use another number.
   *[destination] Too many codes were requested for this address or number. Try again on { $at }, or use another one.
}
refusal-more-proof-needed = One more confirmation is needed first.
refusal-password = This password cannot be used.
refusal-directory-password = This password cannot be used.
refusal-busy = A change is still in progress. Try again on { $at }.
refusal-overloaded = Too many answers are being checked just now. Try again on { $at }.
refusal-human-check-required = Confirm first that you are not a robot.
refusal-not-eligible = You cannot reset your password here.
refusal-reauthentication-required = Sign in again, then repeat this step.
refusal-second-factor-required = Confirm a second factor at sign-in first. If you have none, ask your administrator.
refusal-not-authorised = You do not have the role for this.
refusal-own-account = You cannot do this to your own account. Ask another administrator.
refusal-conflict = This was changed in the meantime. Load it again.
refusal-policy-not-served = This service cannot serve the policy.
refusal-not-found = This does not exist.
refusal-limit-reached = You have as many as you can. Remove one first.
# For every other failure: nothing about its cause.
failure = Something went wrong. Try again in a few minutes.
