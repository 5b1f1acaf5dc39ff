### 訊息：代碼、連結和通知。說明請見 en/messages.ftl。

## 時間和時長。

part-date = { $year } 年 { $month ->
    [m1] 1
    [m2] 2
    [m3] 3
    [m4] 4
    [m5] 5
    [m6] 6
    [m7] 7
    [m8] 8
    [m9] 9
    [m10] 10
    [m11] 11
   *[m12] 12
} 月 { $day } 日
moment-at = { part-date } { $clock }
moment-since = { part-date } { $clock }
moment-until = { part-date } { $clock }
clock = { $hour }:{ $minute } { $zone }
span = { $unit ->
    [seconds] { $count } 秒
    [minutes] { $count } 分鐘
    [hours] { $count } 小時
   *[days] { $count } 天
}
validity = 在 { $until } 之前
validity-for = 在 { $span }內（{ $until } 之前）

## 組成部分。

part-goal = { $purpose ->
    [reset] 重設密碼
    [register] 確認登入方法
   *[unlock] 解除鎖定帳戶
}
part-kind = { $method ->
    [email] 電子郵件地址
    [mobile_phone] 行動電話
    [office_phone] 辦公室電話
    [authenticator_app] 驗證器應用程式
    [oath_token] 安全性權杖
    [recovery_code] 復原碼
    [security_questions] 安全性問題
    [app_notification] 應用程式通知
    [passkey] 通行金鑰
    [password] 密碼
   *[host_verified] 驗證方法
}
part-not-you = 如果這不是您本人的操作，請立即通知系統管理員：其他人可能能夠存取您的帳戶。
part-not-you-short = 不是您本人？請立即通知系統管理員。
part-ask = 如果您未預期此操作，請立即透過您以前用過的連絡方式詢問系統管理員。
part-ask-short = 感到意外？請立即詢問系統管理員。
part-others = 如果您未預期此操作，請立即詢問其他系統管理員。
part-others-short = 感到意外？請立即詢問其他系統管理員。
part-no-link = 請透過網址或您自己的書籤開啟貴組織平時使用的登入頁面。本訊息刻意不含任何連結和代碼。
part-no-link-short = 請開啟平時使用的登入頁面。如有疑問，請詢問系統管理員。

## 每封郵件。

mail-greeting = { $person }，您好：
mail-requested = 要求時間：{ $at }。
mail-requested-from = 要求時間：{ $at }（{ $origin }）。
mail-origin = 要求來自：{ $origin }。
mail-contact = 協助：{ $contact }
# A tenant whose name cannot be shown.
nameless = 貴組織
list-separator = 、
device = { $device ->
    [windows] Windows
    [macos] macOS
    [linux] Linux
    [chromeos] ChromeOS
    [android] Android
    [ios] iOS
   *[other] 其他裝置
}

# A country by its ISO 3166 code. One that is not in the list is shown as its code.
country = { $code ->
    [AT] 奧地利
    [AU] 澳洲
    [BE] 比利時
    [BG] 保加利亞
    [BR] 巴西
    [BY] 白俄羅斯
    [CA] 加拿大
    [CH] 瑞士
    [CN] 中國
    [CY] 賽普勒斯
    [CZ] 捷克
    [DE] 德國
    [DK] 丹麥
    [EE] 愛沙尼亞
    [ES] 西班牙
    [FI] 芬蘭
    [FR] 法國
    [GB] 英國
    [GR] 希臘
    [HK] 香港特別行政區
    [HR] 克羅埃西亞
    [HU] 匈牙利
    [ID] 印尼
    [IE] 愛爾蘭
    [IN] 印度
    [IS] 冰島
    [IT] 義大利
    [JP] 日本
    [KR] 南韓
    [LT] 立陶宛
    [LU] 盧森堡
    [LV] 拉脫維亞
    [MO] 澳門特別行政區
    [MT] 馬爾他
    [MX] 墨西哥
    [MY] 馬來西亞
    [NL] 荷蘭
    [NO] 挪威
    [NZ] 紐西蘭
    [PH] 菲律賓
    [PL] 波蘭
    [PT] 葡萄牙
    [RO] 羅馬尼亞
    [RU] 俄羅斯
    [SE] 瑞典
    [SG] 新加坡
    [SI] 斯洛維尼亞
    [SK] 斯洛伐克
    [TH] 泰國
    [TR] 土耳其
    [TW] 台灣
    [UA] 烏克蘭
    [US] 美國
    [VN] 越南
    [ZA] 南非
   *[other] { $code }
}

