### 頁面：步驟、選項、提示、拒絕和指引。

## 方法的種類和頁面的選項。

method = { $method ->
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
   *[host_verified] 其他方法
}
option = { $way ->
    [email-email] 透過電子郵件接收驗證碼
    [email-link] 透過電子郵件接收連結
    [mobile_phone-sms] 透過簡訊接收驗證碼
    [mobile_phone-voice] 透過行動電話來電接收驗證碼
    [office_phone-voice] 透過辦公室電話來電接收驗證碼
    [authenticator_app-in_hand] 使用驗證器應用程式的驗證碼
    [oath_token-in_hand] 使用安全性權杖的驗證碼
    [recovery_code-in_hand] 使用復原碼
    [security_questions-in_hand] 回答安全性問題
    [app_notification-in_hand] 在應用程式中核准通知
    [passkey-in_hand] 使用通行金鑰
    [password-in_hand] 使用目前的密碼
   *[other] 使用其他方法
}
option-masked = { option }（{ $masked }）

## 流程的步驟。

step-choose = 確認您的身分
    .hint = 請選擇確認方式。
step-enter = 輸入驗證碼
    .hint = { $way ->
        [email-email] 如果資料正確，含有驗證碼的郵件正在傳送中。可能需要幾分鐘；也請查看垃圾郵件資料夾。
        [mobile_phone-sms] 如果資料正確，含有驗證碼的簡訊正在傳送中。
        [mobile_phone-voice] 如果資料正確，您的電話將會響鈴。請聆聽驗證碼。
        [office_phone-voice] 如果資料正確，您的電話將會響鈴。請聆聽驗證碼。
        [authenticator_app-in_hand] 請開啟驗證器應用程式，輸入其中顯示的驗證碼。
        [oath_token-in_hand] 請輸入安全性權杖顯示的驗證碼。
        [recovery_code-in_hand] 請輸入您的一個復原碼。每個復原碼只能使用一次。
       *[other] 請輸入驗證碼。
    }
step-open-link = 開啟郵件中的連結
    .hint = 如果資料正確，含有連結的郵件正在傳送中。可能需要幾分鐘；也請查看垃圾郵件資料夾。
step-answer = 回答您的問題
    .hint = 所有答案都必須正確。不區分大小寫和空格。
step-respond = 在您的裝置上確認
    .hint = 請依照裝置上的指示操作。
step-confirm-unlock = 解除鎖定帳戶
    .hint = 您的密碼保持不變。
    .unsettled = 目前不確定上一次嘗試是否生效。您可以重試。
step-new-password = 選擇新密碼
    .hint = 請選擇您沒有在其他地方使用過的密碼。
    .unsettled = 目前不確定上一次嘗試是否生效。請再次輸入同一個密碼。
step-done = 完成
    .hint = 變更已生效。
    .propagating = 變更已儲存。請等候幾分鐘，待其同步到所有系統後再登入。

## 動作。

action-continue = 繼續
action-cancel = 取消
action-resend = 重新傳送驗證碼
action-resend-link = 重新傳送連結
action-resend-at = 您可以在 { $at } 重新要求。
action-choose-other = 選擇其他方式
action-start-again = 重新開始
action-help = 連絡系統管理員
action-skip = 暫時略過
action-sign-in = 前往登入

## 登入時的提示。

prompt-change-password = 變更您的密碼
    .hint = 您的密碼已過期，或僅可用於變更密碼。
prompt-register = 設定您的登入方法
    .hint = 設定後，您可以自行重設密碼。貴組織要求您註冊登入方法。
prompt-reconfirm = 檢查您的登入方法
    .hint = 請確認它們仍然正確，或加以變更。
prompt-nothing-offered = 您無法註冊
    .hint = 貴組織不允許系統管理員重設自己的密碼。
skip-until = 您可以在 { $until } 之前略過此步驟。

## 新密碼的規則。

guide-length = { $least } 到 { $most } 個字元。空格和各種文字均可。
guide-classes = 至少包含下列字元類型中的 { $required } 種：小寫字母、大寫字母、數字、符號。
guide-score = 難以猜到：請使用互不相關的詞語，而不是姓名、日期或鍵盤上的一排按鍵。
guide-ascii = 只能使用基本拉丁字母、數字、空格和常用符號。
guide-blocked = 不能使用常見密碼、姓名或貴組織的相關詞語。

