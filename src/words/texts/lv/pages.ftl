### Lapas: soļi, iespējas, uzvednes, atteikumi un norādes.

## Metožu veidi un lapas iespējas.

method = { $method ->
    [email] E-pasta adrese
    [mobile_phone] Mobilais tālrunis
    [office_phone] Biroja tālrunis
    [authenticator_app] Autentifikatora lietotne
    [oath_token] Drošības marķieris
    [recovery_code] Atkopšanas kodi
    [security_questions] Drošības jautājumi
    [app_notification] Lietotnes paziņojums
    [passkey] Ieejas atslēga
    [password] Parole
   *[host_verified] Cita metode
}
option = { $way ->
    [email-email] Saņemt kodu e-pastā
    [email-link] Saņemt saiti e-pastā
    [mobile_phone-sms] Saņemt kodu īsziņā
    [mobile_phone-voice] Saņemt kodu zvanā uz mobilo tālruni
    [office_phone-voice] Saņemt kodu zvanā uz biroja tālruni
    [authenticator_app-in_hand] Izmantot autentifikatora lietotnes kodu
    [oath_token-in_hand] Izmantot drošības marķiera kodu
    [recovery_code-in_hand] Izmantot atkopšanas kodu
    [security_questions-in_hand] Atbildēt uz drošības jautājumiem
    [app_notification-in_hand] Apstiprināt paziņojumu lietotnē
    [passkey-in_hand] Izmantot ieejas atslēgu
    [password-in_hand] Izmantot pašreizējo paroli
   *[other] Izmantot citu metodi
}
option-masked = { option } ({ $masked })

## Plūsmas soļi.

step-choose = Apstipriniet, ka tas esat jūs
    .hint = Izvēlieties, kā to apstiprināt.
step-enter = Ievadiet kodu
    .hint = { $way ->
        [email-email] Ja informācija ir pareiza, e-pasta ziņojums ar kodu ir ceļā. Tas var aizņemt dažas minūtes; pārbaudiet arī mēstuļu mapi.
        [mobile_phone-sms] Ja informācija ir pareiza, īsziņa ar kodu ir ceļā.
        [mobile_phone-voice] Ja informācija ir pareiza, zvanīs jūsu tālrunis. Noklausieties kodu.
        [office_phone-voice] Ja informācija ir pareiza, zvanīs jūsu tālrunis. Noklausieties kodu.
        [authenticator_app-in_hand] Atveriet autentifikatora lietotni un ievadiet tajā redzamo kodu.
        [oath_token-in_hand] Ievadiet kodu, ko rāda jūsu drošības marķieris.
        [recovery_code-in_hand] Ievadiet vienu no saviem atkopšanas kodiem. Katru var izmantot vienu reizi.
       *[other] Ievadiet kodu.
    }
step-open-link = Atveriet saiti e-pasta ziņojumā
    .hint = Ja informācija ir pareiza, e-pasta ziņojums ar saiti ir ceļā. Tas var aizņemt dažas minūtes; pārbaudiet arī mēstuļu mapi.
step-answer = Atbildiet uz jautājumiem
    .hint = Visām atbildēm jābūt pareizām. Lielie burti un atstarpes nav svarīgas.
step-respond = Apstipriniet savā ierīcē
    .hint = Izpildiet norādījumus savā ierīcē.
step-confirm-unlock = Atbloķējiet kontu
    .hint = Jūsu parole nemainās.
    .unsettled = Nav zināms, vai pēdējais mēģinājums izdevās. Varat to atkārtot.
step-new-password = Izvēlieties jaunu paroli
    .hint = Izvēlieties tādu, ko nelietojat nekur citur.
    .unsettled = Nav zināms, vai pēdējais mēģinājums izdevās. Ievadiet to pašu paroli vēlreiz.
step-done = Gatavs
    .hint = Izmaiņas ir stājušās spēkā.
    .propagating = Izmaiņas ir saglabātas. Uzgaidiet dažas minūtes, līdz tās sasniedz visas sistēmas, un tad pierakstieties.

