### 消息：代码、链接和通知。说明见 en/messages.ftl。

## 时间和时长。

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
    [minutes] { $count } 分钟
    [hours] { $count } 小时
   *[days] { $count } 天
}
validity = 在 { $until } 之前
validity-for = 在 { $span }内（{ $until } 之前）

## 组成部分。

part-goal = { $purpose ->
    [reset] 重置密码
    [register] 确认登录方法
   *[unlock] 解锁帐户
}
part-kind = { $method ->
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
   *[host_verified] 验证方法
}
part-not-you = 如果这不是您本人的操作，请立即告知管理员：其他人可能能够访问您的帐户。
part-not-you-short = 非本人操作？请立即告知管理员。
part-ask = 如果您没有预料到此操作，请立即通过您以前用过的联系方式询问管理员。
part-ask-short = 感到意外？请立即询问管理员。
part-others = 如果您没有预料到此操作，请立即询问其他管理员。
part-others-short = 感到意外？请立即询问其他管理员。
part-no-link = 请通过网址或您自己的书签打开您组织平时使用的登录页。本消息特意不含任何链接和代码。
part-no-link-short = 请打开平时使用的登录页。如有疑问，请询问管理员。

## 每封邮件。

mail-greeting = { $person }，您好：
mail-requested = 请求时间：{ $at }。
mail-requested-from = 请求时间：{ $at }（{ $origin }）。
mail-origin = 请求来自：{ $origin }。
mail-contact = 帮助：{ $contact }
# A tenant whose name cannot be shown.
nameless = 您的组织
list-separator = 、
device = { $device ->
    [windows] Windows
    [macos] macOS
    [linux] Linux
    [chromeos] ChromeOS
    [android] Android
    [ios] iOS
   *[other] 其他设备
}

# A country by its ISO 3166 code. One that is not in the list is shown as its code.
country = { $code ->
    [AT] 奥地利
    [AU] 澳大利亚
    [BE] 比利时
    [BG] 保加利亚
    [BR] 巴西
    [BY] 白俄罗斯
    [CA] 加拿大
    [CH] 瑞士
    [CN] 中国
    [CY] 塞浦路斯
    [CZ] 捷克
    [DE] 德国
    [DK] 丹麦
    [EE] 爱沙尼亚
    [ES] 西班牙
    [FI] 芬兰
    [FR] 法国
    [GB] 英国
    [GR] 希腊
    [HK] 香港特别行政区
    [HR] 克罗地亚
    [HU] 匈牙利
    [ID] 印度尼西亚
    [IE] 爱尔兰
    [IN] 印度
    [IS] 冰岛
    [IT] 意大利
    [JP] 日本
    [KR] 韩国
    [LT] 立陶宛
    [LU] 卢森堡
    [LV] 拉脱维亚
    [MO] 澳门特别行政区
    [MT] 马耳他
    [MX] 墨西哥
    [MY] 马来西亚
    [NL] 荷兰
    [NO] 挪威
    [NZ] 新西兰
    [PH] 菲律宾
    [PL] 波兰
    [PT] 葡萄牙
    [RO] 罗马尼亚
    [RU] 俄罗斯
    [SE] 瑞典
    [SG] 新加坡
    [SI] 斯洛文尼亚
    [SK] 斯洛伐克
    [TH] 泰国
    [TR] 土耳其
    [TW] 台湾
    [UA] 乌克兰
    [US] 美国
    [VN] 越南
    [ZA] 南非
   *[other] { $code }
}

## 代码。

code = { $organisation }：用于{ part-goal }的验证码
    .intro = 您在 { $organisation } { part-goal }的验证码是：
    .validity = 该验证码{ $validity }有效，且只能使用一次。新的验证码会使旧的失效：请使用最后收到的验证码。
    .secrecy = 请勿将此验证码告知他人。{ $organisation } 绝不会向您索要验证码。
    .unasked = 如果您没有请求过验证码，则无需执行任何操作：没有验证码，什么都不会改变。如果持续收到此类消息，请告知管理员。
    .text = { $organisation }：验证码 { $code }，用于{ part-goal }，{ $clock } 前有效。请勿告知他人。非本人操作请忽略。
    .text-short = { $organisation }：验证码 { $code }，用于{ part-goal }，{ $clock } 前有效。请勿告知他人。
    .text-shortest = { $organisation }：{ $code } 用于{ part-goal }。请勿告知他人。
    .call =
        您好。这是 { $organisation } 的来电。
        您用于{ part-goal }的验证码是：{ $spoken }。
        重复一遍，您的验证码是：{ $spoken }。
        该验证码{ $validity }有效。新的验证码会使旧的失效。
        请勿将此验证码告知任何人。如果您没有请求过验证码，请忽略此来电。
        再见。
code-letter = { $letter }（{ $word } 的 { $letter }）

## 链接。

