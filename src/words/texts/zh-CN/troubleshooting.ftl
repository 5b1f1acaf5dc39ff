### 疑难解答页：没有编号的情况，以及写回事件。

condition-no-mail = 收不到邮件
    .advice = 请查看垃圾邮件文件夹，并检查地址和发件人的域
condition-phone-format = 目录中的电话号码无效
    .advice = 请使用加号、国家/地区代码书写，并按策略要求加一个空格；不会拨打分机号
condition-typed-number = 输入的电话号码不被接受
    .advice = 请输入存档的完整号码
condition-one-method = 用户只有一种方法，但需要两种
    .advice = 请注册第二种方法，或提供联系信息
condition-administrators-differ = 管理员需要的方法与用户不同
    .advice = 这是设计使然：管理员有单独的规则
condition-sign-in-name = 电子邮件地址不是登录名
    .advice = 请使用用户主体名称，或将电子邮件地址设置为登录名
condition-throttled = 请求过多
    .advice = 请等到页面显示的时间

writeback-progress = 步骤已成功；写入尚未结束
    .advice = 无需执行任何操作
writeback-written = 密码已写入
    .advice = 无需执行任何操作
writeback-policy = 域的规则拒绝该密码：期限、历史记录、复杂性或筛选器
    .advice = 请选择其他密码；如果所有密码都被拒绝，请检查该帐户是否可以更改密码
writeback-current-password = 更改时输入的当前密码不正确
    .advice = 请重新输入，或重置密码
writeback-administrator = 本地的权限、保护或配置阻止了写入
    .advice = 请检查服务帐户的权限、帐户是否受保护、对象是否重复或缺失以及配置；请关闭写回后再重新开启
writeback-connection = 无法连接到服务、其中继或目录
    .advice = 请检查服务是否正在运行，以及到端口 443 的出站连接是否开放；然后重试
writeback-unknown = 事件未说明发生了什么
    .advice = 请阅读其文本，并检查新密码是否可用
