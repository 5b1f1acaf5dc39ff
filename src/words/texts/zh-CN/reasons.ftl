### 拒绝重置的原因：供管理员查看的原因，`.user` 供用户查看，`.advice` 为解决方法。

remedy-label = 谁可以排除原因
remedy = { $remedy ->
    [user] 用户
    [elsewhere] 保存密码的系统
    [wait] 时间：请稍后重试
   *[administrator] 管理员
}
part-contact = 您无法在此处执行其他操作：请联系管理员。

reason-unknown-tenant = 目录不识别该租户
    .user = 我们不识别您的组织。{ part-contact }
    .advice = 请检查请求中的租户名称
reason-unknown-user = 没有帐户使用此标识符
    .user = 找不到使用此名称的帐户。请检查拼写。
    .advice = 请检查登录名的拼写
reason-several-users = 多个帐户使用此标识符
    .user = 多个帐户使用此名称。请使用您的登录名。
    .advice = 请使用登录名，而不是共享邮箱
reason-home-tenant = 密码由主租户保存
    .user = 您的密码由您所属的组织保存。请在那里重置。
    .advice = 请在主租户中重置密码
reason-personal-account = 这是个人帐户，密码由其提供商保存
    .user = 这是个人帐户。请使用其提供商的帐户恢复功能。
    .advice = 请使用其提供商的帐户恢复功能
reason-account-disabled = 帐户已禁用
    .user = 您的帐户已禁用。{ part-contact }
    .advice = 请启用该帐户
reason-other-incarnation = 记录属于此 ID 以前的用户
    .user = 您的帐户需要先由管理员确认。{ part-contact }
    .advice = 请确认是同一用户，或清除该帐户的记录
reason-no-policy = 未定义策略
    .user = 您的组织尚未配置密码重置。{ part-contact }
    .advice = 请为该租户定义策略
reason-switched-off = 自助式密码重置已关闭
    .user = 您的组织已关闭密码重置。{ part-contact }
    .advice = 请开启自助式密码重置
reason-administrators-off = 已对管理员关闭自助式密码重置
    .user = 您的组织不允许管理员重置自己的密码。{ part-contact }
    .advice = 请对管理员开启此功能，或由其他管理员重置密码
reason-writeback-off = 写回已关闭
    .user = 您的组织尚未启用所需的服务。{ part-contact }
    .advice = 请在策略中开启写回，并在本地进行配置
reason-not-entitled = 缺少许可证
    .user = 您的帐户缺少所需的许可证。{ part-contact }
    .advice = 请分配包含自助式密码重置的许可证
reason-not-in-scope = 用户不在任何所选组中
    .user = 您的帐户未启用密码重置。{ part-contact }
    .advice = 请将用户添加到所选组
reason-administrator-required = 需要管理员对目录进行处理
    .user = 您组织的配置存在问题。{ part-contact }
    .advice = 请检查服务帐户的权限以及审核事件的详细信息
reason-repudiated = 所有者否认了一项更改
    .user = 您的帐户的一项更改被报告为非本人操作，因此您无法自行重置密码。{ part-contact }
    .advice = 请核实所有者身份，检查帐户的方法，然后解除阻止
reason-protected = 帐户受保护，不能重置密码
    .user = 您的帐户受保护，不能重置密码。{ part-contact }
    .advice = 请由目录的管理员重置密码
reason-directory-unreachable = 无法连接到目录
    .user = 目前无法连接到该服务。请稍后重试；如果问题持续，请联系管理员。
    .advice = 请稍后重试；如果问题持续，请检查与目录的连接
reason-too-few-methods = 注册的方法太少
    .user = 您注册的方法不足。{ part-contact }
    .advice = 请提供联系信息，或重置密码并让用户注册
reason-service-incomplete = 服务缺少验证方法所需的组件
    .user = 该服务尚未完全配置。{ part-contact }
    .advice = 请为策略的每个通道配置提供商，并为身份验证器应用配置密封
reason-blocked = 失败次数已用尽
    .user = 失败的尝试过多。请等待，或使用其他方法。
    .advice = 请等待锁定结束、使用其他方法，或清除失败计数
reason-no-such-method = 帐户没有此方法
    .user = 您无法使用此方法。请选择其他方法。
    .advice = 请选择其他方法
reason-password-refused = 目录未接受该密码
    .user = 您的组织不接受此密码。请选择其他密码。
    .advice = 请选择其他密码
reason-not-propagated = 密码已写入，但尚未同步到所有系统
    .user = 您的密码已重置。请等待几分钟，然后使用新密码登录。
    .advice = 请等待几分钟，然后使用新密码登录
