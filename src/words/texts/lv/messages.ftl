### Ziņojumi: kodi, saites un paziņojumi. Skaidrojumus skatiet failā en/messages.ftl.

## Laiks un ilgums.

part-month-locative = { $month ->
    [m1] janvārī
    [m2] februārī
    [m3] martā
    [m4] aprīlī
    [m5] maijā
    [m6] jūnijā
    [m7] jūlijā
    [m8] augustā
    [m9] septembrī
    [m10] oktobrī
    [m11] novembrī
   *[m12] decembrī
}
part-month-genitive = { $month ->
    [m1] janvāra
    [m2] februāra
    [m3] marta
    [m4] aprīļa
    [m5] maija
    [m6] jūnija
    [m7] jūlija
    [m8] augusta
    [m9] septembra
    [m10] oktobra
    [m11] novembra
   *[m12] decembra
}
part-month-dative = { $month ->
    [m1] janvārim
    [m2] februārim
    [m3] martam
    [m4] aprīlim
    [m5] maijam
    [m6] jūnijam
    [m7] jūlijam
    [m8] augustam
    [m9] septembrim
    [m10] oktobrim
    [m11] novembrim
   *[m12] decembrim
}
moment-at = { $year }. gada { $day }. { part-month-locative } plkst. { $clock }
moment-since = { $year }. gada { $day }. { part-month-genitive } plkst. { $clock }
moment-until = { $year }. gada { $day }. { part-month-dative } plkst. { $clock }
clock = { $hour }:{ $minute } { $zone }
# Akuzatīvs: „derīgs 10 minūtes”.
span = { $unit ->
    [seconds] { $count ->
        [zero] { $count } sekundes
        [one] { $count } sekundi
       *[other] { $count } sekundes
    }
    [minutes] { $count ->
        [zero] { $count } minūtes
        [one] { $count } minūti
       *[other] { $count } minūtes
    }
    [hours] { $count ->
        [zero] { $count } stundas
        [one] { $count } stundu
       *[other] { $count } stundas
    }
   *[days] { $count ->
        [zero] { $count } dienas
        [one] { $count } dienu
       *[other] { $count } dienas
    }
}
validity = līdz { $until }
validity-for = { $span }, līdz { $until }

## Daļas.

part-goal = { $purpose ->
    [reset] paroles atiestatīšanai
    [register] pierakstīšanās metodes apstiprināšanai
   *[unlock] konta atbloķēšanai
}
# Bez garumzīmēm un mīkstinājuma zīmēm, lai īsziņa ietilptu vienā daļā.
part-goal-latin = { $purpose ->
    [reset] parolei
    [register] metodei
   *[unlock] kontam
}
part-nominative = { $method ->
    [email] e-pasta adrese
    [mobile_phone] mobilais tālrunis
    [office_phone] biroja tālrunis
    [authenticator_app] autentifikatora lietotne
    [oath_token] drošības marķieris
    [recovery_code] atkopšanas kodu kopa
    [security_questions] drošības jautājumu kopa
    [app_notification] lietotnes paziņojums
    [passkey] ieejas atslēga
    [password] parole
   *[host_verified] metode
}
part-dative = { $method ->
    [email] e-pasta adresei
    [mobile_phone] mobilajam tālrunim
    [office_phone] biroja tālrunim
    [authenticator_app] autentifikatora lietotnei
    [oath_token] drošības marķierim
    [recovery_code] atkopšanas kodiem
    [security_questions] drošības jautājumiem
    [app_notification] lietotnes paziņojumam
    [passkey] ieejas atslēgai
    [password] parolei
   *[host_verified] metodei
}
part-not-you = Ja to nedarījāt Jūs, nekavējoties informējiet administratoru: Jūsu kontam, iespējams, var piekļūt cita persona.
part-not-you-short = Nebijāt Jūs? Tūlīt informējiet administratoru.
part-ask = Ja to negaidījāt, nekavējoties jautājiet administratoram, izmantojot saziņas veidu, ko esat lietojis iepriekš.
part-ask-short = Negaidīti? Tūlīt jautājiet administratoram.
part-others = Ja to negaidījāt, nekavējoties jautājiet pārējiem administratoriem.
part-others-short = Negaidīti? Tūlīt jautājiet pārējiem administratoriem.
part-no-link = Atveriet savas organizācijas ierasto pierakstīšanās lapu, izmantojot tās adresi vai savu grāmatzīmi. Šajā ziņojumā apzināti nav ne saites, ne koda.
part-no-link-short = Atveriet ierasto pierakstīšanās lapu. Šaubāties? Jautājiet administratoram.