## Darbības.

action-continue = Turpināt
action-cancel = Atcelt
action-resend = Nosūtīt citu kodu
action-resend-link = Nosūtīt citu saiti
action-resend-at = Atkārtoti pieprasīt varēsiet { $at }.
action-choose-other = Izvēlēties citu veidu
action-start-again = Sākt no sākuma
action-help = Sazināties ar administratoru
action-skip = Pagaidām izlaist
action-sign-in = Doties uz pierakstīšanos

## Uzvednes, pierakstoties.

prompt-change-password = Nomainiet savu paroli
    .hint = Jūsu parolei beidzies derīgums, vai arī tā derīga tikai nomaiņai.
prompt-register = Iestatiet savas pierakstīšanās metodes
    .hint = Ar tām varēsiet pats atiestatīt paroli. Jūsu organizācija lūdz tās reģistrēt.
prompt-reconfirm = Pārbaudiet savas pierakstīšanās metodes
    .hint = Apstipriniet, ka tās joprojām ir pareizas, vai mainiet tās.
prompt-nothing-offered = Jūs nevarat reģistrēties
    .hint = Jūsu organizācija neļauj administratoriem atiestatīt savas paroles.
skip-until = Varat to izlaist līdz { $until }.

## Jaunas paroles noteikumi.

guide-length = No { $least } līdz { $most ->
    [zero] { $most } rakstzīmēm
    [one] { $most } rakstzīmei
   *[other] { $most } rakstzīmēm
}. Var izmantot atstarpes un jebkuras rakstības burtus.
guide-classes = Vismaz { $required ->
    [zero] { $required } rakstzīmju veidi
    [one] { $required } rakstzīmju veids
   *[other] { $required } rakstzīmju veidi
}: mazie burti, lielie burti, cipari, simboli.
guide-score = Grūti uzminama: savstarpēji nesaistīti vārdi, nevis vārds, datums vai taustiņu rinda.
guide-ascii = Tikai latīņu pamatalfabēta burti, cipari, atstarpes un parastie simboli.
guide-blocked = Ne bieži lietota parole, ne vārds, ne jūsu organizācijas vārdi.

password-too-short = Tajā ir mazāk par { $min ->
    [zero] { $min } rakstzīmēm
    [one] { $min } rakstzīmi
   *[other] { $min } rakstzīmēm
}.
    .hint = Izmantojiet vairāk vārdu. Vairākus savstarpēji nesaistītus vārdus ir viegli atcerēties.
password-too-long = Tajā ir vairāk par { $max ->
    [zero] { $max } rakstzīmēm
    [one] { $max } rakstzīmi
   *[other] { $max } rakstzīmēm
}.
    .hint = Izmantojiet mazāk rakstzīmju.
password-control = Tajā ir neredzama vadības rakstzīme, piemēram, tabulators.
    .hint = Noņemiet to. Tā, iespējams, ir no kopēta teksta.
password-unassigned = Tajā ir rakstzīme, kas nav definēta nevienā rakstībā.
    .hint = Izmantojiet savas tastatūras rakstzīmes.
password-not-ascii = Tajā ir citas rakstzīmes, nevis latīņu pamatalfabēta.
    .hint = Izmantojiet burtus bez diakritiskajām zīmēm, ciparus un parastos simbolus.
password-needs-classes = Nepieciešamo rakstzīmju veidu skaits ir { $needed }, bet parolē to ir { $found }.
    .hint = Lietojiet kopā mazos burtus, lielos burtus, ciparus un simbolus.
password-too-many-bytes = Tajā ir vairāk par { $max ->
    [zero] { $max } baitiem
    [one] { $max } baitu
   *[other] { $max } baitiem
}.
    .hint = Saīsiniet to vai izmantojiet latīņu pamatalfabēta burtus: citi burti aizņem vairāk baitu.
