### 疑難排解頁面：沒有編號的情況，以及回寫事件。

condition-no-mail = 收不到郵件
    .advice = 請查看垃圾郵件資料夾，並檢查地址和寄件者的網域
condition-phone-format = 目錄中的電話號碼無效
    .advice = 請使用加號、國碼書寫，並依原則要求加一個空格；不會撥打分機
condition-typed-number = 輸入的電話號碼不被接受
    .advice = 請輸入存檔的完整號碼
condition-one-method = 使用者只有一種方法，但需要兩種
    .advice = 請註冊第二種方法，或提供連絡資訊
condition-administrators-differ = 系統管理員需要的方法與使用者不同
    .advice = 這是設計使然：系統管理員有單獨的規則
condition-sign-in-name = 電子郵件地址不是登入名稱
    .advice = 請使用使用者主體名稱，或將電子郵件地址設定為登入名稱
condition-throttled = 要求過多
    .advice = 請等到頁面顯示的時間

writeback-progress = 步驟已成功；寫入尚未結束
    .advice = 無須採取任何動作
writeback-written = 密碼已寫入
    .advice = 無須採取任何動作
writeback-policy = 網域的規則拒絕該密碼：期限、歷程記錄、複雜度或篩選器
    .advice = 請選擇其他密碼；如果所有密碼都被拒絕，請檢查該帳戶是否可以變更密碼
writeback-current-password = 變更時輸入的目前密碼不正確
    .advice = 請重新輸入，或重設密碼
writeback-administrator = 內部部署的權限、保護或設定阻止了寫入
    .advice = 請檢查服務帳戶的權限、帳戶是否受保護、物件是否重複或遺漏以及設定；請關閉回寫後再重新開啟
writeback-connection = 無法連線到服務、其轉送或目錄
    .advice = 請檢查服務是否正在執行，以及到連接埠 443 的輸出連線是否開放；然後再試一次
writeback-unknown = 事件未說明發生了什麼
    .advice = 請閱讀其文字，並檢查新密碼是否可用