## Katrs e-pasta ziņojums.

mail-greeting = Labdien, { $person }!
mail-requested = Pieprasīts { $at }.
mail-requested-from = Pieprasīts { $at } ({ $origin }).
mail-origin = Pieprasījuma avots: { $origin }.
mail-contact = Palīdzība: { $contact }
# A tenant whose name cannot be shown.
nameless = Jūsu organizācija
list-separator = ,{ " " }
device = { $device ->
    [windows] Windows
    [macos] macOS
    [linux] Linux
    [chromeos] ChromeOS
    [android] Android
    [ios] iOS
   *[other] cita ierīce
}

# A country by its ISO 3166 code. One that is not in the list is shown as its code.
country = { $code ->
    [AT] Austrija
    [AU] Austrālija
    [BE] Beļģija
    [BG] Bulgārija
    [BR] Brazīlija
    [BY] Baltkrievija
    [CA] Kanāda
    [CH] Šveice
    [CN] Ķīna
    [CY] Kipra
    [CZ] Čehija
    [DE] Vācija
    [DK] Dānija
    [EE] Igaunija
    [ES] Spānija
    [FI] Somija
    [FR] Francija
    [GB] Apvienotā Karaliste
    [GR] Grieķija
    [HK] Honkonga
    [HR] Horvātija
    [HU] Ungārija
    [ID] Indonēzija
    [IE] Īrija
    [IN] Indija
    [IS] Islande
    [IT] Itālija
    [JP] Japāna
    [KR] Dienvidkoreja
    [LT] Lietuva
    [LU] Luksemburga
    [LV] Latvija
    [MO] Makao
    [MT] Malta
    [MX] Meksika
    [MY] Malaizija
    [NL] Nīderlande
    [NO] Norvēģija
    [NZ] Jaunzēlande
    [PH] Filipīnas
    [PL] Polija
    [PT] Portugāle
    [RO] Rumānija
    [RU] Krievija
    [SE] Zviedrija
    [SG] Singapūra
    [SI] Slovēnija
    [SK] Slovākija
    [TH] Taizeme
    [TR] Turcija
    [TW] Taivāna
    [UA] Ukraina
    [US] Amerikas Savienotās Valstis
    [VN] Vjetnama
    [ZA] Dienvidāfrikas Republika
   *[other] { $code }
}

## Kodi.

code = { $organisation }: Jūsu kods { part-goal }
    .intro = Jūsu verifikācijas kods { part-goal } organizācijā { $organisation } ir:
    .validity = Kods ir derīgs { $validity }, un to var izmantot tikai vienu reizi. Jaunāks kods aizstāj iepriekšējo: izmantojiet pēdējo saņemto.
    .secrecy = Nevienam neizpaudiet šo kodu. { $organisation } Jums to nekad neprasīs.
    .unasked = Ja kodu nepieprasījāt, Jums nekas nav jādara: bez koda nekas nemainīsies. Ja šādus ziņojumus saņemat atkārtoti, informējiet administratoru.
    .text = { $organisation }: { $code } ir Jūsu kods { part-goal }, derīgs līdz { $clock }. Nevienam to neizpaudiet. Nebijāt Jūs? Ignorējiet.
    .text-short = { $organisation }: kods { $code } { part-goal } līdz { $clock }. Nevienam to neizpaudiet.
    .text-shortest = { $organisation }: kods { $code } ({ part-goal-latin }). Nevienam to neizpaudiet.
    .call =
        Labdien! Šis ir zvans no organizācijas { $organisation }.
        Jūsu kods { part-goal } ir: { $spoken }.
        Atkārtoju: Jūsu kods ir: { $spoken }.
        Kods ir derīgs { $validity }. Jaunāks kods aizstāj iepriekšējo.
        Nevienam neizpaudiet šo kodu. Ja kodu nepieprasījāt, ignorējiet šo zvanu.
        Uz redzēšanos!
code-letter = { $letter } kā { $word }

## Saites.