link = { $organisation }：用于{ part-goal }的链接
    .intro = { $by ->
        [administrator] { $organisation } 的管理员向您发送了此链接，用于{ part-goal }。打开链接以继续：
       *[user] 有人在 { $organisation } 请求了此链接，用于{ part-goal }。如果是您本人，请打开链接以继续：
    }
    .effect = { $purpose ->
        [reset] 它会打开一个请您确认的页面，之后您可以设置新密码。仅打开链接不会改变任何内容。
        [register] 它会打开一个页面，请您确认此电子邮件地址属于您。仅打开链接不会改变任何内容。
       *[unlock] 它会打开一个请您确认的页面，之后您可以解锁帐户。您的密码保持不变。仅打开链接不会改变任何内容。
    }
    .validity = 该链接{ $validity }有效，且只能使用一次。新的链接会使旧的失效：请使用最后收到的链接。
    .secrecy = 请勿将此链接告知他人，也不要转发本邮件：任何拥有该链接的人都可以使用它。{ $organisation } 绝不会向您索要链接。
    .unasked = { $by ->
        [administrator] 如果您没有预料到此邮件，请在打开链接之前，通过您以前用过的联系方式询问管理员：没有链接，什么都不会改变。
       *[user] 如果不是您本人，请不要打开链接，也无需执行任何操作：没有链接，什么都不会改变。如果持续收到此类消息，请告知管理员。
    }

sign-in-names = { $organisation }：您的登录名
    .intro = 有人使用此电子邮件地址在 { $organisation } 请求了新密码。多个帐户使用此地址，因此无法确定是哪一个。这些帐户的登录名为：
    .next = 请重新开始，并输入该帐户的登录名，而不是电子邮件地址。
    .unasked = 如果不是您本人，则无需执行任何操作：没有任何更改。如果持续收到此类消息，请告知管理员。

## 通知。

notice-subject = { $organisation }：{ $headline }
notice-text = { $organisation }：{ $headline }。{ $short }
notice-footer = 每次发生此类操作时，{ $organisation } 都会发送本消息。无需回复。
notice-about = { $long }帐户：{ $account }
notice-call =
    您好。这是 { $organisation } 的来电。
    { $long }
    { $short }
    再见。

notice-password-reset = 您的密码已重置
    .long = 您的密码已于 { $at } 重置。
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-password-may-have-changed = 您的密码可能已重置
    .long = 您的密码可能已于 { $at } 重置。
    .advice = 目前不确定新密码是否已被接受。请使用新密码登录；如果失败，请使用之前的密码。{ part-not-you }
    .short = 请先试新密码，再试旧密码。{ part-not-you-short }
notice-password-changed = 您的密码已更改
    .long = 您的密码已于 { $at } 更改。
    .advice = 此更改使用了旧密码。如果不是您本人的操作，请立即在您组织平时使用的登录页重置密码，并立即告知管理员。
    .short = 非本人操作？请立即重置密码并告知管理员。
notice-account-unlocked = 您的帐户已解锁
    .long = 您的帐户已于 { $at } 解锁。
    .advice = 您的密码没有更改。如果不是您本人的操作，请立即告知管理员：其他人可以使用您的登录方法。
    .short = 您的密码没有更改。{ part-not-you-short }
notice-account-may-have-been-unlocked = 您的帐户可能已解锁
    .long = 您的帐户可能已于 { $at } 解锁。
    .advice = 目前不确定解锁是否生效；您的密码没有更改。请尝试登录；如果帐户仍被锁定，请再次解锁。如果不是您本人的操作，请立即告知管理员：其他人可以使用您的登录方法。
    .short = 请尝试登录。{ part-not-you-short }
notice-method-added = 已添加登录方法：{ part-kind }
    .long = 已于 { $at } 添加登录方法：{ part-kind }。
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-removed = 已删除登录方法：{ part-kind }
    .long = 已于 { $at } 删除登录方法：{ part-kind }。
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-method-replaced = 您的{ part-kind }已更换
    .long = 您的{ part-kind }已于 { $at } 更换。
    .advice = { $method ->
        [recovery_code] 之前的恢复代码已失效。{ part-not-you }
        [security_questions] 之前的问题不再使用。{ part-not-you }
       *[other] 之前的{ part-kind }已失效。{ part-not-you }
    }
    .short = 旧的方法已失效。{ part-not-you-short }
notice-methods-revoked = 管理员删除了您的登录方法
    .long = 管理员于 { $at } 删除了您的登录方法。
    .advice = 您注册过的方法已失效。在重新注册之前，您无法自行重置密码。{ part-ask }
    .short = 请在下次登录时重新注册。感到意外？请询问管理员。
notice-recovery-code-used = 您的一个恢复代码已被使用
    .long = 您的一个恢复代码已于 { $at } 被使用。
    .advice = { part-left }用过的代码不再有效。{ part-not-you }
    .short = { part-left }{ part-not-you-short }
