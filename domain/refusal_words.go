package domain

import (
	"slices"
	"strings"
)

// refusalText is one row of the table of codes: how the answer is headed, and
// what it tells the person, with {names} of details.
type refusalText struct {
	status        int
	title, detail Words
}

// refusalTexts holds every code of DOMAIN.md 12 but the insufficient_ family.
var refusalTexts = map[Code]refusalText{
	NotAuthorised: {403, Words{"无权办理", "Not authorised"}, Words{"您的角色不能办这一步，需要：{role}（{fund}）。", "Your role cannot do this; needed: {role} ({fund})."}},
	SamePerson:    {403, Words{"须为不同的人", "Same person"}, Words{"经办、复核、审批须为不同的人，也不能更改自己的角色。", "Maker, checker and approver must differ; nobody changes own roles."}},

	UnknownSubject: {404, Words{"没有此对象", "Unknown subject"}, Words{"账中没有 {subject}。", "{subject} is not in the ledger."}},
	UnknownCommand: {404, Words{"没有此命令", "Unknown command"}, Words{"没有名为 {command} 的命令。", "There is no command {command}."}},

	AlreadyExists:     {409, Words{"已经存在", "Already exists"}, Words{"{subject} 已经存在，请换一个编号。", "{subject} exists already; choose another id."}},
	KeyReused:         {409, Words{"编号重复使用", "Key reused"}, Words{"这个编号已用于另一笔（#{position}），未重复入账。", "This key belongs to another entry (#{position}); nothing was posted."}},
	LedgerNotOpen:     {409, Words{"账本尚未开立", "Ledger not open"}, Words{"请先开立账本。", "Open the ledger first."}},
	WrongState:        {409, Words{"状态不符", "Wrong state"}, Words{"{subject} 现在的状态是「{state}」，不能办这一步。", "{subject} is {state}; this step is not possible now."}},
	DuplicateDocument: {409, Words{"凭证重复", "Duplicate document"}, Words{"凭证 {number} 已在 #{position} 使用。", "Document {number} was used in #{position}."}},
	DuplicateAward:    {409, Words{"重复立项", "Duplicate award"}, Words{"该资金、项目和单位已有立项 {award}。", "Fund, project and organisation already have award {award}."}},
	AlreadyReversed:   {409, Words{"已经冲销", "Already reversed"}, Words{"凭证 {number} 已在 #{position} 冲销。", "Voucher {number} was reversed in #{position}."}},
	OpenProposals:     {409, Words{"有未办待审事项", "Open proposals"}, Words{"还有待审事项 {proposal}，请先办结。", "Proposal {proposal} is still open; settle it first."}},
	RoleConflict:      {409, Words{"角色冲突", "Role conflict"}, Words{"{role} 与已有角色 {other} 不能由一人兼任。", "{role} and {other} cannot be held by one person."}},
	VersionMismatch:   {412, Words{"内容已更新", "Version mismatch"}, Words{"内容已被他人更新（现为第 {current_version} 版），请查看最新内容后再办。", "Changed by someone else (now version {current_version}); look again, then act."}},

	MalformedJSON:     {400, Words{"请求格式错误", "Malformed JSON"}, Words{"请求内容不是合格的 JSON。", "The request is no well-formed JSON."}},
	InvalidInput:      {422, Words{"填写有误", "Invalid input"}, Words{"请检查 {field}：{reason}。", "Check {field}: {reason}."}},
	InvalidAmount:     {422, Words{"金额有误", "Invalid amount"}, Words{"金额须为大于零、两位小数的数字，如 30900.00。", "Give an amount above zero with two decimals, e.g. 30900.00."}},
	InvalidDistrict:   {422, Words{"区划代码有误", "Invalid district"}, Words{"区划代码 {district} 在 {year} 年无效。", "District code {district} is not valid in {year}."}},
	InvalidIdentifier: {422, Words{"统一社会信用代码有误", "Invalid identifier"}, Words{"单位 {organisation} 的统一社会信用代码未通过校验（{status}）。", "The credit code of {organisation} is not valid ({status})."}},
	EvidenceMissing:   {422, Words{"缺少凭证", "Evidence missing"}, Words{"须附凭证或填写凭证编号。", "Evidence or its number is needed."}},

	FutureDate:       {422, Words{"日期在将来", "Future date"}, Words{"业务日期 {date} 晚于今天 {today}。", "The date {date} lies after today, {today}."}},
	ClosedYear:       {422, Words{"年度已关账", "Closed year"}, Words{"{year} 年度已关账，请用「以前年度调整」。", "{year} is closed; use a prior-year adjustment."}},
	TooEarly:         {422, Words{"日期过早", "Too early"}, Words{"不得早于 {date}。", "Not before {date}."}},
	YearStillOpen:    {422, Words{"年度尚未关账", "Year still open"}, Words{"{year} 年度尚未关账，请用红字冲销或受益地区更正。", "{year} is still open; reverse or reclassify instead."}},
	PreviousYearOpen: {422, Words{"上年尚未关账", "Previous year open"}, Words{"{year} 年度还有余额未结转，请先关 {year} 年度。", "{year} still holds balances; close it first."}},
	LapseDue:         {422, Words{"须先收回结余", "Lapse due"}, Words{"有满两年的结余，请先办结余收回。", "Authority older than two years must lapse first."}},
	NothingToLapse:   {422, Words{"没有可收回的结余", "Nothing to lapse"}, Words{"没有满两年的可分配或已分配余额。", "No available or allocated authority is due to lapse."}},

	WrongSource:         {422, Words{"资金来源不符", "Wrong source"}, Words{"这类业务不适用于来源为 {source} 的资金。", "Not possible for a fund of source {source}."}},
	PurposeNotAllowed:   {422, Words{"用途不符", "Purpose not allowed"}, Words{"项目用途 {purpose} 不在资金 {fund} 的用途之内。", "Purpose {purpose} is not on the list of fund {fund}."}},
	TransferMismatch:    {422, Words{"转移支付不符", "Transfer mismatch"}, Words{"转移支付的资金或金额不符（{limit}）。", "Fund or amount of the transfer does not fit ({limit})."}},
	PledgeMismatch:      {422, Words{"认捐不符", "Pledge mismatch"}, Words{"认捐 {pledge} 属于另一资金或捐赠方。", "Pledge {pledge} belongs to another fund or donor."}},
	OverCap:             {422, Words{"超过资助上限", "Over the cap"}, Words{"每项资助不得超过 {limit} 元。", "An award is limited to {limit}."}},
	OverShare:           {422, Words{"超过资助比例", "Over the share"}, Words{"资助不得超过项目预算的 {limit}%，须填项目预算。", "An award is limited to {limit}% of the project budget, which must be given."}},
	NoticeTooShort:      {422, Words{"公示时间不足", "Notice too short"}, Words{"公示至少 {limit} 天，且不得早于业务日期。", "The notice must last {limit} days and not start before the date."}},
	NoticeOpen:          {422, Words{"公示尚未结束", "Notice open"}, Words{"公示尚未结束（至 {date}）。", "The notice runs until {date}."}},
	ObjectionOpen:       {422, Words{"有未处理的异议", "Objection open"}, Words{"有未处理的异议 {objection}。", "Objection {objection} is open."}},
	IneligibleRecipient: {422, Words{"单位不符合条件", "Ineligible recipient"}, Words{"单位 {organisation} 不符合条件：{condition}。", "{organisation} is not eligible: {condition}."}},
	OnHold:              {422, Words{"已暂停", "On hold"}, Words{"已暂停：{reason}。", "On hold: {reason}."}},
	WrongPayee:          {422, Words{"收款单位不符", "Wrong payee"}, Words{"收款单位须为 {organisation}。", "The payee must be {organisation}."}},
	ConditionNotMet:     {422, Words{"拨付条件未满足", "Condition not met"}, Words{"本期拨付条件未满足：{condition}。", "Condition for this instalment not met: {condition}."}},
	InstalmentsMismatch: {422, Words{"分期不符", "Instalments mismatch"}, Words{"各期之和须等于 {limit} 元，各期不得为零。", "Instalments must add up to {limit}, none may be zero."}},
	SupplementLimit:     {422, Words{"超过追加上限", "Supplement limit"}, Words{"采购追加后不得超过 {limit} 元。", "A purchase may grow to {limit} at most."}},
	NotReversible:       {422, Words{"不可冲销", "Not reversible"}, Words{"凭证 {number} 不能这样更正，请用相反的业务办理。", "Voucher {number} cannot be corrected this way; use the opposite command."}},
	UsedDownstream:      {422, Words{"后续已使用", "Used downstream"}, Words{"后续业务已使用这笔资金（{account}）。", "Later entries already used this money ({account})."}},
	NotReversed:         {422, Words{"原凭证未冲销", "Not reversed"}, Words{"凭证 {number} 尚未冲销，不能更正。", "Voucher {number} is not reversed; it cannot be replaced."}},
	OverVoucher:         {422, Words{"超过原凭证", "Over the voucher"}, Words{"原凭证可更正的金额为 {available} 元，需要 {requested} 元。", "The voucher leaves {available}; {requested} needed."}},
	OpenBalances:        {422, Words{"还有余额", "Open balances"}, Words{"项目还有余额：{account} {available} 元。", "The project still holds {account} {available}."}},
	TooLarge:            {422, Words{"内容过大", "Too large"}, Words{"一次最多 {limit}，请分次办理。", "At most {limit} at once; split it."}},
}