link = { $organisation }: Jūsu saite { part-goal }
    .intro = { $by ->
        [administrator] Organizācijas { $organisation } administrators Jums ir nosūtījis šo saiti { part-goal }. Atveriet to, lai turpinātu:
       *[user] Šī saite { part-goal } tika pieprasīta organizācijā { $organisation }. Ja to pieprasījāt Jūs, atveriet to, lai turpinātu:
    }
    .effect = { $purpose ->
        [reset] Tā atver lapu, kurā jāapstiprina darbība un pēc tam var iestatīt jaunu paroli. Saites atvēršana vien neko nemaina.
        [register] Tā atver lapu, kurā jāapstiprina, ka šī e-pasta adrese ir Jūsu. Saites atvēršana vien neko nemaina.
       *[unlock] Tā atver lapu, kurā jāapstiprina darbība un pēc tam var atbloķēt kontu. Jūsu parole nemainās. Saites atvēršana vien neko nemaina.
    }
    .validity = Saite ir derīga { $validity }, un to var izmantot tikai vienu reizi. Jaunāka saite aizstāj iepriekšējo: izmantojiet pēdējo saņemto.
    .secrecy = Nevienam neizpaudiet šo saiti un nepārsūtiet šo ziņojumu: saiti var izmantot ikviens, kam tā ir. { $organisation } Jums to nekad neprasīs.
    .unasked = { $by ->
        [administrator] Ja to negaidījāt, pirms saites atvēršanas jautājiet administratoram, izmantojot saziņas veidu, ko esat lietojis iepriekš: bez saites nekas nemainīsies.
       *[user] Ja to nepieprasījāt Jūs, neatveriet saiti; Jums nekas nav jādara: bez saites nekas nemainīsies. Ja šādus ziņojumus saņemat atkārtoti, informējiet administratoru.
    }

sign-in-names = { $organisation }: Jūsu pierakstīšanās vārdi
    .intro = Ar šo e-pasta adresi organizācijā { $organisation } tika pieprasīta jauna parole. Šī adrese ir vairākiem kontiem, tāpēc nav skaidrs, kurš no tiem domāts. To pierakstīšanās vārdi ir:
    .next = Sāciet no sākuma un e-pasta adreses vietā ievadiet konta pierakstīšanās vārdu.
    .unasked = Ja to nepieprasījāt Jūs, Jums nekas nav jādara: nekas nav mainīts. Ja šādus ziņojumus saņemat atkārtoti, informējiet administratoru.

## Paziņojumi.

notice-subject = { $organisation }: { $headline }
notice-text = { $organisation }: { $headline }. { $short }
notice-footer = { $organisation } nosūta šo ziņojumu katru reizi, kad tas notiek. Uz to nav jāatbild.
notice-about = { $long } Konts: { $account }
notice-call =
    Labdien! Šis ir zvans no organizācijas { $organisation }.
    { $long }
    { $short }
    Uz redzēšanos!

notice-password-reset = Jūsu parole ir atiestatīta
    .long = Jūsu parole tika atiestatīta { $at }.
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-password-may-have-changed = Jūsu parole, iespējams, ir atiestatīta
    .long = Jūsu parole, iespējams, tika atiestatīta { $at }.
    .advice = Nav zināms, vai jaunā parole tika pieņemta. Pierakstieties ar to; ja tas neizdodas, izmantojiet iepriekšējo. { part-not-you }
    .short = Mēģiniet ar jauno, tad ar veco. { part-not-you-short }
notice-password-changed = Jūsu parole ir nomainīta
    .long = Jūsu parole tika nomainīta { $at }.
    .advice = Tā tika nomainīta, izmantojot veco paroli. Ja to nedarījāt Jūs, tūlīt atiestatiet paroli savas organizācijas ierastajā pierakstīšanās lapā un nekavējoties informējiet administratoru.
    .short = Nebijāt Jūs? Tūlīt atiestatiet paroli un informējiet administratoru.
notice-account-unlocked = Jūsu konts ir atbloķēts
    .long = Jūsu konts tika atbloķēts { $at }.
    .advice = Jūsu parole nav mainīta. Ja to nedarījāt Jūs, nekavējoties informējiet administratoru: cita persona var izmantot Jūsu pierakstīšanās metodes.
    .short = Parole nav mainīta. { part-not-you-short }
notice-account-may-have-been-unlocked = Jūsu konts, iespējams, ir atbloķēts
    .long = Jūsu konts, iespējams, tika atbloķēts { $at }.
    .advice = Nav zināms, vai atbloķēšana izdevās; Jūsu parole nav mainīta. Mēģiniet pierakstīties; ja konts joprojām ir bloķēts, atbloķējiet to vēlreiz. Ja to nedarījāt Jūs, nekavējoties informējiet administratoru: cita persona var izmantot Jūsu pierakstīšanās metodes.
    .short = Mēģiniet pierakstīties. { part-not-you-short }
