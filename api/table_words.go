package api

import "grantledger/domain"

// memberWords is the name of a member as a column header shows it; its own
// name when there is none.
func memberWords(member string) domain.Words {
	if w, ok := memberTexts[member]; ok {
		return domain.Words{ZH: w[0], EN: w[1]}
	}
	return domain.Words{ZH: member, EN: member}
}

// memberTexts are the names of members of list items, Chinese and English
// (UX.md 9).
var memberTexts = map[string][2]string{
	"fund": {"资金", "Fund"}, "source": {"来源", "Source"}, "project": {"项目", "Project"}, "organisation": {"单位", "Organisation"},
	"district": {"地区", "District"}, "province": {"省", "Province"}, "city": {"市", "City"}, "year": {"年度", "Year"}, "vintage": {"指标年度", "Vintage"},
	"purpose": {"用途", "Purpose"}, "period": {"期间", "Period"},

	"lines": {"分录数", "Lines"}, "last_position": {"最后一笔", "Last position"}, "first_position": {"第一笔", "First position"}, "statement": {"明细", "Statement"},
	"position": {"序号", "Position"}, "line": {"行", "Line"}, "on": {"业务日期", "Date"}, "time": {"记账时间", "Recorded"}, "type": {"类型", "Type"}, "subject": {"对象", "Subject"},
	"voucher": {"凭证号", "Voucher"}, "account": {"科目", "Account"}, "amount": {"金额", "Amount"}, "balance": {"余额", "Balance"}, "memo": {"摘要", "Memo"}, "docs": {"附件数", "Documents"},
	"corrects": {"更正", "Corrects"}, "corrected_by": {"被更正", "Corrected by"}, "event": {"事件", "Event"}, "stage": {"阶段", "Stage"}, "title": {"事项", "Title"},
	"actor": {"经办", "Actor"}, "actor.id": {"经办", "Actor"}, "actor.name": {"经办人", "Name"}, "id": {"编号", "Id"}, "version": {"版本", "Version"}, "scopes": {"范围", "Scopes"},
	"key": {"业务键", "Key"}, "withheld": {"依法不公开", "Withheld"},

	"label": {"名称", "Name"}, "state": {"状态", "State"}, "published": {"已公开", "Published"}, "url": {"链接", "Link"}, "kind": {"种类", "Kind"}, "level": {"级别", "Level"},
	"predecessors": {"原代码", "Predecessors"}, "successors": {"新代码", "Successors"},

	"name": {"名称", "Name"}, "custody": {"管理方式", "Custody"}, "budget_subject": {"功能科目", "Budget subject"}, "last_closed": {"已结账年度", "Last year closed"},
	"purposes": {"准许用途", "Purposes"}, "lapses": {"结余两年收回", "Lapses"}, "notice_days": {"公示天数", "Days of notice"}, "award_cap": {"单项上限", "Cap of an award"},
	"share_percent": {"配套上限百分比", "Share, percent"}, "min_rating": {"最低评估等级", "Minimum rating"}, "inspection": {"须年检合格", "Inspection needed"},
	"one_award": {"一年一项", "One award"}, "supplement_percent": {"追加上限百分比", "Supplement, percent"}, "approval": {"审批规则", "Approval"},
	"parent": {"所属届次", "Parent"}, "place": {"地点", "Place"}, "starts": {"开始", "Starts"}, "ends": {"结束", "Ends"}, "closed": {"已结项", "Closed"},
	"uscc": {"统一社会信用代码", "USCC"}, "identifier": {"代码校验", "Identifier"}, "status": {"登记状态", "Status"}, "ratings": {"评估等级", "Ratings"},
	"inspections": {"年检", "Inspections"}, "holds": {"暂停拨付", "Holds"}, "history": {"沿革", "History"},
	"from_project": {"出资项目", "Paid from"}, "first_amount": {"原定金额", "First amount"}, "budget": {"项目总额", "Budget"}, "paid": {"已拨付", "Paid"}, "proposed": {"提出", "Proposed"},
	"confirmed": {"立项", "Confirmed"}, "signed": {"签约", "Signed"}, "notice_from": {"公示开始", "Notice from"}, "notice_until": {"公示结束", "Notice until"},
	"agreement": {"协议", "Agreement"}, "promised": {"承诺配套", "Match promised"}, "instalments": {"分期", "Instalments"}, "claims": {"应退", "Claims"},
	"evaluations": {"评估", "Evaluations"}, "objections": {"异议", "Objections"},
	"donor": {"捐赠方", "Donor"}, "form": {"形式", "Form"}, "fulfilled": {"已兑现", "Fulfilled"}, "released": {"已解除", "Released"}, "open": {"未兑现", "Open"},
	"due": {"到期", "Due"}, "made": {"认捐日", "Made"}, "reversed": {"已冲销", "Reversed"},
	"item": {"物品", "Item"}, "unit": {"单位", "Unit"}, "basis": {"计价依据", "Basis"}, "quantity": {"数量", "Quantity"}, "quantity_out": {"已发放数量", "Quantity out"},
	"value": {"价值", "Value"}, "value_out": {"已发放价值", "Value out"}, "received": {"接收日", "Received"},
	"to_fund": {"转入资金", "To fund"}, "to_district": {"转入地区", "To district"}, "transfer_kind": {"转移种类", "Kind of transfer"}, "parts": {"构成", "Parts"}, "sent": {"发出", "Sent"},
	"command": {"命令", "Command"}, "maker": {"经办", "Maker"}, "checker": {"复核", "Checker"}, "approver": {"批准", "Approver"}, "step": {"步骤", "Step"}, "steps": {"总步骤", "Steps"},
	"roles": {"角色", "Roles"}, "sha256": {"摘要", "SHA-256"},
}

// sourceWords is one of the three sources of money.
func sourceWords(source string) domain.Words {
	switch source {
	case "lottery":
		return domain.Words{ZH: "福彩公益金", EN: "Welfare lottery"}
	case "venture":
		return domain.Words{ZH: "公益创投", EN: "Venture philanthropy"}
	case "donation":
		return domain.Words{ZH: "社会捐赠", EN: "Donations"}
	}
	return domain.Words{}
}