## 代碼。

code = { $organisation }：用於{ part-goal }的驗證碼
    .intro = 您在 { $organisation } { part-goal }的驗證碼是：
    .validity = 此驗證碼{ $validity }有效，且只能使用一次。新的驗證碼會使舊的失效：請使用最後收到的驗證碼。
    .secrecy = 請勿將此驗證碼告訴他人。{ $organisation } 絕不會向您索取驗證碼。
    .unasked = 如果您沒有要求過驗證碼，則無須採取任何動作：沒有驗證碼，什麼都不會變更。如果持續收到此類訊息，請通知系統管理員。
    .text = { $organisation }：驗證碼 { $code }，用於{ part-goal }，{ $clock } 前有效。請勿告訴他人。若非您本人操作，請忽略。
    .text-short = { $organisation }：驗證碼 { $code }，用於{ part-goal }，{ $clock } 前有效。請勿告訴他人。
    .text-shortest = { $organisation }：{ $code } 用於{ part-goal }。請勿告訴他人。
    .call =
        您好。這是 { $organisation } 的來電。
        您用於{ part-goal }的驗證碼是：{ $spoken }。
        重複一次，您的驗證碼是：{ $spoken }。
        此驗證碼{ $validity }有效。新的驗證碼會使舊的失效。
        請勿將此驗證碼告訴任何人。如果您沒有要求過驗證碼，請忽略此來電。
        再見。
code-letter = { $letter }（{ $word } 的 { $letter }）

## 連結。

link = { $organisation }：用於{ part-goal }的連結
    .intro = { $by ->
        [administrator] { $organisation } 的系統管理員傳送了此連結給您，用於{ part-goal }。請開啟連結以繼續：
       *[user] 有人在 { $organisation } 要求了此連結，用於{ part-goal }。如果是您本人，請開啟連結以繼續：
    }
    .effect = { $purpose ->
        [reset] 它會開啟一個請您確認的頁面，之後您可以設定新密碼。僅開啟連結不會變更任何內容。
        [register] 它會開啟一個頁面，請您確認此電子郵件地址屬於您。僅開啟連結不會變更任何內容。
       *[unlock] 它會開啟一個請您確認的頁面，之後您可以解除鎖定帳戶。您的密碼保持不變。僅開啟連結不會變更任何內容。
    }
    .validity = 此連結{ $validity }有效，且只能使用一次。新的連結會使舊的失效：請使用最後收到的連結。
    .secrecy = 請勿將此連結告訴他人，也不要轉寄本郵件：任何擁有此連結的人都可以使用它。{ $organisation } 絕不會向您索取連結。
    .unasked = { $by ->
        [administrator] 如果您未預期此郵件，請在開啟連結之前，透過您以前用過的連絡方式詢問系統管理員：沒有連結，什麼都不會變更。
       *[user] 如果不是您本人，請不要開啟連結，也無須採取任何動作：沒有連結，什麼都不會變更。如果持續收到此類訊息，請通知系統管理員。
    }

sign-in-names = { $organisation }：您的登入名稱
    .intro = 有人使用此電子郵件地址在 { $organisation } 要求了新密碼。多個帳戶使用此地址，因此無法確定是哪一個。這些帳戶的登入名稱為：
    .next = 請重新開始，並輸入該帳戶的登入名稱，而不是電子郵件地址。
    .unasked = 如果不是您本人，則無須採取任何動作：沒有任何變更。如果持續收到此類訊息，請通知系統管理員。

## 通知。

notice-subject = { $organisation }：{ $headline }
notice-text = { $organisation }：{ $headline }。{ $short }
notice-footer = 每次發生此類操作時，{ $organisation } 都會傳送本訊息。無須回覆。
notice-about = { $long }帳戶：{ $account }
notice-call =
    您好。這是 { $organisation } 的來電。
    { $long }
    { $short }
    再見。

