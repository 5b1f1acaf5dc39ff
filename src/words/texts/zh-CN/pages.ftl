### 页面：步骤、选项、提示、拒绝和指导。

## 方法的种类和页面的选项。

method = { $method ->
    [email] 电子邮件地址
    [mobile_phone] 移动电话
    [office_phone] 办公电话
    [authenticator_app] 身份验证器应用
    [oath_token] 安全令牌
    [recovery_code] 恢复代码
    [security_questions] 安全问题
    [app_notification] 应用通知
    [passkey] 通行密钥
    [password] 密码
   *[host_verified] 其他方法
}
option = { $way ->
    [email-email] 通过电子邮件接收验证码
    [email-link] 通过电子邮件接收链接
    [mobile_phone-sms] 通过短信接收验证码
    [mobile_phone-voice] 通过移动电话来电接收验证码
    [office_phone-voice] 通过办公电话来电接收验证码
    [authenticator_app-in_hand] 使用身份验证器应用的验证码
    [oath_token-in_hand] 使用安全令牌的验证码
    [recovery_code-in_hand] 使用恢复代码
    [security_questions-in_hand] 回答安全问题
    [app_notification-in_hand] 在应用中批准通知
    [passkey-in_hand] 使用通行密钥
    [password-in_hand] 使用当前密码
   *[other] 使用其他方法
}
option-masked = { option }（{ $masked }）

## 流程的步骤。

step-choose = 确认您的身份
    .hint = 请选择确认方式。
step-enter = 输入验证码
    .hint = { $way ->
        [email-email] 如果信息正确，包含验证码的邮件正在发送中。可能需要几分钟；也请查看垃圾邮件文件夹。
        [mobile_phone-sms] 如果信息正确，包含验证码的短信正在发送中。
        [mobile_phone-voice] 如果信息正确，您的电话将会响铃。请听取验证码。
        [office_phone-voice] 如果信息正确，您的电话将会响铃。请听取验证码。
        [authenticator_app-in_hand] 请打开身份验证器应用，输入其中显示的验证码。
        [oath_token-in_hand] 请输入安全令牌显示的验证码。
        [recovery_code-in_hand] 请输入您的一个恢复代码。每个代码只能使用一次。
       *[other] 请输入验证码。
    }
step-open-link = 打开邮件中的链接
    .hint = 如果信息正确，包含链接的邮件正在发送中。可能需要几分钟；也请查看垃圾邮件文件夹。
step-answer = 回答您的问题
    .hint = 所有答案都必须正确。不区分大小写和空格。
step-respond = 在您的设备上确认
    .hint = 请按照设备上的说明操作。
step-confirm-unlock = 解锁帐户
    .hint = 您的密码保持不变。
    .unsettled = 目前不确定上一次尝试是否生效。您可以重试。
step-new-password = 选择新密码
    .hint = 请选择您没有在其他地方使用过的密码。
    .unsettled = 目前不确定上一次尝试是否生效。请再次输入同一密码。
step-done = 完成
    .hint = 更改已生效。
    .propagating = 更改已保存。请等待几分钟，待其同步到所有系统后再登录。

## 操作。

action-continue = 继续
action-cancel = 取消
action-resend = 重新发送验证码
action-resend-link = 重新发送链接
action-resend-at = 您可以在 { $at } 重新请求。
action-choose-other = 选择其他方式
action-start-again = 重新开始
action-help = 联系管理员
action-skip = 暂时跳过
action-sign-in = 前往登录

## 登录时的提示。

prompt-change-password = 更改您的密码
    .hint = 您的密码已过期，或仅可用于更改密码。
prompt-register = 设置您的登录方法
    .hint = 设置后，您可以自行重置密码。您的组织要求您注册登录方法。
prompt-reconfirm = 检查您的登录方法
    .hint = 请确认它们仍然正确，或进行更改。
prompt-nothing-offered = 您无法注册
    .hint = 您的组织不允许管理员重置自己的密码。
skip-until = 您可以在 { $until } 之前跳过此步骤。

## 新密码的规则。