notice-method-added = pievienota pierakstīšanās metode: { part-nominative }
    .long = Pierakstīšanās metode ({ part-nominative }) tika pievienota { $at }.
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-removed = noņemta pierakstīšanās metode: { part-nominative }
    .long = Pierakstīšanās metode ({ part-nominative }) tika noņemta { $at }.
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-replaced = nomainīta metode: { part-nominative }
    .long = Pierakstīšanās metode ({ part-nominative }) tika nomainīta { $at }.
    .advice = { $method ->
        [recovery_code] Iepriekšējie atkopšanas kodi vairs nav derīgi. { part-not-you }
        [security_questions] Iepriekšējie jautājumi vairs netiek uzdoti. { part-not-you }
       *[other] Iepriekšējā metode vairs nav derīga. { part-not-you }
    }
    .short = Iepriekšējā vairs neder. { part-not-you-short }
notice-methods-revoked = administrators noņēma Jūsu pierakstīšanās metodes
    .long = Administrators noņēma Jūsu pierakstīšanās metodes { $at }.
    .advice = Iepriekš reģistrētās metodes vairs nav derīgas. Kamēr nereģistrēsieties vēlreiz, nevarēsiet pats atiestatīt paroli. { part-ask }
    .short = Reģistrējiet tās vēlreiz. { part-ask-short }
notice-recovery-code-used = izmantots Jūsu atkopšanas kods
    .long = Viens no Jūsu atkopšanas kodiem tika izmantots { $at }.
    .advice = { part-left } Izmantots kods vairs nav derīgs. { part-not-you }
    .short = { part-left } { part-not-you-short }
part-left = { $left ->
    [0] Kodu vairs nav: izveidojiet jaunus.
    [1] Atlicis viens kods: drīz izveidojiet jaunus.
    [zero] Atlikuši { $left } kodi.
    [one] Atlicis { $left } kods.
   *[other] Atlikuši { $left } kodi.
}
notice-registration-required = vēlreiz reģistrējiet pierakstīšanās metodes
    .long = Administrators { $at } lūdza Jums nākamajā pierakstīšanās reizē vēlreiz reģistrēt pierakstīšanās metodes.
    .advice = { part-no-link } { part-ask }
    .short = { part-no-link-short }
notice-reset-requested = lūdzu, atiestatiet savu paroli
    .long = Administrators { $at } lūdza Jums atiestatīt paroli.
    .advice = { part-no-link } { part-ask }
    .short = { part-no-link-short }
notice-contacts-changed = administrators mainīja Jūsu kontaktinformāciju
    .long = Administrators { $at } mainīja Jūsu kontaktinformāciju, ko izmanto paroles atiestatīšanai.
    .advice = Turpmāk paroles atiestatīšanas kodi tiks sūtīti uz jauno kontaktinformāciju. { part-ask }
    .short = { part-ask-short }
notice-unblocked = administrators atkal atļāva Jūsu pierakstīšanās metodes
    .long = Administrators { $at } atkal atļāva Jūsu pierakstīšanās metodes.
    .advice = Metodes, kas bija slēgtas pēc daudziem neveiksmīgiem mēģinājumiem, atkal ir derīgas. { part-ask }
    .short = { part-ask-short }
notice-many-failures = { $method ->
    [security_questions] uz drošības jautājumiem sniegtas daudzas nepareizas atbildes
    [password] daudzreiz ievadīta nepareiza parole
   *[other] ievadīti daudzi nepareizi kodi: { part-nominative }
}
    .long = { $method ->
        [security_questions] Uz Jūsu drošības jautājumiem sniegtas daudzas nepareizas atbildes (pēdējā { $at }).
        [password] Daudzreiz ievadīta nepareiza Jūsu parole (pēdējoreiz { $at }).
       *[other] Jūsu { part-dative } ievadīti daudzi nepareizi kodi (pēdējais { $at }).
    }
    .advice = Ja to nedarījāt Jūs, iespējams, mēģina uzminēt cita persona. Jūsu parole nav mainīta. Ja neveiksmīgu mēģinājumu būs daudz vairāk, šis paroles atiestatīšanas veids tiks izslēgts; informējiet administratoru.
    .short = { part-not-you-short }
notice-administrator-may-have-reset = administrators, iespējams, atiestatīja savu paroli
    .long = Administrators, iespējams, atiestatīja savu paroli { $at }.
    .advice = Nav zināms, vai jaunā parole tika pieņemta. { part-others }
    .short = { part-others-short }
notice-administrator-reset = administrators atiestatīja savu paroli
    .long = Administrators atiestatīja savu paroli { $at }.
    .advice = { part-others }
    .short = { part-others-short }