part-left = { $left ->
    [0] 没有剩余代码：请创建新的代码。
    [1] 还剩 1 个代码：请尽快创建新的代码。
   *[other] 还剩 { $left } 个代码。
}
notice-registration-required = 请重新注册您的登录方法
    .long = 管理员于 { $at } 要求您在下次登录时重新注册登录方法。
    .advice = { part-no-link }{ part-ask }
    .short = { part-no-link-short }
notice-reset-requested = 请重置您的密码
    .long = 管理员于 { $at } 要求您重置密码。
    .advice = { part-no-link }{ part-ask }
    .short = { part-no-link-short }
notice-contacts-changed = 管理员更改了您用于重置密码的联系信息
    .long = 管理员于 { $at } 更改了您用于重置密码的联系信息。
    .advice = 从现在起，用于重置密码的验证码将发送到新的联系信息。{ part-ask }
    .short = { part-ask-short }
notice-unblocked = 管理员重新开放了您的登录方法
    .long = 管理员于 { $at } 重新开放了您的登录方法。
    .advice = 因多次尝试失败而关闭的方法现在可以再次使用。{ part-ask }
    .short = 已关闭的方法可再次使用。感到意外？请询问管理员。
part-failures = { $method ->
    [security_questions] 您的安全问题多次回答错误
    [password] 您的密码多次输入错误
   *[other] 您的{ part-kind }多次验证失败
}
notice-many-failures = { part-failures }
    .long = 截至 { $at }，{ part-failures }。
    .advice = 如果不是您本人的操作，则可能有人正在尝试猜测。您的密码没有更改。如果失败次数继续大幅增加，这种重置方式将被关闭；请告知管理员。
    .short = { part-not-you-short }
notice-administrator-may-have-reset = 一位管理员可能重置了自己的密码
    .long = 一位管理员可能于 { $at } 重置了自己的密码。
    .advice = 目前不确定新密码是否已被接受。{ part-others }
    .short = { part-others-short }
notice-administrator-reset = 一位管理员重置了自己的密码
    .long = 一位管理员于 { $at } 重置了自己的密码。
    .advice = { part-others }
    .short = { part-others-short }
notice-several-changes = { $password ->
    [yes] 您的帐户有多项更改，其中包括新密码
   *[no] 您的帐户有多项更改
}
    .long = { $password ->
        [yes] 在 { $since } 至 { $until } 之间，您的帐户被更改或尝试更改 { $count } 次；其中包括新密码。本消息代表这 { $count } 次，因此您不会逐一收到消息。
       *[no] 在 { $since } 至 { $until } 之间，您的帐户被更改或尝试更改 { $count } 次。本消息代表这 { $count } 次，因此您不会逐一收到消息。
    }
    .advice = { part-not-you }
    .short = { part-not-you-short }
notice-temporary-password = 管理员设置了临时密码
    .long = 管理员于 { $at } 设置了临时密码。
    .advice = 之前的密码不再有效。使用临时密码登录时，您必须设置新密码。{ part-ask }
    .short = { part-ask-short }
notice-repudiated = 您的帐户的一项更改被报告为非本人操作
    .long = { $at }，您的帐户的一项更改被报告为非本人操作。
    .advice = 您的会话将结束，{ $count ->
        [0] 没有删除任何方法
       *[other] 已删除新添加的 { $count } 个方法
    }；在管理员重新开放您的帐户之前，您无法自行重置密码。请立即致电管理员。如果不是您报告的，则有人能够读取您的邮件。
    .short = 只有管理员可以重新开放您的帐户。感到意外？请立即致电管理员。
notice-owner-repudiated = 一位用户报告了非本人的更改
    .long = { $at }，一位用户报告了非本人的更改。
    .advice = 可能有他人访问过该帐户，自助服务已被阻止。报告者的身份未经证实：请先确认用户身份，检查帐户的方法，然后解除阻止。
    .short = 自助服务已被阻止。请先确认报告者的身份。
notice-repudiation =
    .intro = 如果不是您本人的操作，请打开此页面并在其中确认。更改将尽可能撤销，您的会话将结束，在管理员重新开放您的帐户之前，您无法自行重置密码：
    .validity = 此页面{ $validity }，并且只能确认一次。仅打开页面不会更改任何内容。请勿转发此邮件。
notice-help-requested = 一位用户请求协助重置密码
    .long = { $at }，有用户请求协助重置密码。
    .advice = 请求者的身份未经证实：可能并非该用户本人。在提供帮助之前，请通过不依赖此请求的方式确认其身份，例如拨打您早已知道的号码或当面确认。绝不要将密码或验证码交给来电者或回复本消息的人。
    .short = 请求者的身份未经证实：请先确认身份再提供帮助。
notice-help-requests = 更多用户请求协助重置密码
    .long = 在 { $since } 至 { $until } 之间，又有 { $count } 次协助重置密码的请求。您不会逐一收到消息；审核日志中有全部记录。
    .advice = 短时间内如此多的请求可能是攻击。请求者的身份未经证实：在提供帮助之前，请通过不依赖此请求的方式确认其身份。
    .short = 请求者的身份未经证实：请先确认身份再提供帮助。