notice-password-reset = 您的密碼已重設
    .long = 您的密碼已於 { $at } 重設。
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-password-may-have-changed = 您的密碼可能已重設
    .long = 您的密碼可能已於 { $at } 重設。
    .advice = 目前不確定新密碼是否已被接受。請使用新密碼登入；如果失敗，請使用先前的密碼。{ part-not-you }
    .short = 請先試新密碼，再試舊密碼。{ part-not-you-short }
notice-password-changed = 您的密碼已變更
    .long = 您的密碼已於 { $at } 變更。
    .advice = 此變更使用了舊密碼。如果不是您本人的操作，請立即在貴組織平時使用的登入頁面重設密碼，並立即通知系統管理員。
    .short = 不是您本人？請立即重設密碼並通知系統管理員。
notice-account-unlocked = 您的帳戶已解除鎖定
    .long = 您的帳戶已於 { $at } 解除鎖定。
    .advice = 您的密碼沒有變更。如果不是您本人的操作，請立即通知系統管理員：其他人可以使用您的登入方法。
    .short = 您的密碼沒有變更。{ part-not-you-short }
notice-account-may-have-been-unlocked = 您的帳戶可能已解除鎖定
    .long = 您的帳戶可能已於 { $at } 解除鎖定。
    .advice = 目前不確定解除鎖定是否生效；您的密碼沒有變更。請嘗試登入；如果帳戶仍被鎖定，請再次解除鎖定。如果不是您本人的操作，請立即通知系統管理員：其他人可以使用您的登入方法。
    .short = 請嘗試登入。{ part-not-you-short }
notice-method-added = 已新增登入方法：{ part-kind }
    .long = 已於 { $at } 新增登入方法：{ part-kind }。
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-removed = 已移除登入方法：{ part-kind }
    .long = 已於 { $at } 移除登入方法：{ part-kind }。
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-replaced = 您的{ part-kind }已更換
    .long = 您的{ part-kind }已於 { $at } 更換。
    .advice = { $method ->
        [recovery_code] 先前的復原碼已失效。{ part-not-you }
        [security_questions] 先前的問題不再使用。{ part-not-you }
       *[other] 先前的{ part-kind }已失效。{ part-not-you }
    }
    .short = 舊的方法已失效。{ part-not-you-short }
notice-methods-revoked = 系統管理員移除了您的登入方法
    .long = 系統管理員於 { $at } 移除了您的登入方法。
    .advice = 您註冊過的方法已失效。在重新註冊之前，您無法自行重設密碼。{ part-ask }
    .short = 請在下次登入時重新註冊。感到意外？請詢問系統管理員。
notice-recovery-code-used = 您的一個復原碼已被使用
    .long = 您的一個復原碼已於 { $at } 被使用。
    .advice = { part-left }用過的代碼不再有效。{ part-not-you }
    .short = { part-left }{ part-not-you-short }
part-left = { $left ->
    [0] 沒有剩餘代碼：請建立新的代碼。
    [1] 還剩 1 個代碼：請儘快建立新的代碼。
   *[other] 還剩 { $left } 個代碼。
}
notice-registration-required = 請重新註冊您的登入方法
    .long = 系統管理員於 { $at } 要求您在下次登入時重新註冊登入方法。
    .advice = { part-no-link }{ part-ask }
    .short = { part-no-link-short }
notice-reset-requested = 請重設您的密碼
    .long = 系統管理員於 { $at } 要求您重設密碼。
    .advice = { part-no-link }{ part-ask }
    .short = { part-no-link-short }
notice-contacts-changed = 系統管理員變更了您用於重設密碼的連絡資訊
    .long = 系統管理員於 { $at } 變更了您用於重設密碼的連絡資訊。
    .advice = 從現在起，用於重設密碼的驗證碼將傳送到新的連絡資訊。{ part-ask }
    .short = { part-ask-short }
notice-unblocked = 系統管理員重新開放了您的登入方法
    .long = 系統管理員於 { $at } 重新開放了您的登入方法。
    .advice = 因多次嘗試失敗而關閉的方法現在可以再次使用。{ part-ask }
    .short = 已關閉的方法可再次使用。感到意外？請詢問系統管理員。