var insufficientAccounts = []Account{Available, Allocated, Committed, Advance, RefundDue, Goods, PledgeOpen, MatchOpen, Cash}

// Codes lists every code that a rule of the domain may answer, sorted.
func Codes() []Code {
	out := make([]Code, 0, len(refusalTexts)+len(insufficientAccounts))
	for code := range refusalTexts {
		switch code {
		case VersionMismatch, MalformedJSON, UnknownCommand: // of the interface, not of a rule
		default:
			out = append(out, code)
		}
	}
	for _, a := range insufficientAccounts {
		out = append(out, insufficient(a))
	}
	slices.Sort(out)
	return out
}

// Status is the code's HTTP status (DOMAIN.md 12).
func (c Code) Status() int {
	if t, ok := refusalTexts[c]; ok {
		return t.status
	}
	return 422
}

// Words gives the title and the detail's template of a code.
func (c Code) Words() (title, detail Words) { return refusalWords(c) }

func refusalWords(c Code) (title, detail Words) {
	if t, ok := refusalTexts[c]; ok {
		return t.title, t.detail
	}
	name := strings.TrimPrefix(string(c), InsufficientPrefix)
	for _, a := range insufficientAccounts {
		if a.Short() == name {
			w := a.Words()
			return Words{w.ZH + "不足", "Not enough: " + w.EN},
				Words{"{account}有 {available} 元，需要 {requested} 元。", "Not enough {account}: {available} left, {requested} needed."}
		}
	}
	return Words{string(c), string(c)}, Words{string(c), string(c)}
}