guide-length = { $least } 到 { $most } 个字符。空格和各种文字均可。
guide-classes = 至少包含以下字符类型中的 { $required } 种：小写字母、大写字母、数字、符号。
guide-score = 难以猜到：请使用互不相关的词语，而不是姓名、日期或键盘上的一排按键。
guide-ascii = 只能使用基本拉丁字母、数字、空格和常用符号。
guide-blocked = 不能使用常见密码、姓名或您组织的相关词语。

password-too-short = 密码少于 { $min } 个字符。
    .hint = 请使用更多的词语。几个互不相关的词语便于记忆。
password-too-long = 密码多于 { $max } 个字符。
    .hint = 请减少字符数。
password-control = 密码包含不可见的控制字符，例如制表符。
    .hint = 请将其删除。它可能来自复制的文本。
password-unassigned = 密码包含不属于任何文字的字符。
    .hint = 请使用键盘上的字符。
password-not-ascii = 密码包含基本拉丁字符以外的字符。
    .hint = 请使用不带重音的字母、数字和常用符号。
password-needs-classes = 密码需要 { $needed } 种字符类型，目前只有 { $found } 种。
    .hint = 请混合使用小写字母、大写字母、数字和符号。
password-too-many-bytes = 密码多于 { $max } 个字节。
    .hint = 请缩短密码，或使用基本拉丁字母：其他文字占用更多字节。
password-guessable = 密码太容易被猜到：得分为 { $points }，至少需要 { $needed }。
    .hint = 请添加互不相关的词语。
password-too-weak = 密码太容易被猜到：强度为 { $score }（最高 4），至少需要 { $needed }。
    .hint = 请添加互不相关的词语。姓名、日期、键盘上的一排按键和重复内容最先被猜到。
password-common = 这是常见密码或与之相似。
    .hint = 攻击者会首先尝试常见密码。请使用几个互不相关的词语。
password-banned-word = 密码由您组织的相关词语组成。
    .hint = 请不要使用产品、地点或组织的名称。
password-context-word = 密码由您的姓名、地址或帐户中的词语组成。
    .hint = 请不要使用他人了解的有关您的信息。
password-directory-too-young = 您当前的密码刚更改不久，暂时不能再次更改。
password-directory-history = 您以前使用过此密码。
password-directory-complexity = 密码不符合您组织的复杂性要求。
password-directory-length = 密码不符合您组织的长度要求。
password-directory-filter = 您组织的筛选器不接受此密码。
password-directory-unspecified = 您组织的目录不接受此密码。
password-directory-breached = 此密码在已泄露密码的列表中。

## 拒绝。

refusal-not-accepted = 未被接受。请检查后重试。
refusal-ended = 此流程已结束。请重新开始。
refusal-ticket-replaced = 您已在另一个窗口中继续。请在那里继续，或重新开始。
refusal-already-proven = 此项已确认。请选择其他方式。
refusal-not-offered = 不提供此方式。请选择其他方式。
refusal-too-often = 操作过于频繁。请在 { $at } 重试。
refusal-too-many-codes = { $limit ->
    [prefix] 此号段的验证码请求过多。请在 { $at } 重试，或使用其他号码。
   *[destination] 此地址或号码的验证码请求过多。请在 { $at } 重试，或使用其他地址或号码。
}
refusal-more-proof-needed = 还需要再确认一项。
refusal-password = 无法使用此密码。
refusal-directory-password = 无法使用此密码。
refusal-busy = 更改仍在进行中。请在 { $at } 重试。
refusal-overloaded = 当前正在检查的答案过多。请在 { $at } 重试。
refusal-human-check-required = 请先确认您不是机器人。
refusal-not-eligible = 您无法在此处重置密码。
refusal-reauthentication-required = 请重新登录，然后重复此步骤。
refusal-second-factor-required = 请先在登录时完成第二重验证。如果您没有设置，请询问管理员。
refusal-not-authorised = 您没有执行此操作的角色。
refusal-own-account = 您不能对自己的帐户执行此操作。请联系其他管理员。
refusal-conflict = 内容已被更改。请重新加载。
refusal-policy-not-served = 此服务无法执行该策略。
refusal-not-found = 不存在。
refusal-limit-reached = 已达到数量上限。请先删除一个。
failure = 出现问题。请几分钟后重试。