password-guessable = To ir pārāk viegli uzminēt: vērtējums ir { $points }, bet nepieciešams { $needed }.
    .hint = Pievienojiet savstarpēji nesaistītus vārdus.
password-too-weak = To ir pārāk viegli uzminēt: tās stiprums ir { $score } no 4, bet nepieciešams { $needed }.
    .hint = Pievienojiet savstarpēji nesaistītus vārdus. Vārdus, datumus, taustiņu rindas un atkārtojumus uzmin vispirms.
password-common = Tā ir bieži lietota parole vai tai līdzīga.
    .hint = Uzbrucēji vispirms izmēģina bieži lietotas paroles. Izmantojiet vairākus savstarpēji nesaistītus vārdus.
password-banned-word = Tā sastāv no jūsu organizācijas vārdiem.
    .hint = Neizmantojiet produktu, vietu un organizācijas nosaukumus.
password-context-word = Tā sastāv no jūsu vārda, adreses vai konta vārdiem.
    .hint = Neizmantojiet to, ko citi par jums zina.
password-directory-too-young = Jūsu pašreizējā parole mainīta pārāk nesen.
password-directory-history = Šo paroli jau esat lietojis.
password-directory-complexity = Tā neatbilst jūsu organizācijas sarežģītības prasībām.
password-directory-length = Tā neatbilst jūsu organizācijas garuma prasībām.
password-directory-filter = To nepieņem jūsu organizācijas filtrs.
password-directory-unspecified = To nepieņem jūsu organizācijas direktorijs.
password-directory-breached = Tā ir noplūdušo paroļu sarakstā.

## Atteikumi.

refusal-not-accepted = Netika pieņemts. Pārbaudiet un mēģiniet vēlreiz.
refusal-ended = Šī plūsma ir beigusies. Sāciet no sākuma.
refusal-ticket-replaced = Esat turpinājis citā logā. Turpiniet tur vai sāciet no sākuma.
refusal-already-proven = Tas jau ir apstiprināts. Izvēlieties citu veidu.
refusal-not-offered = Šis veids netiek piedāvāts. Izvēlieties citu.
refusal-too-often = Pārāk bieži. Mēģiniet vēlreiz { $at }.
refusal-too-many-codes = { $limit ->
    [prefix] Šim tālruņa numuru diapazonam pieprasīts pārāk daudz kodu. Mēģiniet vēlreiz { $at } vai izmantojiet citu numuru.
   *[destination] Šai adresei vai numuram pieprasīts pārāk daudz kodu. Mēģiniet vēlreiz { $at } vai izmantojiet citu.
}
refusal-more-proof-needed = Vispirms nepieciešams vēl viens apstiprinājums.
refusal-password = Šo paroli nevar izmantot.
refusal-directory-password = Šo paroli nevar izmantot.
refusal-busy = Izmaiņas vēl notiek. Mēģiniet vēlreiz { $at }.
refusal-overloaded = Pašlaik tiek pārbaudīts pārāk daudz atbilžu. Mēģiniet vēlreiz { $at }.
refusal-human-check-required = Vispirms apstipriniet, ka neesat robots.
refusal-not-eligible = Šeit nevarat atiestatīt savu paroli.
refusal-reauthentication-required = Pierakstieties vēlreiz un tad atkārtojiet šo soli.
refusal-second-factor-required = Vispirms, pierakstoties, apstipriniet otro faktoru. Ja jums tā nav, jautājiet administratoram.
refusal-not-authorised = Jums nav tam vajadzīgās lomas.
refusal-own-account = Savam kontam to nevarat darīt. Vērsieties pie cita administratora.
refusal-conflict = Tas pa šo laiku ir mainīts. Ielādējiet vēlreiz.
refusal-policy-not-served = Šis pakalpojums nevar izpildīt politiku.
refusal-not-found = Tas nepastāv.
refusal-limit-reached = Sasniegts maksimālais skaits. Vispirms noņemiet kādu.
failure = Radās problēma. Mēģiniet vēlreiz pēc dažām minūtēm.