password-too-short = 密碼少於 { $min } 個字元。
    .hint = 請使用更多的詞語。幾個互不相關的詞語便於記憶。
password-too-long = 密碼多於 { $max } 個字元。
    .hint = 請減少字元數。
password-control = 密碼包含不可見的控制字元，例如定位字元。
    .hint = 請將其移除。它可能來自複製的文字。
password-unassigned = 密碼包含不屬於任何文字的字元。
    .hint = 請使用鍵盤上的字元。
password-not-ascii = 密碼包含基本拉丁字元以外的字元。
    .hint = 請使用不帶重音的字母、數字和常用符號。
password-needs-classes = 密碼需要 { $needed } 種字元類型，目前只有 { $found } 種。
    .hint = 請混合使用小寫字母、大寫字母、數字和符號。
password-too-many-bytes = 密碼多於 { $max } 個位元組。
    .hint = 請縮短密碼，或使用基本拉丁字母：其他文字佔用更多位元組。
password-guessable = 密碼太容易被猜到：得分為 { $points }，至少需要 { $needed }。
    .hint = 請加入互不相關的詞語。
password-too-weak = 密碼太容易被猜到：強度為 { $score }（最高 4），至少需要 { $needed }。
    .hint = 請加入互不相關的詞語。姓名、日期、鍵盤上的一排按鍵和重複內容最先被猜到。
password-common = 這是常見密碼或與其相似。
    .hint = 攻擊者會先嘗試常見密碼。請使用幾個互不相關的詞語。
password-banned-word = 密碼由貴組織的相關詞語組成。
    .hint = 請不要使用產品、地點或組織的名稱。
password-context-word = 密碼由您的姓名、地址或帳戶中的詞語組成。
    .hint = 請不要使用他人知道的有關您的資訊。
password-directory-too-young = 您目前的密碼才剛變更，暫時無法再次變更。
password-directory-history = 您以前使用過此密碼。
password-directory-complexity = 密碼不符合貴組織的複雜度要求。
password-directory-length = 密碼不符合貴組織的長度要求。
password-directory-filter = 貴組織的篩選器不接受此密碼。
password-directory-unspecified = 貴組織的目錄不接受此密碼。
password-directory-breached = 此密碼在已外洩密碼的清單中。

## 拒絕。

refusal-not-accepted = 未被接受。請檢查後再試一次。
refusal-ended = 此流程已結束。請重新開始。
refusal-ticket-replaced = 您已在另一個視窗中繼續。請在那裡繼續，或重新開始。
refusal-already-proven = 此項已確認。請選擇其他方式。
refusal-not-offered = 不提供此方式。請選擇其他方式。
refusal-too-often = 操作過於頻繁。請在 { $at } 再試一次。
refusal-too-many-codes = { $limit ->
    [prefix] 此號段的驗證碼要求過多。請在 { $at } 再試一次，或使用其他號碼。
   *[destination] 此地址或號碼的驗證碼要求過多。請在 { $at } 再試一次，或使用其他地址或號碼。
}
refusal-more-proof-needed = 還需要再確認一項。
refusal-password = 無法使用此密碼。
refusal-directory-password = 無法使用此密碼。
refusal-busy = 變更仍在進行中。請在 { $at } 再試一次。
refusal-overloaded = 目前正在檢查的答案過多。請在 { $at } 再試一次。
refusal-human-check-required = 請先確認您不是機器人。
refusal-not-eligible = 您無法在此處重設密碼。
refusal-reauthentication-required = 請重新登入，然後重複此步驟。
refusal-second-factor-required = 請先在登入時完成第二要素驗證。如果您沒有設定，請詢問系統管理員。
refusal-not-authorised = 您沒有執行此操作的角色。
refusal-own-account = 您不能對自己的帳戶執行此操作。請連絡其他系統管理員。
refusal-conflict = 內容已被變更。請重新載入。
refusal-policy-not-served = 此服務無法執行該原則。
refusal-not-found = 不存在。
refusal-limit-reached = 已達到數量上限。請先移除一個。
failure = 發生問題。請幾分鐘後再試一次。