part-failures = { $method ->
    [security_questions] 您的安全性問題多次回答錯誤
    [password] 您的密碼多次輸入錯誤
   *[other] 您的{ part-kind }多次驗證失敗
}
notice-many-failures = { part-failures }
    .long = 截至 { $at }，{ part-failures }。
    .advice = 如果不是您本人的操作，則可能有人正在嘗試猜測。您的密碼沒有變更。如果失敗次數繼續大幅增加，這種重設方式將被關閉；請通知系統管理員。
    .short = { part-not-you-short }
notice-administrator-may-have-reset = 一位系統管理員可能重設了自己的密碼
    .long = 一位系統管理員可能於 { $at } 重設了自己的密碼。
    .advice = 目前不確定新密碼是否已被接受。{ part-others }
    .short = { part-others-short }
notice-administrator-reset = 一位系統管理員重設了自己的密碼
    .long = 一位系統管理員於 { $at } 重設了自己的密碼。
    .advice = { part-others }
    .short = { part-others-short }
notice-several-changes = { $password ->
    [yes] 您的帳戶有多項變更，其中包括新密碼
   *[no] 您的帳戶有多項變更
}
    .long = { $password ->
        [yes] 在 { $since } 至 { $until } 之間，您的帳戶被變更或嘗試變更 { $count } 次；其中包括新密碼。本訊息代表這 { $count } 次，因此您不會逐一收到訊息。
       *[no] 在 { $since } 至 { $until } 之間，您的帳戶被變更或嘗試變更 { $count } 次。本訊息代表這 { $count } 次，因此您不會逐一收到訊息。
    }
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-temporary-password = 系統管理員設定了臨時密碼
    .long = 系統管理員於 { $at } 設定了臨時密碼。
    .advice = 先前的密碼不再有效。使用臨時密碼登入時，您必須設定新密碼。{ part-ask }
    .short = { part-ask-short }
notice-repudiated = 您的帳戶的一項變更被回報為非本人操作
    .long = { $at }，您的帳戶的一項變更被回報為非本人操作。
    .advice = 您的工作階段將結束，{ $count ->
        [0] 沒有移除任何方法
       *[other] 已移除新增的 { $count } 個方法
    }；在系統管理員重新開放您的帳戶之前，您無法自行重設密碼。請立即致電系統管理員。如果不是您回報的，表示有人能夠讀取您的郵件。
    .short = 只有系統管理員可以重新開放您的帳戶。感到意外？請立即致電系統管理員。
notice-owner-repudiated = 一位使用者回報了非本人的變更
    .long = { $at }，一位使用者回報了非本人的變更。
    .advice = 可能有他人存取過該帳戶，自助服務已被封鎖。回報者的身分未經證實：請先確認使用者身分，檢查帳戶的方法，再解除封鎖。
    .short = 自助服務已被封鎖。請先確認回報者的身分。
notice-repudiation =
    .intro = 如果不是您本人的操作，請開啟此頁面並在其中確認。變更將盡可能復原，您的工作階段將結束，在系統管理員重新開放您的帳戶之前，您無法自行重設密碼：
    .validity = 此頁面{ $validity }，而且只能確認一次。僅開啟頁面不會變更任何內容。請勿轉寄此郵件。
notice-help-requested = 一位使用者要求協助重設密碼
    .long = { $at }，有使用者要求協助重設密碼。
    .advice = 要求者的身分未經證實：可能並非該使用者本人。在提供協助之前，請透過不依賴此要求的方式確認其身分，例如撥打您早已知道的號碼或當面確認。絕不要將密碼或驗證碼交給來電者或回覆本訊息的人。
    .short = 要求者的身分未經證實：請先確認身分再提供協助。
notice-help-requests = 更多使用者要求協助重設密碼
    .long = 在 { $since } 至 { $until } 之間，又有 { $count } 次協助重設密碼的要求。您不會逐一收到訊息；稽核記錄中有全部記錄。
    .advice = 短時間內如此多的要求可能是攻擊。要求者的身分未經證實：在提供協助之前，請透過不依賴此要求的方式確認其身分。
    .short = 要求者的身分未經證實：請先確認身分再提供協助。
