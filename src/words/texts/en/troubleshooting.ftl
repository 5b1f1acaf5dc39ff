### The troubleshooting page: conditions without a number, and events of writeback.

condition-no-mail = no mail arrives
    .advice = look in the folder for junk mail, and check the address and the domain of the sender
condition-phone-format = a phone number of the directory does not count
    .advice = write it with a plus sign, the country code and, where the policy says so, one space; an extension is not dialled
condition-typed-number = the typed phone number is not accepted
    .advice = type the whole number that is on file
condition-one-method = the user has one method and two are required
    .advice = register a second method, or supply contact data
condition-administrators-differ = an administrator is asked for other methods than users
    .advice = this is by design: administrators have rules of their own
condition-sign-in-name = the mail address is no sign-in name
    .advice = use the user principal name, or set up the mail address as a sign-in name
condition-throttled = too many requests
    .advice = wait until the time that the page shows

writeback-progress = a step that worked; no write has ended
    .advice = nothing has to be done
writeback-written = the password is written
    .advice = nothing has to be done
writeback-policy = the rules of the domain refuse the password: age, history, complexity or a filter
    .advice = choose another password; if every password is refused, check whether the account may change its password
writeback-current-password = the current password of a change is wrong
    .advice = type it again, or reset the password
writeback-administrator = rights, protection or configuration on premises stop the write
    .advice = check the rights of the service account, whether the account is protected, duplicate or missing objects, and the configuration; switch writeback off and on again
writeback-connection = the service, its relay or the directory is not reached
    .advice = check that the service runs and that outgoing connections to port 443 are open; then try again
writeback-unknown = the event does not tell what happened
    .advice = read its text, and check whether the new password works
