### 拒絕重設的原因：供系統管理員查看的原因，`.user` 供使用者查看，`.advice` 為解決方法。

remedy-label = 誰可以排除原因
remedy = { $remedy ->
    [user] 使用者
    [elsewhere] 保存密碼的系統
    [wait] 時間：請稍後再試
   *[administrator] 系統管理員
}
part-contact = 您無法在此處執行其他動作：請連絡系統管理員。

reason-unknown-tenant = 目錄無法識別該租用戶
    .user = 我們無法識別貴組織。{ part-contact }
    .advice = 請檢查要求中的租用戶名稱
reason-unknown-user = 沒有帳戶使用此識別碼
    .user = 找不到使用此名稱的帳戶。請檢查拼字。
    .advice = 請檢查登入名稱的拼字
reason-several-users = 多個帳戶使用此識別碼
    .user = 多個帳戶使用此名稱。請使用您的登入名稱。
    .advice = 請使用登入名稱，而不是共用信箱
reason-home-tenant = 密碼由主租用戶保存
    .user = 您的密碼由您所屬的組織保存。請在那裡重設。
    .advice = 請在主租用戶中重設密碼
reason-personal-account = 這是個人帳戶，密碼由其提供者保存
    .user = 這是個人帳戶。請使用其提供者的帳戶復原功能。
    .advice = 請使用其提供者的帳戶復原功能
reason-account-disabled = 帳戶已停用
    .user = 您的帳戶已停用。{ part-contact }
    .advice = 請啟用該帳戶
reason-other-incarnation = 記錄屬於此識別碼先前的使用者
    .user = 您的帳戶需要先由系統管理員確認。{ part-contact }
    .advice = 請確認是同一位使用者，或清除該帳戶的記錄
reason-no-policy = 未定義原則
    .user = 貴組織尚未設定密碼重設。{ part-contact }
    .advice = 請為該租用戶定義原則
reason-switched-off = 自助式密碼重設已關閉
    .user = 貴組織已關閉密碼重設。{ part-contact }
    .advice = 請開啟自助式密碼重設
reason-administrators-off = 已對系統管理員關閉自助式密碼重設
    .user = 貴組織不允許系統管理員重設自己的密碼。{ part-contact }
    .advice = 請對系統管理員開啟此功能，或由其他系統管理員重設密碼
reason-writeback-off = 回寫已關閉
    .user = 貴組織尚未啟用所需的服務。{ part-contact }
    .advice = 請在原則中開啟回寫，並在內部部署環境中進行設定
reason-not-entitled = 缺少授權
    .user = 您的帳戶缺少所需的授權。{ part-contact }
    .advice = 請指派包含自助式密碼重設的授權
reason-not-in-scope = 使用者不在任何選取的群組中
    .user = 您的帳戶未啟用密碼重設。{ part-contact }
    .advice = 請將使用者新增至選取的群組
reason-administrator-required = 需要系統管理員對目錄進行處理
    .user = 貴組織的設定有問題。{ part-contact }
    .advice = 請檢查服務帳戶的權限以及稽核事件的詳細資料
reason-repudiated = 擁有者否認了一項變更
    .user = 您的帳戶的一項變更被回報為非本人操作，因此您無法自行重設密碼。{ part-contact }
    .advice = 請核實擁有者身分，檢查帳戶的方法，再解除封鎖
reason-protected = 帳戶受保護，無法重設密碼
    .user = 您的帳戶受保護，無法重設密碼。{ part-contact }
    .advice = 請由目錄的系統管理員重設密碼
reason-directory-unreachable = 無法連線到目錄
    .user = 目前無法連線到此服務。請稍後再試；如果問題持續，請連絡系統管理員。
    .advice = 請稍後再試；如果問題持續，請檢查與目錄的連線
reason-too-few-methods = 註冊的方法太少
    .user = 您註冊的方法不足。{ part-contact }
    .advice = 請提供連絡資訊，或重設密碼並讓使用者註冊
reason-service-incomplete = 服務缺少驗證方法所需的元件
    .user = 此服務尚未完全設定。{ part-contact }
    .advice = 請為原則的每個通道設定提供者，並為驗證器應用程式設定密封
reason-blocked = 失敗次數已用盡
    .user = 失敗的嘗試過多。請等候，或使用其他方法。
    .advice = 請等候鎖定結束、使用其他方法，或清除失敗計數
reason-no-such-method = 帳戶沒有此方法
    .user = 您無法使用此方法。請選擇其他方法。
    .advice = 請選擇其他方法
reason-password-refused = 目錄未接受該密碼
    .user = 貴組織不接受此密碼。請選擇其他密碼。
    .advice = 請選擇其他密碼
reason-not-propagated = 密碼已寫入，但尚未同步到所有系統
    .user = 您的密碼已重設。請等候幾分鐘，然後使用新密碼登入。
    .advice = 請等候幾分鐘，然後使用新密碼登入
