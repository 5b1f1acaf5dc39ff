### Problēmu novēršanas lapa: gadījumi bez numura un atpakaļrakstīšanas notikumi.

condition-no-mail = e-pasta ziņojums nepienāk
    .advice = pārbaudiet mēstuļu mapi, adresi un sūtītāja domēnu
condition-phone-format = direktorija tālruņa numurs netiek izmantots
    .advice = rakstiet to ar plus zīmi, valsts kodu un, ja politika to prasa, vienu atstarpi; papildnumurs netiek sastādīts
condition-typed-number = ievadītais tālruņa numurs netiek pieņemts
    .advice = ievadiet pilnu reģistrēto numuru
condition-one-method = lietotājam ir viena metode, bet vajadzīgas divas
    .advice = reģistrējiet otru metodi vai norādiet kontaktinformāciju
condition-administrators-differ = administratoram jāizmanto citas metodes nekā lietotājiem
    .advice = tā ir paredzēts: administratoriem ir savi noteikumi
condition-sign-in-name = e-pasta adrese nav pierakstīšanās vārds
    .advice = izmantojiet lietotāja pamatnosaukumu vai iestatiet e-pasta adresi kā pierakstīšanās vārdu
condition-throttled = pārāk daudz pieprasījumu
    .advice = uzgaidiet līdz lapā norādītajam laikam

writeback-progress = darbība izdevās; neviena rakstīšana nav beigusies
    .advice = nekas nav jādara
writeback-written = parole ir ierakstīta
    .advice = nekas nav jādara
writeback-policy = domēna noteikumi paroli noraida: vecums, vēsture, sarežģītība vai filtrs
    .advice = izvēlieties citu paroli; ja tiek noraidīta katra parole, pārbaudiet, vai konts drīkst mainīt paroli
writeback-current-password = mainot ievadītā pašreizējā parole ir nepareiza
    .advice = ievadiet to vēlreiz vai atiestatiet paroli
writeback-administrator = rakstīšanu aptur tiesības, aizsardzība vai konfigurācija lokālajā vidē
    .advice = pārbaudiet pakalpojuma konta tiesības, vai konts ir aizsargāts, vai nav dublētu vai trūkstošu objektu, un konfigurāciju; izslēdziet un atkal ieslēdziet atpakaļrakstīšanu
writeback-connection = pakalpojums, tā retranslators vai direktorijs nav sasniedzams
    .advice = pārbaudiet, vai pakalpojums darbojas un vai izejošie savienojumi uz 443. portu ir atļauti; tad mēģiniet vēlreiz
writeback-unknown = notikums nepasaka, kas notika
    .advice = izlasiet tā tekstu un pārbaudiet, vai jaunā parole darbojas
