package audit

import "grantledger/domain"

// Test is one of the tests of DOMAIN.md 13.
type Test struct {
	ID       string // "A05"
	Kinds    []Kind
	Title    domain.Words
	Rule     domain.Words // when it hits, with the bounds of the settings
	Settings []Setting
}

// Tests lists the tests by id, with the settings they run with.
func Tests(s Settings) []Test {
	re, pat, both := []Kind{Recheck}, []Kind{Pattern}, []Kind{Recheck, Pattern}
	list := []Test{
		{"A01", re, domain.Words{ZH: "用途", EN: "Purpose"}, say(
			"分录的用途当时不在该资金的用途范围内",
			"a line with a purpose that was not in the fund's list at that position"), nil},
		{"A02", pat, domain.Words{ZH: "下达及时性", EN: "Passing on"}, say(
			"转移支付下达超过 %[1]d 天才接收或仍未接收; 指标下达 %[2]d 天后分配或转移不足 %[3]d%%",
			"a transfer received later than %[1]d days after it was sent, or not received for so long; an appropriation of which after %[2]d days less than %[3]d %% is allocated or transferred",
			s.ReceiveDays, s.PassOnDays, s.PassOnPercent), nil},
		{"A03", pat, domain.Words{ZH: "资金闲置", EN: "Idle money"}, say(
			"年度执行率 6 月 30 日低于 %d%%、9 月 30 日低于 %d%%、关账时低于 %d%%; 立项确认超过 %d 天没有拨付",
			"rate of a fund year below %d %% on 30 June, %d %% on 30 September, %d %% at closing; an award confirmed and nothing disbursed for more than %d days",
			s.JunePercent, s.SeptemberPercent, s.ClosingPercent, s.UnpaidDays), nil},
		{"A04", pat, domain.Words{ZH: "结余将收回", EN: "Lapse"}, say(
			"下半年仍有以前年度指标未分配或未立项",
			"in the second half of the year: available or allocated of an earlier vintage"), nil},
		{"A05", pat, domain.Words{ZH: "拨付未核销", EN: "Unaccounted"}, say(
			"立项的预拨款超过 %d 天未核销(先拨先核)",
			"an advance of an award older than %d days, not covered by acceptances and refunds (first in, first out)", s.AdvanceDays), nil},
		{"A06", both, domain.Words{ZH: "重复报销", EN: "Double claim"}, say(
			"文号、票据号、银行流水号、发票号、凭证文件或协议编号使用两次; 不同立项 %d 天内核销相同金额",
			"a document, receipt, bank reference, invoice, document of evidence or agreement used twice; two acceptances of different awards with equal amount within %d days", s.EqualDays), nil},
		{"A09", pat, domain.Words{ZH: "化整为零", EN: "Splitting"}, say(
			"同一资金 %[1]d 天内对同一单位有两笔以上立项或拨付, 各不超过审批分档上限且达到其 %[2]d%%; 或各不超过上限的采购合计超过上限",
			"two or more awards or payments to one organisation from one fund within %[1]d days, each within an approval band and at least %[2]d %% of its limit; or purchases within a band that are above it together",
			s.SplitDays, s.SplitPercent), nil},
		{"A10", re, domain.Words{ZH: "采购追加", EN: "Supplement"}, say(
			"采购追加超过首次金额的规定比例",
			"a purchase above its first amount by more than the fund's supplement percent"), nil},
		{"A11", pat, domain.Words{ZH: "配套资金", EN: "Match"}, say(
			"末期评估已登记而配套未落实; 免除的配套超过承诺的 %d%%",
			"final evaluation recorded while match is open; more than %d %% of the promised match waived", s.WaivedPercent), nil},
		{"A12", re, domain.Words{ZH: "程序倒置", EN: "Order"}, say(
			"签订协议前拨付; 公示期未满或异议未处理即确认立项; 阶段未通过即拨付",
			"payment before signing, confirmation before the end of notice or with an open objection, payment against a stage not passed"), nil},
		{"A13", re, domain.Words{ZH: "收款单位", EN: "Payee"}, say("收款单位不是受助单位", "the payee is not the recipient"), nil},
		{"A14", both, domain.Words{ZH: "不相容岗位", EN: "Four eyes"}, say(
			"经办、复核、审批不是不同的人, 或当时没有相应角色, 或步骤少于规则要求; 另列出每次降低审批步骤的规则变更(提示)",
			"maker, checker and approver are not distinct or did not hold their roles then, or fewer steps than the policy wanted; each policy that lowers steps is listed as a pattern"), nil},
		{"A15", both, domain.Words{ZH: "受助资格", EN: "Recipient"}, say(
			"确认立项时受助单位不合格; 受助单位异常、清算或注销而仍有待拨或待核销",
			"the recipient was not eligible at confirmation; recipient abnormal, liquidating or deregistered while committed or advance is above zero"), nil},
		{"A16", pat, domain.Words{ZH: "逾期使用", EN: "Late use"}, say(
			"项目结束超过 %d 天后仍有拨付或核销", "acceptance or payment more than %d days after the project's end", s.LateUseDays), nil},
		{"A17", pat, domain.Words{ZH: "退款逾期", EN: "Refund overdue"}, say(
			"应退款到期(未定期限的 %d 天)仍未退回", "a refund open after its due date (without one: %d days)", s.RefundDays), nil},
		{"A18", pat, domain.Words{ZH: "频繁冲销", EN: "Reversals"}, say(
			"经办人一年内超过 %[1]d%% 且至少 %[2]d 张凭证被冲销; 年末或关账前 %[3]d 天内的冲销",
			"a maker with more than %[1]d %% and at least %[2]d reversed vouchers in a year; any reversal in the last %[3]d days of December or before a close",
			s.ReversedPercent, s.ReversedCount, s.ReversalDays), nil},
		{"A19", pat, domain.Words{ZH: "迟延入账", EN: "Late entry"}, say(
			"入账日期晚于业务日期 %d 天以上", "recorded more than %d days after the business date", s.LateEntryDays), nil},
		{"A22", both, domain.Words{ZH: "物资账实", EN: "Goods"}, say(
			"接收的数量或价值不等于发放、核销与结存之和; 结存超过 %d 天",
			"quantity or value received is not what was delivered, written off and left; stock older than %d days", s.StockDays), nil},
		{"A23", both, domain.Words{ZH: "票据号", EN: "Receipts"}, say(
			"票据号重复; 同一号段缺号(提示, 逐一列出)",
			"a receipt number used twice; numbers of one series with gaps, listed as a pattern"), nil},
	}
	for i := range list {
		for _, setting := range s.List() {
			if setting.Test == list[i].ID {
				list[i].Settings = append(list[i].Settings, setting)
			}
		}
	}
	return list
}

// Find gives the test of that id with default settings; false when there is none.
func Find(id string) (Test, bool) {
	for _, t := range Tests(Defaults()) {
		if t.ID == id {
			return t, true
		}
	}
	return Test{}, false
}