notice-several-changes = { $password ->
    [yes] vairākas izmaiņas Jūsu kontā, arī jauna parole
   *[no] vairākas izmaiņas Jūsu kontā
}
    .long = { $password ->
        [yes] Laikā no { $since } līdz { $until } Jūsu konts tika mainīts vai tika mēģināts to mainīt { part-times }; starp izmaiņām bija arī jauna parole. Šis ziņojums aizstāj atsevišķus ziņojumus, kuru skaits būtu { $count }.
       *[no] Laikā no { $since } līdz { $until } Jūsu konts tika mainīts vai tika mēģināts to mainīt { part-times }. Šis ziņojums aizstāj atsevišķus ziņojumus, kuru skaits būtu { $count }.
    }
    .advice = { part-not-you }
    .short = { part-not-you-short }
part-times = { $count ->
    [zero] { $count } reizes
    [one] { $count } reizi
   *[other] { $count } reizes
}
notice-temporary-password = administrators iestatīja pagaidu paroli
    .long = Administrators { $at } iestatīja pagaidu paroli.
    .advice = Iepriekšējā parole vairs nav derīga. Pierakstoties ar pagaidu paroli, Jums būs jāizvēlas jauna. { part-ask }
    .short = { part-ask-short }
notice-repudiated = ziņots, ka izmaiņas Jūsu kontā neveicāt Jūs
    .long = Ziņots, ka izmaiņas Jūsu kontā neveicāt Jūs ({ $at }).
    .advice = Jūsu sesijas tiek pārtrauktas, { $count ->
        [0] neviena metode nav noņemta
        [zero] noņemtas { $count } pievienotās metodes
        [one] noņemta { $count } pievienotā metode
       *[other] noņemtas { $count } pievienotās metodes
    }, un paroli pats nevarēsiet atiestatīt, kamēr administrators neatbloķēs kontu. Tūlīt zvaniet administratoram. Ja to neziņojāt Jūs, Jūsu pastu var lasīt cita persona.
    .short = Kontu var atbloķēt tikai administrators. Negaidījāt? Zvaniet viņam tūlīt.
notice-owner-repudiated = lietotājs ziņo par izmaiņām, ko nav veicis
    .long = Lietotājs ziņo par izmaiņām, ko nav veicis ({ $at }).
    .advice = Kontam, iespējams, piekļuvusi cita persona, un pašapkalpošanās ir bloķēta. Nav pierādīts, kas to ziņoja: pārliecinieties, kas ir lietotājs, pārbaudiet konta metodes un tad atbloķējiet kontu.
    .short = Pašapkalpošanās ir bloķēta. Pārliecinieties, kas to ziņoja.
notice-repudiation =
    .intro = Ja tas nebijāt Jūs, atveriet šo lapu un apstipriniet to tajā. Izmaiņas tiks atceltas, cik vien iespējams, Jūsu sesijas tiks pārtrauktas, un paroli pats nevarēsiet atiestatīt, kamēr administrators neatbloķēs kontu:
    .validity = Lapa ir atvērta { $validity }, un apstiprināt var tikai vienreiz. Tās atvēršana vien neko nemaina. Nepārsūtiet šo ziņojumu.
notice-help-requested = lietotājs lūdz palīdzību paroles atiestatīšanā
    .long = Palīdzība paroles atiestatīšanā tika lūgta { $at }.
    .advice = Nav pierādīts, kas to lūdza: tas var nebūt pats lietotājs. Pirms palīdzat, pārliecinieties par personas identitāti veidā, kas nav atkarīgs no šī lūguma, piemēram, zvanot uz sen zināmu numuru vai tiekoties klātienē. Nekad nedodiet paroli vai kodu zvanītājam vai personai, kas atbild uz šo ziņojumu.
    .short = Nav pierādīts, kas to lūdza: pirms palīdzat, pārliecinieties.
notice-help-requests = vēl citi lietotāji lūdz palīdzību paroles atiestatīšanā
    .long = Laikā no { $since } līdz { $until } palīdzība paroles atiestatīšanā tika lūgta vēl { part-times }. Par katru lūgumu ziņojumu nesaņemsiet; visi ir audita žurnālā.
    .advice = Tik daudz lūgumu vienlaikus var liecināt par uzbrukumu. Nav pierādīts, kas tos iesniedza: pirms palīdzat, pārliecinieties par personas identitāti veidā, kas nav atkarīgs no lūguma.
    .short = Nav pierādīts, kas to lūdza: pirms palīdzat, pārliecinieties.
