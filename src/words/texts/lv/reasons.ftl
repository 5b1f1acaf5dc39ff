### Kāpēc atiestatīšana tiek atteikta: cēlonis administratoriem, `.user` lietotājam, `.advice`: kas palīdz.

remedy-label = Kurš var novērst cēloni
remedy = { $remedy ->
    [user] lietotājs
    [elsewhere] sistēma, kas glabā paroli
    [wait] laiks: mēģiniet vēlāk
   *[administrator] administrators
}
part-contact = Šeit neko vairāk izdarīt nevarat: sazinieties ar administratoru.

reason-unknown-tenant = direktorijā nav šāda nomnieka
    .user = Jūsu organizācija mums nav zināma. { part-contact }
    .advice = pārbaudiet, kurš nomnieks norādīts pieprasījumā
reason-unknown-user = nevienam kontam nav šāda identifikatora
    .user = Konts ar šādu nosaukumu netika atrasts. Pārbaudiet rakstību.
    .advice = pārbaudiet pierakstīšanās vārda rakstību
reason-several-users = šis identifikators ir vairākiem kontiem
    .user = Šāds nosaukums ir vairākiem kontiem. Izmantojiet savu pierakstīšanās vārdu.
    .advice = izmantojiet pierakstīšanās vārdu, nevis kopīgu pastkasti
reason-home-tenant = paroli glabā mājas nomnieks
    .user = Jūsu paroli glabā jūsu organizācija. Atiestatiet to tur.
    .advice = atiestatiet paroli mājas nomniekā
reason-personal-account = personīgais konts, kura paroli glabā tā nodrošinātājs
    .user = Šis ir personīgais konts. Izmantojiet tā nodrošinātāja konta atkopšanu.
    .advice = izmantojiet tā nodrošinātāja konta atkopšanu
reason-account-disabled = konts ir atspējots
    .user = Jūsu konts ir atspējots. { part-contact }
    .advice = iespējojiet kontu
reason-other-incarnation = ieraksts pieder šī identifikatora iepriekšējam lietotājam
    .user = Jūsu konts vispirms jāapstiprina administratoram. { part-contact }
    .advice = apstipriniet, ka tas ir tas pats lietotājs, vai aizmirstiet kontu
reason-no-policy = politika nav definēta
    .user = Jūsu organizācija nav iestatījusi paroļu atiestatīšanu. { part-contact }
    .advice = definējiet nomnieka politiku
reason-switched-off = paroles atiestatīšanas pašapkalpošanās ir izslēgta
    .user = Jūsu organizācijā paroļu atiestatīšana ir izslēgta. { part-contact }
    .advice = ieslēdziet paroles atiestatīšanas pašapkalpošanos
reason-administrators-off = paroles atiestatīšanas pašapkalpošanās administratoriem ir izslēgta
    .user = Jūsu organizācija neļauj administratoriem atiestatīt savas paroles. { part-contact }
    .advice = ieslēdziet to administratoriem vai lūdziet paroli atiestatīt citam administratoram
reason-writeback-off = atpakaļrakstīšana ir izslēgta
    .user = Jūsu organizācija nav ieslēgusi nepieciešamo pakalpojumu. { part-contact }
    .advice = ieslēdziet atpakaļrakstīšanu politikā un iestatiet to lokālajā vidē
reason-not-entitled = trūkst licences
    .user = Jūsu kontam trūkst nepieciešamās licences. { part-contact }
    .advice = piešķiriet licenci, kas ietver paroles atiestatīšanas pašapkalpošanos
reason-not-in-scope = lietotājs nav nevienā no atlasītajām grupām
    .user = Jūsu kontam paroles atiestatīšana nav iestatīta. { part-contact }
    .advice = pievienojiet lietotāju atlasītai grupai
reason-administrator-required = direktorijā jārīkojas administratoram
    .user = Jūsu organizācijas konfigurācijā ir problēma. { part-contact }
    .advice = pārbaudiet pakalpojuma konta tiesības un audita notikuma informāciju
reason-repudiated = īpašnieks noliedza izmaiņas
    .user = Par izmaiņām jūsu kontā ziņots, ka tās neveicāt jūs, tāpēc paroli pats nevarat atiestatīt. { part-contact }
    .advice = pārliecinieties par īpašnieka identitāti, pārbaudiet konta metodes un tad atbloķējiet kontu
reason-protected = konts ir aizsargāts pret paroles atiestatīšanu
    .user = Jūsu konts ir aizsargāts pret paroles atiestatīšanu. { part-contact }
    .advice = lūdziet paroli atiestatīt direktorija administratoram
reason-directory-unreachable = direktorijs nav sasniedzams
    .user = Pakalpojums pašlaik nav sasniedzams. Mēģiniet vēlāk; ja problēma turpinās, sazinieties ar administratoru.
    .advice = mēģiniet vēlāk; ja problēma turpinās, pārbaudiet savienojumu ar direktoriju
reason-too-few-methods = reģistrēts pārāk maz metožu
    .user = Jūs neesat reģistrējis pietiekami daudz metožu. { part-contact }
    .advice = norādiet kontaktinformāciju vai atiestatiet paroli un lūdziet lietotājam reģistrēties
reason-service-incomplete = pakalpojumam trūkst metodēm nepieciešamas daļas
    .user = Pakalpojums nav pilnībā iestatīts. { part-contact }
    .advice = iestatiet nodrošinātāju katram politikas kanālam un aizzīmogošanu autentifikatora lietotnēm
reason-blocked = neveiksmīgo mēģinājumu limits ir izsmelts
    .user = Bija pārāk daudz neveiksmīgu mēģinājumu. Uzgaidiet vai izmantojiet citu metodi.
    .advice = uzgaidiet, līdz bloķēšana beidzas, izmantojiet citu metodi vai notīriet limitus
reason-no-such-method = kontam nav šādas metodes
    .user = Šo metodi nevarat izmantot. Izvēlieties citu.
    .advice = izvēlieties citu metodi
reason-password-refused = direktorijs paroli nepieņēma
    .user = Jūsu organizācija šo paroli nepieņem. Izvēlieties citu.
    .advice = izvēlieties citu paroli
reason-not-propagated = parole ir ierakstīta, bet vēl nav visās sistēmās
    .user = Jūsu parole ir atiestatīta. Uzgaidiet dažas minūtes un tad pierakstieties ar to.
    .advice = uzgaidiet dažas minūtes un tad pierakstieties ar jauno paroli
