### Why a reset is refused: the cause for administrators, `.user` for the user, `.advice`: what helps.

remedy-label = Who can remove the cause
remedy = { $remedy ->
    [user] the user
    [elsewhere] the system that keeps the password
    [wait] time: try again later
   *[administrator] an administrator
}
part-contact = There is nothing more that you can do here: contact your administrator.

reason-unknown-tenant = the directory does not know the tenant
    .user = We do not know your organisation. { part-contact }
    .advice = check which tenant the request names
reason-unknown-user = no account has this identifier
    .user = We found no account of this name. Check its spelling.
    .advice = check the spelling of the sign-in name
reason-several-users = several accounts have this identifier
    .user = Several accounts have this name. Use your sign-in name.
    .advice = use the sign-in name instead of a shared mailbox
reason-home-tenant = the home tenant keeps the password
    .user = Your password is kept by your own organisation. Reset it there.
    .advice = reset the password in the home tenant
reason-personal-account = a personal account, whose provider keeps the password
    .user = This is a personal account. Use the account recovery of its provider.
    .advice = use the account recovery of its provider
reason-account-disabled = the account is disabled
    .user = Your account is disabled. { part-contact }
    .advice = enable the account
reason-other-incarnation = the record belongs to a previous user of this id
    .user = Your account must be confirmed by an administrator first. { part-contact }
    .advice = confirm that it is the same user, or forget the account
reason-no-policy = no policy is defined
    .user = Your organisation has not set up password reset. { part-contact }
    .advice = define a policy for the tenant
reason-switched-off = self-service reset is switched off
    .user = Password reset is switched off in your organisation. { part-contact }
    .advice = switch self-service reset on
reason-administrators-off = self-service reset is switched off for administrators
    .user = Your organisation does not let administrators reset their own passwords. { part-contact }
    .advice = switch it on for administrators, or have another administrator reset the password
reason-writeback-off = writeback is off
    .user = Your organisation has not switched on a service that this needs. { part-contact }
    .advice = switch writeback on in the policy, and set it up on premises
reason-not-entitled = an entitlement is missing
    .user = Your account lacks a licence that this needs. { part-contact }
    .advice = assign a licence that includes self-service reset
reason-not-in-scope = the user is in none of the selected groups
    .user = Your account is not set up for password reset. { part-contact }
    .advice = add the user to a selected group
reason-administrator-required = an administrator must act on the directory
    .user = There is a problem in the configuration of your organisation. { part-contact }
    .advice = check the rights of the service account, and the detail of the audit event
reason-repudiated = the owner has repudiated a change
    .user = A change to your account was reported as not yours, so you cannot reset your password yourself. { part-contact }
    .advice = verify the owner, check the methods of the account, then unblock it
reason-protected = the account is protected from password resets
    .user = Your account is protected from password resets. { part-contact }
    .advice = have an administrator of the directory reset the password
reason-directory-unreachable = the directory cannot be reached
    .user = The service cannot be reached at the moment. Try again later; if it lasts, contact your administrator.
    .advice = try again later; if it lasts, check the connection to the directory
reason-too-few-methods = too few methods are registered
    .user = You have not registered enough methods. { part-contact }
    .advice = supply contact data, or reset the password and have the user register
reason-service-incomplete = the service lacks a part that the methods need
    .user = The service is not completely set up. { part-contact }
    .advice = set up a provider for each channel of the policy, and a seal for authenticator apps
reason-blocked = a failure budget is spent
    .user = There were too many failed attempts. Wait, or use another method.
    .advice = wait until the lock has passed, use another method, or clear the budgets
reason-no-such-method = the account has no such method
    .user = You cannot use this method. Choose another one.
    .advice = choose another method
reason-password-refused = the directory did not accept the password
    .user = Your organisation does not accept this password. Choose another one.
    .advice = choose another password
reason-not-propagated = the password is written and not in every system yet
    .user = Your password is reset. Wait a few minutes, then sign in with it.
    .advice = wait a few minutes, then sign in with the new password
