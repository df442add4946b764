package projections

import (
	"strings"

	"grantledger/domain"
	"grantledger/domain/division"
)

// stages are the steps of a history (UX.md 9).
var stages = map[string]domain.Words{
	"award.proposed.v1":         {ZH: "拟立项", EN: "Proposed"},
	"objection.raised.v1":       {ZH: "公示", EN: "On notice"},
	"objection.resolved.v1":     {ZH: "公示", EN: "On notice"},
	"award.confirmed.v1":        {ZH: "立项", EN: "Confirmed"},
	"agreement.signed.v1":       {ZH: "签约", EN: "Signed"},
	"agreement.amended.v1":      {ZH: "签约", EN: "Signed"},
	"award.disbursed.v1":        {ZH: "拨付", EN: "Payment"},
	"expenditure.accepted.v1":   {ZH: "核销", EN: "Accepted"},
	"refund.demanded.v1":        {ZH: "退款", EN: "Refund"},
	"refund.received.v1":        {ZH: "退款", EN: "Refund"},
	"refund.written-off.v1":     {ZH: "退款", EN: "Refund"},
	"award.terminated.v1":       {ZH: "终止", EN: "Terminated"},
	"entry.reversed.v1":         {ZH: "红字冲销", EN: "Reversal"},
	"entry.reclassified.v1":     {ZH: "受益地区更正", EN: "Reclassified"},
	"expenditure.adjusted.v1":   {ZH: "以前年度调整", EN: "Prior-year adjustment"},
	"allocation.made.v1":        {ZH: "分配", EN: "Allocated"},
	"allocation.released.v1":    {ZH: "分配", EN: "Allocated"},
	"allocation.moved.v1":       {ZH: "分配", EN: "Allocated"},
	"appropriation.received.v1": {ZH: "下达", EN: "Authority in"},
	"appropriation.reduced.v1":  {ZH: "下达", EN: "Authority in"},
	"year.lapsed.v1":            {ZH: "年终", EN: "Year end"},
	"year.carried.v1":           {ZH: "年终", EN: "Year end"},
	"year.closed.v1":            {ZH: "年终", EN: "Year end"},
}

// groupStages name what is left by the first word of the event's type.
var groupStages = map[string]domain.Words{
	"ledger": {ZH: "账簿", EN: "Ledger"}, "user": {ZH: "用户", EN: "Users"}, "role": {ZH: "用户", EN: "Users"},
	"organisation": {ZH: "登记", EN: "Register"}, "project": {ZH: "登记", EN: "Register"}, "fund": {ZH: "资金", EN: "Fund"},
	"district": {ZH: "登记", EN: "Register"}, "evidence": {ZH: "凭证", EN: "Evidence"}, "proposal": {ZH: "审批", EN: "Approval"},
	"pledge": {ZH: "认捐", EN: "Pledge"}, "donation": {ZH: "捐赠", EN: "Donation"}, "goods": {ZH: "物资", EN: "Goods"},
	"match": {ZH: "配套", EN: "Match"}, "hold": {ZH: "暂停拨付", EN: "Hold"}, "award": {ZH: "立项", EN: "Award"},
}

// Stage names the step that an event is in a history. detail is the instalment
// of a payment, and 1 or 2 for a midterm or final evaluation; replaces marks an
// entry made in place of a reversed one.
func Stage(eventType string, detail int, corrects bool) domain.Words {
	switch {
	case eventType == "award.disbursed.v1" && detail == 1 && !corrects:
		return domain.Words{ZH: "首期拨付", EN: "First payment"}
	case eventType == "award.evaluated.v1" && detail == 1:
		return domain.Words{ZH: "中期评估", EN: "Mid-term"}
	case eventType == "award.evaluated.v1":
		return domain.Words{ZH: "末期评估", EN: "Final"}
	}
	if w, ok := stages[eventType]; ok {
		if corrects && !isCorrection(eventType) {
			return domain.Words{ZH: "更正", EN: "Replacement"}
		}
		return w
	}
	group, _, _ := strings.Cut(eventType, ".")
	return groupStages[group]
}

func isCorrection(eventType string) bool {
	return eventType == "entry.reversed.v1" || eventType == "entry.reclassified.v1" || eventType == "expenditure.adjusted.v1"
}

// Title names what an event did: the title of the command that makes it.
func Title(eventType string) domain.Words {
	switch eventType {
	case "ledger.sealed.v1":
		return domain.Words{ZH: "签发检查点", EN: "Checkpoint sealed"}
	case "ledger.trust.changed.v1":
		return domain.Words{ZH: "变更可信公钥", EN: "Trusted keys changed"}
	case "proposal.made.v1":
		return domain.Words{ZH: "提交审批", EN: "Submitted for approval"}
	case "year.carried.v1":
		return domain.Words{ZH: "年终结转", EN: "Carried over"}
	}
	if d := domain.CommandOf(eventType); d != nil {
		return d.Title
	}
	return domain.Words{ZH: eventType, EN: eventType}
}

var sourceWords = map[string]domain.Words{
	"lottery":  {ZH: "福彩公益金", EN: "Lottery funds"},
	"venture":  {ZH: "公益创投", EN: "Venture philanthropy"},
	"donation": {ZH: "社会捐赠", EN: "Donations"},
}

// Label names the value of a key; ok is false when it has no name but itself.
// Names are those of now.
func Label(l *domain.Ledger, k Key, value string) (words domain.Words, ok bool) {
	same := func(name string) (domain.Words, bool) { return domain.Words{ZH: name, EN: name}, name != "" }
	switch k {
	case Fund:
		f, _ := l.Fund(value)
		return same(f.Name)
	case Project:
		p, _ := l.Project(value)
		return same(p.Name)
	case Organisation:
		o, _ := l.Organisation(value)
		return same(o.Name)
	case District, Province, City:
		return same(l.Register().Name(value, domain.MaxYear))
	case Source:
		words, ok = sourceWords[value]
		return words, ok
	case Purpose:
		p, found := division.PurposeOf(value)
		return domain.Words{ZH: p.ZH, EN: p.EN}, found
	}
	return domain.Words{}, false
}
