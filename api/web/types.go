package web

import (
	"slices"
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
)

// typeNames are the event types of DOMAIN.md 5 and FORMAT.md 5 on screen.
var typeNames = map[string]domain.Words{
	"ledger.opened": {ZH: "账本启用", EN: "Ledger opened"}, "ledger.sealed": {ZH: "封存检查点", EN: "Checkpoint sealed"}, "ledger.trust.changed": {ZH: "公钥变更", EN: "Keys changed"},
	"user.enrolled": {ZH: "登记用户", EN: "User enrolled"}, "role.granted": {ZH: "授予角色", EN: "Role granted"}, "role.revoked": {ZH: "收回角色", EN: "Role revoked"},
	"district.registered": {ZH: "登记区划", EN: "District registered"}, "organisation.registered": {ZH: "登记单位", EN: "Organisation registered"},
	"organisation.changed": {ZH: "单位变更", EN: "Organisation changed"}, "organisation.rated": {ZH: "等级评估", EN: "Organisation rated"}, "organisation.inspected": {ZH: "年检结论", EN: "Yearly inspection"},
	"fund.opened": {ZH: "设立资金", EN: "Fund opened"}, "fund.policy-set": {ZH: "资金规则", EN: "Fund policy set"}, "project.registered": {ZH: "登记项目", EN: "Project registered"}, "project.closed": {ZH: "项目结项", EN: "Project closed"},
	"evidence.attached": {ZH: "补附材料", EN: "Evidence attached"}, "appropriation.received": {ZH: "指标下达", EN: "Appropriation received"}, "appropriation.reduced": {ZH: "指标核减", EN: "Appropriation reduced"},
	"fund.transferred": {ZH: "转移支付", EN: "Transferred out"}, "fund.transfer-received": {ZH: "收到转移", EN: "Transfer received"},
	"pledge.made": {ZH: "认捐", EN: "Pledge made"}, "pledge.released": {ZH: "认捐解除", EN: "Pledge released"}, "donation.received": {ZH: "收到捐款", EN: "Donation received"},
	"goods.received": {ZH: "接收物资", EN: "Goods received"}, "goods.revalued": {ZH: "物资重估", EN: "Goods revalued"}, "goods.delivered": {ZH: "发放物资", EN: "Goods delivered"}, "goods.written-off": {ZH: "物资核销", EN: "Goods written off"},
	"allocation.made": {ZH: "安排", EN: "Allocated"}, "allocation.released": {ZH: "安排收回", EN: "Allocation released"}, "allocation.moved": {ZH: "安排调整", EN: "Allocation moved"},
	"award.proposed": {ZH: "拟立项", EN: "Award proposed"}, "objection.raised": {ZH: "提出异议", EN: "Objection raised"}, "objection.resolved": {ZH: "异议处理", EN: "Objection resolved"},
	"award.confirmed": {ZH: "立项", EN: "Award confirmed"}, "agreement.signed": {ZH: "签约", EN: "Agreement signed"}, "agreement.amended": {ZH: "变更协议", EN: "Agreement amended"},
	"award.terminated": {ZH: "终止", EN: "Award terminated"}, "award.evaluated": {ZH: "评估", EN: "Evaluated"}, "hold.placed": {ZH: "暂停拨付", EN: "Hold placed"}, "hold.released": {ZH: "恢复拨付", EN: "Hold released"},
	"award.disbursed": {ZH: "拨付", EN: "Disbursed"}, "expenditure.accepted": {ZH: "核销", EN: "Expenditure accepted"}, "match.evidenced": {ZH: "配套落实", EN: "Match evidenced"}, "match.waived": {ZH: "配套免除", EN: "Match waived"},
	"refund.demanded": {ZH: "要求退款", EN: "Refund demanded"}, "refund.received": {ZH: "收到退款", EN: "Refund received"}, "refund.written-off": {ZH: "退款核销", EN: "Refund written off"},
	"entry.reversed": {ZH: "红字冲销", EN: "Reversal"}, "entry.reclassified": {ZH: "受益地区更正", EN: "Reclassified"}, "expenditure.adjusted": {ZH: "以前年度调整", EN: "Prior-year adjustment"},
	"year.lapsed": {ZH: "结余收回", EN: "Lapsed"}, "year.carried": {ZH: "结转", EN: "Carried over"}, "year.closed": {ZH: "年度关账", EN: "Year closed"},
	"proposal.made": {ZH: "提交待审", EN: "Proposal made"}, "proposal.approved": {ZH: "审批通过", EN: "Proposal approved"}, "proposal.rejected": {ZH: "退回", EN: "Proposal sent back"}, "proposal.withdrawn": {ZH: "撤回", EN: "Proposal withdrawn"},
}

// typeWords is the name of a type, the type itself when it is not known.
func typeWords(typ string) domain.Words {
	name := typ
	if i := strings.LastIndex(typ, ".v"); i > 0 {
		name = typ[:i]
	}
	if w, ok := typeNames[name]; ok {
		return w
	}
	return domain.Words{ZH: typ, EN: typ}
}

// kindOf sorts types by what they do to the money.
func kindOf(typ string) string {
	switch {
	case strings.HasPrefix(typ, "entry."), strings.HasPrefix(typ, "expenditure.adjusted"):
		return "bad"
	case strings.HasPrefix(typ, "award.disbursed"), strings.HasPrefix(typ, "goods.delivered"):
		return "out"
	case strings.HasSuffix(typ, "received.v1"):
		return "in"
	}
	return ""
}

// purposeWords is the name of a purpose by its code.
func purposeWords(code string) domain.Words {
	if p, ok := division.PurposeOf(code); ok {
		return domain.Words{ZH: p.ZH, EN: p.EN}
	}
	if code == "" {
		return domain.Words{ZH: "—", EN: "—"}
	}
	return domain.Words{ZH: code, EN: code}
}

// Types are the types that entries come from, as choices of a filter; chosen
// are the values in force.
func (r *Reader) Types(chosen []string) []Choice {
	names := make([]string, 0, len(typeNames))
	for name := range typeNames {
		names = append(names, name)
	}
	slices.Sort(names)
	out := make([]Choice, 0, len(names))
	for _, name := range names {
		typ := name + ".v1"
		out = append(out, Choice{Label: typeNames[name].In(r.Lang), URL: typ, Here: slices.Contains(chosen, typ)})
	}
	return out
}
